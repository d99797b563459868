import asyncio
import os
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from core.database import schema
from core.database.models import JobKind, JobRow, ResultRow, Role, RunStatus
from core.database.session import AsyncSessionLocal
from core.database.users import Users


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


async def test_a_table_that_is_read_for_long_is_waited_for_and_nobody_waits_behind_the_migration(
    engine: AsyncEngine,
) -> None:
    await schema.downgrade(engine, "0016")
    async with engine.connect() as backup:
        await backup.execute(text("SELECT count(*) FROM jobs"))
        migrated = asyncio.create_task(schema.upgrade(engine, "0017"))
        await _until_waited_for(backup)
        async with asyncio.timeout(schema.TABLE_SECONDS + 3), engine.connect() as technician:
            await technician.execute(text("SELECT count(*) FROM jobs"))
        assert not migrated.done()
    await migrated
    assert await schema.current(engine) == "0017"


async def test_a_migration_that_is_frozen_between_two_tries_loses_its_turn(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    await schema.downgrade(engine, "0016")
    monkeypatch.setattr(schema, "PAUSE_SECONDS", 3600)
    monkeypatch.setattr(schema, "IDLE_SECONDS", 0.5)
    async with engine.connect() as backup:
        await backup.execute(text("SELECT count(*) FROM jobs"))
        frozen = asyncio.create_task(schema.upgrade(engine, "0017"))
        await _until_waited_for(backup)
        async with asyncio.timeout(20):
            while await _waits_for_a_table(backup):  # noqa: ASYNC110  as below
                await asyncio.sleep(0.01)
    await asyncio.wait_for(schema.upgrade(engine, "0017"), 20)
    assert await schema.current(engine) == "0017"
    frozen.cancel()
    await asyncio.wait({frozen})


async def _until_waited_for(connection: AsyncConnection) -> None:
    async with asyncio.timeout(10):
        while not await _waits_for_a_table(connection):  # noqa: ASYNC110  another's state, without an event
            await asyncio.sleep(0.01)


async def _waits_for_a_table(connection: AsyncConnection) -> bool:
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'jobs'::regclass")
    return bool(await connection.scalar(waiting))


CONCURRENT = """
from alembic import op

revision, down_revision, branch_labels, depends_on = "later", "{head}", None, None


def upgrade():
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_later")
        op.create_index("ix_later", "jobs", ["priority"], postgresql_concurrently=True)
"""


async def test_an_index_is_built_beside_those_who_wait_for_their_turn(
    engine: AsyncEngine, tmp_path: Path
) -> None:
    (tmp_path / "later.py").write_text(CONCURRENT.format(head=schema.head()))

    def upgrade(config: Config) -> None:
        config.set_main_option("path_separator", "os")
        config.set_main_option("version_locations", f"{schema.MIGRATIONS / 'versions'}{os.pathsep}{tmp_path}")
        command.upgrade(config, "head")

    await asyncio.gather(*(schema._run(engine, upgrade) for _ in range(3)))
    async with engine.connect() as connection:
        valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix_later'::regclass"
        assert await connection.scalar(text(valid)) is True


async def test_results_are_whole_for_an_older_version(engine: AsyncEngine) -> None:
    hours = [{"start": "2026-06-01T00:00:00Z", "ghi_w_m2": 10.5}]
    document = {"weather": {"forecast": {"source": "open_meteo", "hourly": hours}}}
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        user = await Users(session).add("ada", "not-a-hash", Role.TECHNICIAN)
        job = JobRow(kind=JobKind.TRIAGE, status=RunStatus.SUCCEEDED, created_by=user.id, input={})
        session.add(job)
        await session.flush()
        session.add(ResultRow(job_id=job.id, version=1, document=document))
    await schema.downgrade(engine, "0017")
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT document FROM results")) == document
