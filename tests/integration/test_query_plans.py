"""No statement of ours reads a table that grows from end to end, however many jobs are stored."""

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from core.checkpoint import RedisSaver
from core.clients.climates import KnownClimates
from core.clock import SystemClock
from core.database import AsyncSessionLocal
from core.database.climates import StoredClimates
from core.database.dead_letters import (
    FAILED_DELIVERIES,
    FAILED_JOBS,
    FAILED_REFRESHES,
    dead_letters,
    newest,
)
from core.database.events import Event, JobEvents
from core.database.idempotency import Answer, IdempotencyKeys
from core.database.jobs import JobFilter, Jobs
from core.database.leadership import current_leader
from core.database.models import JobKind, JobPriority, JobRow, RunKind, RunStatus
from core.database.outbox import Message, Outbox
from core.database.outbox_tables import DeliveryStatus
from core.database.retention import prune, retention_rules
from core.database.runs import Runs
from core.database.sites import StoredSiteRecords
from core.database.technicians import Technicians
from core.database.users import Users
from core.database.webhooks import Webhooks
from core.ids import new_id
from core.queue import SCHEDULED, enqueue_run, forgotten_runs, queued_runs, withdraw_run
from core.webhooks.schedule import Answer as Received
from core.webhooks.schedule import verdict
from graph.refresh import RefreshPlan, run_weather_update
from graph.runner import Runner
from tests.support.cells import Batches
from tests.support.fakes import Storm
from tests.support.inputs import triage_input
from tests.support.plans import full_scans, recorded
from tests.support.stored_jobs import BEGAN, COMMON, ONE, SOME, Stored, job_id, store

JOBS = 10_000
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
LONG_AGO = BEGAN + timedelta(minutes=JOBS // 50)
"""When a fiftieth of the jobs were there."""
GROWING = {"jobs", "runs", "results", "job_events", "idempotency_keys", "webhook_deliveries", "pgqueuer_log"}
"""Not the queue, which holds no more than what is to be done."""


@pytest.fixture
async def stored(engine: AsyncEngine) -> Stored:
    return await store(engine, JOBS)


@pytest.fixture
def runner(redis: Redis) -> Runner:
    return Runner(RedisSaver(redis, ttl_seconds=60), SystemClock(), queue_limit=10_000)


async def test_no_statement_reads_a_table_that_grows_from_end_to_end(
    engine: AsyncEngine, stored: Stored, runner: Runner
) -> None:
    acts = (_lists, _one_job, _requests, _runs, _sites, _webhooks, _given_up, _upkeep)
    with recorded(engine) as statements:
        for act in acts:
            async with AsyncSessionLocal(bind=engine) as session:
                await act(session, stored)
                await session.rollback()
        await run_weather_update(
            engine,
            Batches(Storm(SystemClock(), until=NOW)),
            SystemClock(),
            RefreshPlan(),
            climates=KnownClimates([], [], StoredClimates(engine)),
        )
    assert len(statements.seen) > 60
    assert await full_scans(engine, statements, GROWING) == []


FILTERS: tuple[dict[str, Any], ...] = (
    {},
    *({"status": status} for status in RunStatus),
    *({"kind": kind} for kind in JobKind),
    *({"priority": priority} for priority in JobPriority),
    *({"q": words} for words in (COMMON, SOME, ONE, "nothing has these words")),
    {"status": RunStatus.WAITING, "priority": JobPriority.P1},
    {"kind": JobKind.FULL, "q": SOME},
)


async def _lists(session: Any, stored: Stored) -> None:
    for viewer, asked in product(
        (stored.tess, stored.dora), (*FILTERS, {"technician_id": stored.technician_id})
    ):
        jobs = Jobs(session)
        _, cursor = await jobs.page(viewer, JobFilter(**asked), cursor=None, limit=50)
        if cursor is not None:
            await jobs.page(viewer, JobFilter(**asked), cursor=cursor, limit=50)


async def _one_job(session: Any, stored: Stored) -> None:
    jobs, job = Jobs(session), job_id(JOBS // 2)
    for viewer in (None, stored.dora):
        await jobs.get(job, viewer, lock=viewer is None)
    own = (await jobs.page(stored.tess, JobFilter(), cursor=None, limit=1))[0][0].id
    await jobs.get(own, stored.tess)
    await jobs.standing(own, stored.tess)
    await jobs.timeline(job)
    await jobs.runs(job)
    await jobs.results(job)
    await jobs.latest_result(job)
    events = await JobEvents(session).after(job, 0, limit=1)
    await JobEvents(session).after(job, events[0].id, limit=200)
    assert await JobEvents(session).has(job, events[0].id)


async def _sites(session: Any, stored: Stored) -> None:
    record = await StoredSiteRecords(session.bind).record(-1.27, 36.84, besides=str(job_id(JOBS)))
    assert record.past or record.open


async def _requests(session: Any, stored: Stored) -> None:
    keys = IdempotencyKeys(session, stored.tess.user_id, NOW)
    for key in ("key-4", "new"):
        await keys.first_answer(key, b"request")
    await keys.keep("new", Answer(202, b"{}"))
    await Users(session).viewer(stored.tess.user_id, new_id())
    await Technicians(session).planned_visits()
    await current_leader(session)


async def _runs(session: Any, stored: Stored) -> None:
    job = JobRow(
        kind=JobKind.TRIAGE, status=RunStatus.QUEUED, created_by=stored.tess.user_id, input=triage_input()
    )
    session.add(job)
    await session.flush()
    runs = Runs(session)

    async def claimed() -> Any:
        run = await runs.add(job.id, RunKind.START)
        await enqueue_run(session, run.id, SCHEDULED)
        assert await runs.active(job.id)
        claim = await runs.claim(run.id)
        assert claim is not None
        return claim

    claim = await claimed()
    claim = await runs.claim(claim.run_id)
    assert claim is not None and claim.losses == 1  # noqa: PT018
    await runs.progress(claim, [Event("run.rebuilt", {"reason": "-"})], {})
    await runs.progress(claim, [Event("node.started")], {"progress_done": 1})
    await runs.release(claim, "-")
    claim = await runs.claim(claim.run_id)
    assert claim is not None
    await runs.wait(claim, [])
    await runs.succeed(await claimed(), {"n": 1}, {}, told=[Event("node.finished")])
    await runs.succeed(await claimed(), None, {})
    await runs.fail(await claimed(), {})
    claim = await claimed()
    await withdraw_run(session, claim.run_id)
    assert await runs.cancel(job.id)


async def _webhooks(session: Any, stored: Stored) -> None:
    webhooks, outbox = Webhooks(session), Outbox(session)
    rows, cursor = await webhooks.deliveries(stored.webhook_id, cursor=None, limit=200)
    await webhooks.deliveries(stored.webhook_id, cursor=cursor, limit=50)
    for wanted in DeliveryStatus:
        await webhooks.deliveries(stored.webhook_id, status=wanted, cursor=cursor, limit=50)
    await webhooks.redeliver(stored.webhook_id, rows[0][0].id)
    pending = [row.id for row, _ in rows if row.status is DeliveryStatus.PENDING]
    for delivery, (status, hours) in zip(pending, ((500, 0), (200, 1), (410, 1)), strict=False):
        now = NOW + timedelta(hours=hours)
        message = await outbox.claim(delivery, now, 0.0)
        assert isinstance(message, Message)
        await outbox.claim(delivery, now, 0.0)
        answer = Received(status=status)
        await outbox.conclude(message, answer, verdict(answer, 1, 0.5), now)
    await webhooks.switch(stored.webhook_id, on=True)
    await outbox.queue_lost(LONG_AGO, at_most=500)
    await webhooks.switch(stored.webhook_id, on=False)
    await webhooks.remove(stored.webhook_id)


async def _given_up(session: Any, stored: Stored) -> None:
    assert await dead_letters(session)
    for kind in (FAILED_JOBS, FAILED_REFRESHES, FAILED_DELIVERIES):
        await newest(session, kind, 100)


async def _upkeep(session: Any, stored: Stored) -> None:
    await queued_runs(session, at_most=10_000)
    await forgotten_runs(session, at_most=500)
    for rule in retention_rules(event_days=700):
        await prune(session, LONG_AGO + rule.kept_for, [rule], batch=500)
