"""`solarsync user`: the first administrator, and others."""

import asyncio
import getpass
import sys
from typing import Annotated

import typer

app = typer.Typer(help="Users.", no_args_is_help=True)


def chosen_password() -> str:
    """A new password, typed twice at a terminal; raises `InvalidInput` where the two differ."""
    from core.errors import FieldError, InvalidInput

    password = getpass.getpass("New password: ")
    if sys.stdin.isatty() and getpass.getpass("Again: ") != password:
        raise InvalidInput([FieldError("/password", "was not the same both times")])
    return password


@app.callback()
def users() -> None:
    """Users."""


@app.command()
def create(
    username: Annotated[str, typer.Option(help="Name to log in with.")],
    role: Annotated[str, typer.Option(help="technician, dispatcher or admin.")],
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
) -> None:
    """Create a user; asks for the password unless it comes on standard input."""
    from pydantic import TypeAdapter, ValidationError

    from api.commands.start import settings_and_log
    from api.logins import Username
    from api.servers import with_servers
    from core.config import Settings
    from core.database import AsyncSessionLocal, opened_engine, schema
    from core.database.errors import storage_errors
    from core.database.models import Role
    from core.database.users import Users
    from core.errors import FieldError, InvalidInput
    from core.security import SHORTEST_PASSWORD, get_password_hash
    from core.validation import validation_errors

    try:
        TypeAdapter(Username).validate_python(username)
    except ValidationError as error:
        faults = validation_errors(error).errors
        raise InvalidInput([FieldError("/username", fault.message) for fault in faults]) from None
    if role not in set(Role):
        raise InvalidInput([FieldError("/role", f"must be one of: {', '.join(Role)}")])
    password = sys.stdin.readline().rstrip("\n") if password_stdin else chosen_password()
    if len(password) < SHORTEST_PASSWORD:
        raise InvalidInput([FieldError("/password", f"must be at least {SHORTEST_PASSWORD} characters")])
    password_hash = get_password_hash(password)

    async def run(settings: Settings) -> None:
        async with opened_engine(settings.database_url) as engine:
            await schema.upgrade(engine)
            async with AsyncSessionLocal(bind=engine) as session, session.begin():
                user = await Users(session).add(username, password_hash, Role(role))
        typer.echo(f"Created {role} {user.username!r} ({user.id}).")

    with with_servers(settings_and_log()) as settings, storage_errors():
        asyncio.run(run(settings))
