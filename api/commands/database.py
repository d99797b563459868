"""`solarsync db`: the schema's revision."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

if TYPE_CHECKING:
    from pydantic import SecretStr
    from sqlalchemy.ext.asyncio import AsyncEngine

T = TypeVar("T")

app = typer.Typer(help="The database schema.", no_args_is_help=True)


def _with_engine(errand: "Callable[[AsyncEngine], Awaitable[T]]") -> T:
    from api.commands.start import settings_and_log
    from api.servers import with_servers
    from core.database import opened_engine
    from core.database.errors import storage_errors

    async def run(url: "SecretStr | None") -> T:
        async with opened_engine(url, pool_size=2) as engine:
            return await errand(engine)

    with with_servers(settings_and_log()) as settings, storage_errors():
        return asyncio.run(run(settings.database_url))


@app.command()
def upgrade(revision: Annotated[str, typer.Argument()] = "head") -> None:
    """Apply migrations."""
    from core.database import schema

    _with_engine(lambda engine: schema.upgrade(engine, revision))
    typer.echo(f"The database is at {_with_engine(schema.current)}.")


@app.command()
def downgrade(revision: Annotated[str, typer.Argument(help="A revision, or `base`.")]) -> None:
    """Take migrations back. Data in dropped columns and tables is lost."""
    from core.database import schema

    _with_engine(lambda engine: schema.downgrade(engine, revision))
    typer.echo(f"The database is at {_with_engine(schema.current) or 'no revision'}.")


@app.command()
def current() -> None:
    """Say which revision the database has, and which one this version needs."""
    from core.database import schema

    typer.echo(
        f"The database is at {_with_engine(schema.current) or 'no revision'}; newest: {schema.head()}."
    )
