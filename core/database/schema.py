"""Bringing the database to a revision, and saying which one it has."""

import asyncio
from collections.abc import Callable
from itertools import count
from pathlib import Path

import structlog
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from core.database.session import IDLE_SECONDS

log = structlog.get_logger(__name__)

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK_NOT_AVAILABLE = "55P03"
TABLE_SECONDS = 2.0
"""How long a migration waits for a table: everybody else who wants it waits behind it."""
PAUSE_SECONDS = 1.0
TRIES = 200
"""Ten minutes at the longest, since a backup reads every table for as long as it takes."""
TURN_SECONDS = 0.05
MIGRATION_LOCK = 0x534F4C4152  # "SOLAR": one migration at a time, whoever starts first

# Whoever rests for long between two tries is frozen. idle_session_timeout is known since PostgreSQL 14.
_LIMITS = "FROM pg_settings WHERE name IN ('lock_timeout', 'idle_session_timeout')"
_LIMIT = text(
    f"SELECT set_config(name, CASE name WHEN 'lock_timeout' THEN :table ELSE :idle END, false) {_LIMITS}"
)
_LIMIT_NO_MORE = text(f"SELECT set_config(name, reset_val, false) {_LIMITS}")


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def head() -> str:
    """The newest revision this code knows."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def knows(revision: str) -> bool:
    """Whether this code has that revision; one that it has not was made by a newer version."""
    return revision in {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


async def current(engine: AsyncEngine) -> str | None:
    """The revision the database is at; None where nothing was ever migrated."""

    def read(connection: Connection) -> str | None:
        return MigrationContext.configure(connection).get_current_revision()

    async with engine.connect() as connection:
        return await connection.run_sync(read)


async def upgrade(engine: AsyncEngine, revision: str = "head") -> None:
    """Apply migrations up to `revision`; safe when several processes start at once."""
    if revision == "head" and await current(engine) == head():
        return
    await _run(engine, lambda config: command.upgrade(config, revision))


async def downgrade(engine: AsyncEngine, revision: str) -> None:
    """Take migrations back down to `revision` (`base` is an empty database)."""
    await _run(engine, lambda config: command.downgrade(config, revision))


async def check(engine: AsyncEngine) -> None:
    """Raise `alembic.util.CommandError` where tables and models differ."""
    await _run(engine, command.check)


async def _run(engine: AsyncEngine, step: Callable[[Config], None]) -> None:
    """Carry out a step in our turn; where a table was not to be had in time, what is left of it is tried again."""
    async with engine.connect() as connection:
        await connection.execute(_LIMIT, {"table": f"{TABLE_SECONDS:g}s", "idle": f"{IDLE_SECONDS:g}s"})
        await connection.commit()
        await _in_turn(connection)
        try:
            for left in reversed(range(TRIES)):
                try:
                    await connection.run_sync(lambda bound: step(_config(bound)))
                    await connection.commit()
                    break
                except DBAPIError as error:
                    if not left or getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
                        raise
                await connection.rollback()
                log.info("core.database.migration_postponed", tries_left=left)
                await asyncio.sleep(PAUSE_SECONDS)
        finally:
            await connection.rollback()
            await connection.execute(_LIMIT_NO_MORE)
            await connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": MIGRATION_LOCK})
            await connection.commit()


async def _in_turn(connection: AsyncConnection) -> None:
    """Wait until nobody else migrates.

    Asked for again and again: a statement that waited would hold a snapshot all the while, and `CREATE INDEX
    CONCURRENTLY` of whoever's turn it is waits for every older one.
    """
    asked = text("SELECT pg_try_advisory_lock(:key)")
    for tried in count():
        if await connection.scalar(asked, {"key": MIGRATION_LOCK}):
            break
        await connection.commit()
        if not tried:
            log.info("core.database.migration_waits", reason="somebody else migrates")
        await asyncio.sleep(TURN_SECONDS)
    await connection.commit()
