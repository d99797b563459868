"""What failed for good is counted for an operator, until somebody has dealt with it."""

import pytest
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from api.commands.doctor import _given_up
from core.clock import SystemClock
from core.database.dead_letters import DeadLetters, dead_letters
from core.database.models import JobKind, JobRow, Role, RunKind, RunRow, RunStatus
from core.database.session import AsyncSessionLocal
from core.database.users import Users


async def test_failed_jobs_and_refreshes_are_found_until_their_job_is_closed(engine: AsyncEngine) -> None:
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        assert await dead_letters(session) == DeadLetters(0, 0, 0)
        user = await Users(session).add("dora", "-", Role.DISPATCHER)
        for status, kind in (
            (RunStatus.FAILED, RunKind.START),
            (RunStatus.SUCCEEDED, RunKind.REFRESH),
        ):
            job = JobRow(kind=JobKind.TRIAGE, status=status, created_by=user.id, input={})
            session.add(job)
            await session.flush()
            session.add(
                RunRow(
                    job_id=job.id,
                    kind=kind,
                    status=RunStatus.FAILED,
                    finished_at=SystemClock().now(),
                )
            )
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        found = await dead_letters(session)
        assert found == DeadLetters(jobs=1, refreshes=1, deliveries=0)
        assert found
        await session.execute(update(JobRow).values(closed_at=SystemClock().now()))
        assert not await dead_letters(session)


async def test_a_failed_refresh_is_forgotten_when_a_later_run_has_ended_well(engine: AsyncEngine) -> None:
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        user = await Users(session).add("dora", "-", Role.DISPATCHER)
        job = JobRow(kind=JobKind.TRIAGE, status=RunStatus.SUCCEEDED, created_by=user.id, input={})
        session.add(job)
        await session.flush()
        for status in (RunStatus.SUCCEEDED, RunStatus.FAILED):
            session.add(RunRow(job_id=job.id, kind=RunKind.REFRESH, status=status))
            await session.flush()
        assert (await dead_letters(session)).refreshes == 1
        session.add(RunRow(job_id=job.id, kind=RunKind.REFRESH, status=RunStatus.SUCCEEDED))
        await session.flush()
        assert (await dead_letters(session)).refreshes == 0


async def test_the_doctor_says_what_failed_and_where_it_is_listed(
    engine: AsyncEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    await _given_up(engine)
    assert "0 messages to webhooks or people failed\n" in capsys.readouterr().out
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        user = await Users(session).add("dora", "-", Role.DISPATCHER)
        job = JobRow(kind=JobKind.TRIAGE, status=RunStatus.FAILED, created_by=user.id, input={})
        session.add(job)
    await _given_up(engine)
    assert capsys.readouterr().out == (
        "warn given_up      1 jobs, 0 refreshes, 0 messages to webhooks or people failed;"
        " GET /system/dead-letters lists them\n"
    )


async def test_finding_what_failed_reads_no_table_from_end_to_end(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("SET LOCAL enable_seqscan = off"))
        for table in ("runs", "webhook_deliveries"):
            query = text(f"EXPLAIN SELECT count(*) FROM {table} WHERE status = 'failed'")
            plan = "\n".join((await connection.execute(query)).scalars())
            assert f"ix_{table}_failed" in plan
