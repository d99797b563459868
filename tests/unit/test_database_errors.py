"""Which database errors mean that PostgreSQL is away."""

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from core.database.errors import is_unreachable


class Adapted(Exception):
    """An error as SQLAlchemy's asyncpg dialect passes it on: with the SQLSTATE, and no type that tells."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__("refused")
        self.sqlstate = sqlstate


@pytest.mark.parametrize("sqlstate", ["08006", "57P01", "57P02", "57P03", "53300"])
def test_a_server_that_crashed_starts_or_is_full_is_away(sqlstate: str) -> None:
    assert is_unreachable(DBAPIError("SELECT 1", None, Adapted(sqlstate)))


@pytest.mark.parametrize("sqlstate", ["23505", "42P01", "57014"])
def test_a_refused_statement_is_no_outage(sqlstate: str) -> None:
    assert not is_unreachable(DBAPIError("SELECT 1", None, Adapted(sqlstate)))


@pytest.mark.parametrize(
    "error", [asyncpg.CannotConnectNowError(), asyncpg.CrashShutdownError(), TimeoutError()]
)
def test_an_error_of_the_driver_itself_is_known_too(error: Exception) -> None:
    assert is_unreachable(error)
