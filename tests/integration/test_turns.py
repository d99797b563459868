"""Whose turn it is to plan: one at a time, and a turn that was lost spoils nothing."""

import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from core.database import AsyncSessionLocal, create_engine
from graph.turns import PlanningTurns

HERE = "locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"


async def test_a_turn_may_last_longer_than_another_transaction_may_stand_still(database_url: str) -> None:
    engine = create_engine(database_url, pool_size=1, idle_seconds=0.2)
    try:
        async with PlanningTurns(engine).turn():
            await asyncio.sleep(0.6)
            async with AsyncSessionLocal(bind=engine) as session:
                held = await session.scalar(text(f"SELECT count(*) FROM pg_locks WHERE {HERE}"))
            assert held == 1
    finally:
        await engine.dispose()


async def test_a_turn_whose_connection_was_ended_ends_like_any_other(engine: AsyncEngine) -> None:
    turns = PlanningTurns(engine)
    async with turns.turn(), AsyncSessionLocal(bind=engine) as session:
        await session.execute(text(f"SELECT pg_terminate_backend(pid, 10000) FROM pg_locks WHERE {HERE}"))
    async with turns.turn():
        pass
