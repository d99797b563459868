"""Whoever is frozen in the middle of a statement gives back what it holds."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from core.database import AsyncSessionLocal
from core.database.errors import is_unreachable
from core.database.frozen import end_frozen_sessions
from core.database.session import asyncpg_options

LONG = 0.3


@pytest.fixture
async def frozen(engine: AsyncEngine) -> AsyncIterator[asyncpg.Connection]:
    """A session that holds the lock within its transaction."""
    connection = await asyncpg.connect(**asyncpg_options(engine))
    await connection.execute("BEGIN; SELECT pg_advisory_xact_lock(1)")
    yield connection
    connection.terminate()


async def _waits(engine: AsyncEngine) -> None:
    async with AsyncSessionLocal(bind=engine) as session:
        await session.execute(text("SELECT pg_advisory_xact_lock(1)"))


async def test_a_session_frozen_before_its_prepared_statement_holds_up_nobody(
    engine: AsyncEngine, frozen: asyncpg.Connection
) -> None:
    await frozen.prepare("SELECT 1 WHERE $1")  # told, and not yet to be carried out
    waiting = asyncio.create_task(_waits(engine))
    await asyncio.wait({waiting}, timeout=LONG)
    assert not waiting.done()
    assert await end_frozen_sessions(engine, seconds=LONG / 2) == 1
    await asyncio.wait_for(waiting, 10)
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)) as raised:
        await frozen.execute("SELECT 1")
    assert is_unreachable(raised.value)


async def test_a_session_frozen_while_it_is_sent_an_answer_holds_up_nobody(
    engine: AsyncEngine, frozen: asyncpg.Connection
) -> None:
    statement = await frozen.prepare("SELECT repeat('x', 20000000)")
    frozen._transport.pause_reading()
    reading = asyncio.create_task(statement.fetchval())
    waiting = asyncio.create_task(_waits(engine))
    async with asyncio.timeout(20):
        while not await end_frozen_sessions(engine, seconds=LONG):  # noqa: ASYNC110  PostgreSQL tells nobody
            await asyncio.sleep(0.05)
        await waiting
    frozen._transport.resume_reading()
    with pytest.raises(asyncpg.PostgresError):
        await reading


async def test_a_session_that_works_or_rests_or_is_not_ours_is_left_alone(engine: AsyncEngine) -> None:
    stranger = await asyncpg.connect(**asyncpg_options(engine, name="psql"))
    async with AsyncSessionLocal(bind=engine) as working, AsyncSessionLocal(bind=engine) as resting:
        await stranger.prepare("SELECT 1 WHERE $1")
        await resting.execute(text("SELECT 1"))
        work = asyncio.create_task(working.execute(text("SELECT pg_sleep(1)")))
        await asyncio.sleep(LONG)
        assert await end_frozen_sessions(engine, seconds=LONG / 2) == 0
        await work
        await resting.execute(text("SELECT 1"))
    assert await stranger.fetchval("SELECT 1") == 1
    await stranger.close()
