"""A claim and a result are one statement each, without a transaction around it: all of it is kept, or nothing."""

from uuid import UUID

import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine

from core.database import AsyncSessionLocal
from core.database.jobs import Jobs
from core.database.models import JobKind, JobRow, Role, RunStatus
from core.database.runs import Claim, Runs
from core.database.session import without_transactions
from core.database.starting import start_job
from core.database.users import Users, Viewer
from core.errors import QueueFull, StaleAttempt

DOCUMENT = {"report": {"summary": "Done."}}


async def started(engine: AsyncEngine, *, queue_limit: int = 10) -> JobRow:
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        user = await Users(session).named("tess") or await Users(session).add("tess", "-", Role.TECHNICIAN)
        viewer = Viewer(user.id, user.username, user.role, None)
        return await start_job(session, viewer, JobKind.TRIAGE, {"kind": "triage"}, queue_limit=queue_limit)


async def claimed(engine: AsyncEngine, job_id: UUID) -> Claim:
    async with AsyncSessionLocal(bind=without_transactions(engine)) as session:
        (run,) = await Jobs(session).runs(job_id)
        claim = await Runs(session).claim(run.id)
    assert claim is not None
    return claim


async def test_a_claim_and_a_result_are_a_statement_each(engine: AsyncEngine) -> None:
    job = await started(engine)
    async with AsyncSessionLocal(bind=engine) as session:
        (run,) = await Jobs(session).runs(job.id)
    statements: list[str] = []
    event.listen(engine.sync_engine, "before_cursor_execute", lambda *told: statements.append(told[2]))
    async with AsyncSessionLocal(bind=without_transactions(engine)) as session:
        claim = await Runs(session).claim(run.id)
        assert claim is not None
        assert (len(statements), claim.job.input, claim.losses) == (1, {"kind": "triage"}, 0)
        assert await Runs(session).succeed(claim, DOCUMENT, {}) == 1
        assert len(statements) == 2
        assert [result.document["version"] for result in await Jobs(session).results(job.id)] == [1]


async def test_a_result_of_a_run_that_is_not_under_way_changes_nothing(engine: AsyncEngine) -> None:
    job = await started(engine)
    claim = await claimed(engine, job.id)
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        await session.execute(text("UPDATE runs SET status = 'failed'"))
    async with AsyncSessionLocal(bind=without_transactions(engine)) as session:
        with pytest.raises(StaleAttempt):
            await Runs(session).succeed(claim, DOCUMENT, {"progress_node": "report"})
    async with AsyncSessionLocal(bind=engine) as session:
        left = await Jobs(session).get(job.id)
        assert (left.status, left.result_version, left.progress_node) == (RunStatus.RUNNING, None, None)
        assert [told.type for told in await Jobs(session).timeline(job.id)] == ["job.created"]


async def test_a_full_queue_takes_no_part_of_a_job(engine: AsyncEngine) -> None:
    await started(engine, queue_limit=1)
    with pytest.raises(QueueFull):
        await started(engine, queue_limit=1)
    async with AsyncSessionLocal(bind=engine) as session:
        for table in ("jobs", "runs", "job_events", "pgqueuer"):
            assert await session.scalar(text(f"SELECT count(*) FROM {table}")) == 1
