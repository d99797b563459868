"""The scheduled look at the weather of active jobs."""

import asyncio
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from core.checkpoint import RedisSaver
from core.clock import SystemClock
from core.config import Settings
from core.database.models import JobKind, JobRow, Role, RunKind, RunRow, RunStatus, ScheduleTickRow
from core.database.session import AsyncSessionLocal
from core.database.users import Users
from core.embedded import EmbeddedServers
from core.redis import create_redis
from core.scheduler import WEATHER_UPDATE, schedule_weather_updates, shutdown_scheduler
from graph.refresh import PAGE, run_weather_update
from graph.runner import Runner
from graph.tasks import keep_schedule
from tests.support.inputs import sizing_input


async def _jobs(engine: AsyncEngine, *statuses: RunStatus) -> list[UUID]:
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        user = await Users(session).add("tess", "-", Role.TECHNICIAN)
        rows = [
            JobRow(kind=JobKind.SIZING, status=status, created_by=user.id, input=sizing_input())
            for status in statuses
        ]
        session.add_all(rows)
        await session.flush()
        return [row.id for row in rows]


async def _refreshing(engine: AsyncEngine) -> list[UUID]:
    async with AsyncSessionLocal(bind=engine) as session:
        return list(await session.scalars(select(RunRow.job_id).where(RunRow.kind == RunKind.REFRESH)))


def _runner(embedded_servers: EmbeddedServers) -> Runner:
    saver = RedisSaver(create_redis(embedded_servers.redis_url), ttl_seconds=60)
    return Runner(saver, SystemClock(), queue_limit=10_000)


async def test_every_active_job_is_looked_at_once_and_no_other(
    engine: AsyncEngine, embedded_servers: EmbeddedServers
) -> None:
    jobs = await _jobs(engine, *RunStatus, RunStatus.SUCCEEDED)
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        await session.execute(
            update(JobRow).where(JobRow.id == jobs[-1]).values(closed_at=SystemClock().now())
        )
    open_and_done = jobs[list(RunStatus).index(RunStatus.SUCCEEDED)]
    runner = _runner(embedded_servers)
    assert await run_weather_update(engine, runner) == 1
    assert await _refreshing(engine) == [open_and_done]
    assert await run_weather_update(engine, runner) == 0  # one active run per job


async def test_more_jobs_than_a_page_are_all_reached(
    engine: AsyncEngine, embedded_servers: EmbeddedServers
) -> None:
    jobs = await _jobs(engine, *[RunStatus.SUCCEEDED] * (PAGE + 3))
    assert await run_weather_update(engine, _runner(embedded_servers)) == len(jobs)
    assert sorted(await _refreshing(engine)) == sorted(jobs)


async def test_a_spread_refresh_is_queued_at_once_and_due_within_its_spread(
    engine: AsyncEngine, embedded_servers: EmbeddedServers
) -> None:
    jobs = await _jobs(engine, *[RunStatus.SUCCEEDED] * 20)
    spread = timedelta(minutes=10)
    await run_weather_update(engine, _runner(embedded_servers), spread=spread)
    query = text("SELECT execute_after - now() FROM pgqueuer")
    async with AsyncSessionLocal(bind=engine) as session:
        delays = list(await session.scalars(query))
    assert len(delays) == len(jobs)
    assert max(delays) <= spread
    assert len({delay // timedelta(seconds=1) for delay in delays}) > 5


async def test_a_replica_that_leads_looks_at_the_weather_in_a_slot_that_was_missed(
    engine: AsyncEngine, database_url: str, embedded_servers: EmbeddedServers, tmp_path: Path
) -> None:
    settings = Settings(
        _env_file=None,
        environment="testing",
        database_url=SecretStr(database_url),
        redis_url=SecretStr(embedded_servers.redis_url),
        secret_key=SecretStr("tests-" * 12),
        data_dir=tmp_path,
        resource_providers=[],
        design_temperature_providers=[],
        alert_providers=[],
    )
    jobs = await _jobs(engine, RunStatus.SUCCEEDED)
    missed = ScheduleTickRow(
        schedule=WEATHER_UPDATE, fire_time=SystemClock().now() - timedelta(hours=2), leader="gone"
    )
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        session.add(missed)
    stops = [asyncio.Event(), asyncio.Event()]
    replicas = [asyncio.create_task(keep_schedule(settings, stop)) for stop in stops]
    async with asyncio.timeout(20):
        while True:
            async with AsyncSessionLocal(bind=engine) as session:
                tick = await session.scalar(
                    select(ScheduleTickRow).where(ScheduleTickRow.finished_at.is_not(None))
                )
            if tick is not None:
                break
            await asyncio.sleep(0.02)
    for stop in stops:
        stop.set()
    async with asyncio.timeout(10):
        await asyncio.gather(*replicas)
    assert tick.fire_time.timestamp() % 1800 == 0
    assert tick.error is None
    assert await _refreshing(engine) == jobs


async def test_the_schedule_is_in_utc_coalesced_and_never_twice_at_once() -> None:
    called = asyncio.Event()

    async def update_weather() -> None:
        called.set()

    scheduler = schedule_weather_updates(update_weather, minutes=30)
    job = scheduler.get_job(WEATHER_UPDATE)
    assert (job.coalesce, job.max_instances) == (True, 1)
    assert job.trigger.interval.total_seconds() == 1800
    assert str(job.next_run_time.tzinfo) == "UTC"
    job.modify(next_run_time=SystemClock().now())
    async with asyncio.timeout(10):
        await called.wait()
    shutdown_scheduler(scheduler)
    shutdown_scheduler(scheduler)  # a second time does no harm
