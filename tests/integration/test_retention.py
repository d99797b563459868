"""What is deleted after how long, and what stays."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from core.clock import SystemClock
from core.database.idempotency import KEPT_FOR, Answer, IdempotencyKeys
from core.database.jobs import Jobs
from core.database.models import JobEventRow, JobKind, JobRow, ResultRow, Role, RunKind, RunRow, RunStatus
from core.database.outbox_tables import DeliveryStatus, WebhookDeliveryRow, WebhookRow
from core.database.retention import RETENTION, prune, prune_all, retention_rules
from core.database.service_tables import IdempotencyKeyRow, ScheduleTickRow
from core.database.session import AsyncSessionLocal
from core.database.users import Users
from core.embedded import EmbeddedServers
from graph.tasks import keep_schedule
from tests.support.environment import settings_for
from tests.support.inputs import sizing_input

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
DAYS = 30
RULES = retention_rules(event_days=DAYS)
JUST_LONG_ENOUGH, NOT_QUITE = timedelta(0), timedelta(seconds=1)


@pytest.fixture
async def user_id(engine: AsyncEngine) -> UUID:
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        return (await Users(session).add("tess", "-", Role.TECHNICIAN)).id


async def _job(
    engine: AsyncEngine, user_id: UUID, *, closed_at: datetime | None, told_at: datetime, events: int = 2
) -> UUID:
    """A job with a run, a result, and events that were told at that time."""
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        job = JobRow(
            kind=JobKind.SIZING,
            status=RunStatus.SUCCEEDED,
            created_by=user_id,
            input=sizing_input(),
            closed_at=closed_at,
        )
        session.add(job)
        await session.flush()
        run = RunRow(job_id=job.id, kind=RunKind.START, status=RunStatus.SUCCEEDED)
        session.add(run)
        await session.flush()
        session.add(ResultRow(job_id=job.id, version=1, run_id=run.id, document={"n": 1}))
        for _ in range(events):
            await Jobs(session).record(job.id, "job.created", "tess", run_id=run.id)
        await session.execute(update(JobEventRow).where(JobEventRow.job_id == job.id).values(at=told_at))
        return job.id


async def _count(session: AsyncSession, rows: Any) -> int:
    return await session.scalar(select(func.count()).select_from(rows)) or 0


@pytest.mark.parametrize("short_of", [JUST_LONG_ENOUGH, NOT_QUITE])
async def test_a_key_is_deleted_when_it_has_expired(
    engine: AsyncEngine, user_id: UUID, short_of: timedelta
) -> None:
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        keys = IdempotencyKeys(session, user_id, NOW - KEPT_FOR + short_of)
        await keys.first_answer("k", b"request")
        await keys.keep("k", Answer(202, b"{}"))
        deleted = await prune(session, NOW, RULES)
        expired = short_of == JUST_LONG_ENOUGH
        assert deleted["idempotency_keys"] == expired
        assert await _count(session, IdempotencyKeyRow) == (not expired)


@pytest.mark.parametrize(
    ("closed", "told", "goes"),
    [
        (DAYS, DAYS, True),
        (DAYS, DAYS + 5, True),
        (DAYS - 1, DAYS + 5, False),
        (DAYS, DAYS - 1, False),
        (None, 10 * DAYS, False),
    ],
)
async def test_a_timeline_goes_long_after_its_job_was_closed(
    engine: AsyncEngine, user_id: UUID, closed: int | None, told: int, goes: bool
) -> None:
    """Both figures are days ago."""
    closed_at = None if closed is None else NOW - timedelta(days=closed)
    job_id = await _job(engine, user_id, closed_at=closed_at, told_at=NOW - timedelta(days=told))
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        assert (await prune(session, NOW, RULES))["job_events"] == (2 if goes else 0)
        assert len(await Jobs(session).timeline(job_id)) == (0 if goes else 2)


@pytest.mark.parametrize(
    ("status", "tried", "goes"),
    [
        (DeliveryStatus.DELIVERED, 30, True),
        (DeliveryStatus.FAILED, None, True),
        (DeliveryStatus.DELIVERED, 29, False),
        (DeliveryStatus.PENDING, 30, False),
    ],
)
async def test_a_message_goes_a_month_after_its_last_attempt(
    engine: AsyncEngine, user_id: UUID, status: DeliveryStatus, tried: int | None, goes: bool
) -> None:
    """Written 40 days ago, tried so many days ago."""
    await _message(engine, user_id, status, tried=tried, closed_at=None)
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        assert (await prune(session, NOW, RULES))["webhook_deliveries"] == goes
        assert await _count(session, WebhookDeliveryRow) == (not goes)
        assert await _count(session, JobEventRow) == 1


@pytest.mark.parametrize("status", [DeliveryStatus.DELIVERED, DeliveryStatus.PENDING])
async def test_an_event_that_is_still_to_be_sent_stays(
    engine: AsyncEngine, user_id: UUID, status: DeliveryStatus
) -> None:
    await _message(engine, user_id, status, tried=0, closed_at=NOW - timedelta(days=40))
    kept = status is DeliveryStatus.PENDING
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        await prune(session, NOW, RULES)
        assert await _count(session, JobEventRow) == await _count(session, WebhookDeliveryRow) == kept


async def _message(
    engine: AsyncEngine,
    user_id: UUID,
    status: DeliveryStatus,
    *,
    tried: int | None,
    closed_at: datetime | None,
) -> None:
    """One event of a job, told 40 days ago, and a message of it to one webhook."""
    told_at = NOW - timedelta(days=40)
    job_id = await _job(engine, user_id, closed_at=closed_at, told_at=told_at, events=1)
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        webhook = WebhookRow(created_by=user_id, url="https://example.org/", events=["*"], secret="-")
        session.add(webhook)
        await session.flush()
        [event] = await Jobs(session).timeline(job_id)
        session.add(
            WebhookDeliveryRow(
                webhook_id=webhook.id,
                event_id=event.id,
                status=status,
                created_at=told_at,
                last_attempt_at=None if tried is None else NOW - timedelta(days=tried),
            )
        )


async def test_jobs_runs_and_results_stay_for_ever(engine: AsyncEngine, user_id: UUID) -> None:
    long_ago = NOW - timedelta(days=36_500)
    await _job(engine, user_id, closed_at=long_ago, told_at=long_ago)
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        await prune(session, NOW, RULES)
        for rows in (JobRow, RunRow, ResultRow):
            assert await _count(session, rows) == 1
        assert await _count(session, JobEventRow) == 0


async def test_the_queue_s_log_goes_but_not_that_of_a_run_held_for_an_operator(engine: AsyncEngine) -> None:
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        held = await session.scalar(
            text(
                "INSERT INTO pgqueuer (priority, status, entrypoint) VALUES (1, 'failed', 'execute_run')"
                " RETURNING id"
            )
        )
        for age, job in ((13, -1), (14, -1), (14, held)):
            await session.execute(
                text(
                    "INSERT INTO pgqueuer_log (created, job_id, status, priority, entrypoint)"
                    " VALUES (:created, :job, 'failed', 1, 'execute_run')"
                ),
                {"created": NOW - timedelta(days=age), "job": job},
            )
        assert (await prune(session, NOW, RULES))["queue_log"] == 1
        left = await session.execute(text("SELECT created, job_id FROM pgqueuer_log ORDER BY created"))
        assert [tuple(row) for row in left] == [
            (NOW - timedelta(days=14), held),
            (NOW - timedelta(days=13), -1),
        ]


async def test_a_backlog_goes_batch_by_batch(engine: AsyncEngine, user_id: UUID) -> None:
    long_ago = NOW - timedelta(days=DAYS + 1)
    await _job(engine, user_id, closed_at=long_ago, told_at=long_ago, events=7)
    async with AsyncSessionLocal(bind=engine) as session:
        assert (await prune(session, NOW, RULES, batch=3))["job_events"] == 3
        await session.rollback()
    assert (await prune_all(engine, NOW, RULES, batch=3))["job_events"] == 7
    assert (await prune_all(engine, NOW, RULES))["job_events"] == 0


async def test_a_row_in_use_is_left_for_the_next_time(engine: AsyncEngine, user_id: UUID) -> None:
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        keys = IdempotencyKeys(session, user_id, NOW - KEPT_FOR)
        await keys.first_answer("k", b"request")
        await keys.keep("k", Answer(202, b"{}"))
    async with AsyncSessionLocal(bind=engine) as using, using.begin():
        assert await IdempotencyKeys(using, user_id, NOW).first_answer("k", b"another") is None
        assert (await prune_all(engine, NOW, RULES))["idempotency_keys"] == 0


async def test_the_replica_that_leads_prunes_in_a_slot_that_was_missed(
    engine: AsyncEngine, user_id: UUID, database_url: str, embedded_servers: EmbeddedServers, tmp_path: Path
) -> None:
    settings = settings_for(database_url, embedded_servers.redis_url, tmp_path)
    now = SystemClock().now()
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        keys = IdempotencyKeys(
            session, user_id, now - KEPT_FOR - timedelta(days=1)
        )  # before any slot of today
        await keys.first_answer("k", b"request")
        await keys.keep("k", Answer(202, b"{}"))
        session.add(ScheduleTickRow(schedule=RETENTION, fire_time=now - timedelta(days=2), leader="gone"))
    stop = asyncio.Event()
    replica = asyncio.create_task(keep_schedule(settings, stop))
    async with asyncio.timeout(20):
        while await _finished_slots(engine) == 0:
            pass
    stop.set()
    async with asyncio.timeout(10):
        await replica
    async with AsyncSessionLocal(bind=engine) as session:
        assert await _count(session, IdempotencyKeyRow) == 0


async def _finished_slots(engine: AsyncEngine) -> int:
    query = select(func.count()).where(
        ScheduleTickRow.schedule == RETENTION,
        ScheduleTickRow.finished_at.is_not(None),
        ScheduleTickRow.error.is_(None),
    )
    async with AsyncSessionLocal(bind=engine) as session:
        return await session.scalar(query) or 0
