"""When the weather of active jobs is looked at."""

import asyncio
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from core.clock import SystemClock
from core.database.service_tables import ScheduleTickRow
from core.database.session import AsyncSessionLocal
from core.database.weather_tables import WeatherRefreshRow
from core.embedded import EmbeddedServers
from core.scheduler import WEATHER_UPDATE, schedule_weather_updates, shutdown_scheduler
from graph.tasks import keep_schedule
from tests.support.cells import jobs_at
from tests.support.environment import settings_for


async def test_a_replica_that_leads_looks_at_the_weather_in_a_slot_that_was_missed(
    engine: AsyncEngine, database_url: str, embedded_servers: EmbeddedServers, tmp_path: Path
) -> None:
    settings = settings_for(database_url, embedded_servers.redis_url, tmp_path, weather_jitter_seconds=0)
    await jobs_at(engine, (-1.29, 36.82))
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
    async with AsyncSessionLocal(bind=engine) as session:
        refreshes = list(await session.scalars(select(WeatherRefreshRow)))
    assert [refresh.counts["failed"] for refresh in refreshes if refresh.finished_at] == [1]


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
