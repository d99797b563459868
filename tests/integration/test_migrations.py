import asyncio

import pytest
from alembic.util import CommandError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from core.database import schema


async def _names(engine: AsyncEngine) -> set[str]:
    """Every table and type there is, besides Alembic's own table."""
    query = text(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' "
        "UNION SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype = 'e'"
    )
    async with engine.connect() as connection:
        return set(await connection.scalars(query)) - {"alembic_version"}


async def test_the_schema_goes_up_down_and_up_again_and_matches_the_models(engine: AsyncEngine) -> None:
    before = await _names(engine)
    assert {
        "jobs",
        "runs",
        "results",
        "job_events",
        "technicians",
        "users",
        "pgqueuer",
        "run_status",
    } <= before
    await schema.downgrade(engine, "base")
    assert await _names(engine) == set()
    assert await schema.current(engine) is None
    await schema.upgrade(engine)
    assert await _names(engine) == before
    await schema.check(engine)


async def test_a_table_that_no_migration_made_is_noticed(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("ALTER TABLE jobs DROP COLUMN weather"))
    with pytest.raises(CommandError):
        await schema.check(engine)


async def test_processes_that_start_together_migrate_once(engine: AsyncEngine) -> None:
    await schema.downgrade(engine, "base")
    await asyncio.gather(*(schema.upgrade(engine) for _ in range(3)))
    assert await schema.current(engine) == schema.head()
