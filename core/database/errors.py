"""Telling «PostgreSQL cannot be reached» from every other database error."""

import contextlib
from collections.abc import Iterator

import asyncpg
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from core.errors import StorageUnavailable

UNREACHABLE = (
    OperationalError,
    InterfaceError,
    PoolTimeoutError,
    ConnectionError,
    TimeoutError,  # of a connection or a statement
    FileNotFoundError,  # the socket of a server that is not there
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.InterfaceError,
)


def is_unreachable(error: BaseException) -> bool:
    """Whether the database could not be reached, or went away in the middle."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return isinstance(error, UNREACHABLE)


@contextlib.contextmanager
def storage_errors() -> Iterator[None]:
    """Turn an unreachable database into `StorageUnavailable`; let everything else through."""
    try:
        yield
    except Exception as error:
        if is_unreachable(error):
            raise StorageUnavailable("PostgreSQL cannot be reached.") from error
        raise
