import pytest

from core.database.session import asyncpg_options, create_engine, sqlalchemy_url


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("postgres://u:p@h:5433/db", "postgresql+asyncpg://u:p@h:5433/db"),
        ("postgresql://h/db?sslmode=require", "postgresql+asyncpg://h/db?ssl=require"),
        (
            "postgresql+asyncpg://postgres@/postgres?host=/run/x",
            "postgresql+asyncpg://postgres@/postgres?host=/run/x",
        ),
        ("postgresql:///db", "postgresql+asyncpg:///db"),
    ],
)
def test_every_usual_address_reaches_asyncpg(given: str, taken: str) -> None:
    assert sqlalchemy_url(given) == taken


async def test_the_raw_connection_goes_where_the_engine_goes() -> None:
    engine = create_engine("postgresql://u:p@h:5433/db?sslmode=require")
    options = asyncpg_options(engine)
    assert (options["host"], options["port"], options["database"], options["user"]) == ("h", 5433, "db", "u")
    assert options["ssl"] == "require"
