"""The scheduled look at the weather of active jobs."""

import asyncio
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from core.checkpoint import RedisSaver
from core.clock import SystemClock
from core.database.models import JobKind, JobRow, Role, RunKind, RunRow, RunStatus
from core.database.session import AsyncSessionLocal
from core.database.users import Users
from core.embedded import EmbeddedServers
from core.redis import create_redis
from core.scheduler import WEATHER_UPDATE, schedule_weather_updates, shutdown_scheduler
from graph.refresh import PAGE, run_weather_update
from graph.runner import Runner
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
