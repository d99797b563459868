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
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the server ended the connection while a statement was being sent
)
LOST = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What a lost connection looks like to asyncpg; the last where the server ended it while a statement was being sent."""
AWAY = ("08", "57P01", "57P02", "57P03", "53300", "40P01", "25P03", "25P04")
"""SQLSTATEs, or their beginnings, of a server that is shutting down, starting, crashed, full or in a deadlock, or that
ended what stood still or took too long.

PostgreSQL, appendix A: connection exceptions, admin_shutdown, crash_shutdown, cannot_connect_now,
too_many_connections, deadlock_detected, idle_in_transaction_session_timeout, transaction_timeout. None of them says
anything against the transaction itself.
"""
UNSTORABLE = ("22021", "22P05")
"""character_not_in_repertoire, of a text; untranslatable_character, of a text within a document."""


def is_unreachable(error: BaseException) -> bool:
    """Whether the database could not be reached, or went away in the middle."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    source = error.orig if isinstance(error, DBAPIError) else error
    state = getattr(source, "sqlstate", None) or ""
    return state.startswith(AWAY) or isinstance(error, UNREACHABLE)


def is_unstorable_text(error: BaseException) -> bool:
    """Whether a text had the one character that PostgreSQL does not store, U+0000."""
    source = error.orig if isinstance(error, DBAPIError) else error
    return getattr(source, "sqlstate", None) in UNSTORABLE


@contextlib.contextmanager
def storage_errors() -> Iterator[None]:
    """Turn an unreachable database into `StorageUnavailable`; let everything else through."""
    try:
        yield
    except Exception as error:
        if is_unreachable(error):
            raise StorageUnavailable("PostgreSQL cannot be reached.") from error
        raise
