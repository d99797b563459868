"""Writers of one job's events, side by side: no reader may see a later event before an earlier one."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from core.database.events import Event, JobEvents, append_events
from core.database.models import JobKind, JobRow, Role, RunKind, RunStatus
from core.database.runs import Claim, Runs
from core.database.session import AsyncSessionLocal
from core.database.users import Users
from core.errors import StaleAttempt

BLOCKED = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.fixture
async def claim(engine: AsyncEngine) -> Claim:
    """A run under way."""
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        user = await Users(session).add("tess", "-", Role.TECHNICIAN)
        job = JobRow(kind=JobKind.SIZING, status=RunStatus.QUEUED, created_by=user.id, input={})
        session.add(job)
        await session.flush()
        run = await Runs(session).add(job.id, RunKind.START)
        claimed = await Runs(session).claim(run.id)
        assert claimed is not None
        return claimed


async def _until_blocked(engine: AsyncEngine) -> None:
    async with asyncio.timeout(20), engine.connect() as connection:
        while not await connection.scalar(BLOCKED):
            await connection.rollback()  # what backends wait for is read once per transaction
            await asyncio.sleep(0.01)


async def _types(engine: AsyncEngine, job_id: UUID, after: int = 0) -> list[str]:
    async with AsyncSessionLocal(bind=engine) as session:
        return [row.type for row in await JobEvents(session).after(job_id, after)]


async def test_a_later_event_is_not_seen_before_an_earlier_one(engine: AsyncEngine, claim: Claim) -> None:
    async def later() -> None:
        async with AsyncSessionLocal(bind=engine) as session, session.begin():
            await append_events(session, claim.job_id, [Event("later")], actor="test")

    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        await append_events(session, claim.job_id, [Event("first"), Event("second")], actor="test")
        waits = asyncio.create_task(later())
        await _until_blocked(engine)
        assert await _types(engine, claim.job_id) == []
        await append_events(session, claim.job_id, [Event("third")], actor="test")
    await waits
    assert await _types(engine, claim.job_id) == ["first", "second", "third", "later"]
    async with AsyncSessionLocal(bind=engine) as session:
        rows = await JobEvents(session).after(claim.job_id, 0)
        assert [row.at for row in rows] == sorted(row.at for row in rows)


async def test_events_of_one_change_keep_their_order(engine: AsyncEngine, claim: Claim) -> None:
    names = [f"event {number}" for number in range(300)]
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        await append_events(session, claim.job_id, [Event(name) for name in names], actor="test")
    assert await _types(engine, claim.job_id) == names


@pytest.mark.parametrize("first", ["worker", "person"])
async def test_a_cancellation_and_a_worker_wait_for_each_other_in_one_order(
    engine: AsyncEngine, claim: Claim, first: str
) -> None:
    async def work(session: AsyncSession) -> None:
        await Runs(session).progress(claim, [Event("node.started")], {"progress_node": "intake"})
        await Runs(session).wait(claim, [])

    async def cancel(session: AsyncSession) -> None:
        await Runs(session).cancel(claim.job_id)
        await append_events(session, claim.job_id, [Event("job.cancelled")], actor="test")

    async def second() -> None:
        async with AsyncSessionLocal(bind=engine) as session, session.begin():
            await (cancel if first == "worker" else work)(session)

    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        await session.execute(text("SELECT FROM jobs WHERE id = :id FOR NO KEY UPDATE"), {"id": claim.job_id})
        waits = asyncio.create_task(second())
        await _until_blocked(engine)
        await (work if first == "worker" else cancel)(session)
    if first == "worker":
        await waits
    else:
        with pytest.raises(StaleAttempt):
            await waits
