"""A visit whose weather turns bad gets an alternative, once; one whose weather stays good is left alone."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from redis.asyncio import Redis
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from core.checkpoint import RedisSaver
from core.climate.resource import ClimateYears
from core.clock import FixedClock
from core.database.jobs import Jobs
from core.database.models import JobRow, Role, RunRow, RunStatus, TechnicianRow
from core.database.session import AsyncSessionLocal
from core.database.technicians import StoredTechnicianDirectory
from core.database.users import Users, Viewer
from core.embedded import EmbeddedServers
from core.redis import create_redis
from graph.build import build_graph
from graph.cells import CellForecasts
from graph.dependencies import Dependencies
from graph.execution import Execution
from graph.refresh import RefreshPlan, run_weather_update
from graph.runner import Runner
from state.job import JobInput
from tests.support.cells import Batches
from tests.support.fakes import FineWeather, NoFiles, Storm, technician
from tests.support.inputs import sizing_input

NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
"""Dusk in Nairobi: the visit is on the next day."""
PLAN = RefreshPlan(life=timedelta(hours=3))


class Service:
    """One job through start and refreshes, on a clock that the test moves."""

    def __init__(self, engine: AsyncEngine, redis: Redis) -> None:
        self.engine = engine
        self.clock = FixedClock(NOW)
        self.batches = Batches(FineWeather(self.clock))
        self.saver = RedisSaver(redis, ttl_seconds=600, fenced=True)
        files = NoFiles()
        needs = Dependencies(
            forecasts=CellForecasts(engine, self.batches, self.clock, life=PLAN.life),
            files=files,
            years=ClimateYears(files),
            directory=StoredTechnicianDirectory(engine),
            clock=self.clock,
        )
        self.execution = Execution(engine, build_graph(needs, self.saver), self.saver, self.clock)

    async def start(self) -> UUID:
        person = technician()
        async with AsyncSessionLocal(bind=self.engine) as session, session.begin():
            user = await Users(session).add("dora", "-", Role.DISPATCHER)
            session.add(
                TechnicianRow(
                    name=person.name,
                    skills=person.skills,
                    base_latitude=person.base_latitude,
                    base_longitude=person.base_longitude,
                    timezone=person.timezone,
                    working_hours=person.working_hours.model_dump(mode="json"),
                )
            )
            viewer = Viewer(user.id, user.username, user.role, None)
            runner = Runner(self.saver, self.clock, queue_limit=100)
            job = await runner.start(session, viewer, JobInput.model_validate(sizing_input()))
        await self.work_off()
        return job.id

    async def refresh(self) -> int:
        """A look at all weather and the runs that follow; how many there were."""
        await run_weather_update(self.engine, self.batches, self.clock, PLAN)
        return await self.work_off()

    async def work_off(self) -> int:
        async with AsyncSessionLocal(bind=self.engine) as session:
            runs = list(await session.scalars(select(RunRow.id).where(RunRow.status == RunStatus.QUEUED)))
        for run_id in runs:
            await self.execution.execute(run_id)
        return len(runs)

    async def told(self, job_id: UUID) -> list[str]:
        async with AsyncSessionLocal(bind=self.engine) as session:
            return [event.type for event in await Jobs(session).timeline(job_id)]

    async def job(self, job_id: UUID) -> JobRow:
        async with AsyncSessionLocal(bind=self.engine) as session:
            return await Jobs(session).get(job_id)


@pytest.fixture
async def service(engine: AsyncEngine, embedded_servers: EmbeddedServers) -> AsyncIterator[Service]:
    client = create_redis(embedded_servers.redis_url)
    yield Service(engine, client)
    await client.aclose()


async def test_a_visit_in_a_storm_is_moved_behind_it_and_then_left_alone(service: Service) -> None:
    job_id = await service.start()
    planned = await service.job(job_id)
    assert planned.status is RunStatus.SUCCEEDED
    assert planned.visit_end is not None
    assert service.batches.requests == 1
    assert await service.refresh() == 0  # the run has fetched the cell, and nothing in it is news

    service.clock.move_to(NOW + timedelta(hours=3))
    storm_ends = planned.visit_end + timedelta(hours=4)
    service.batches.weather = Storm(service.clock, until=storm_ends)
    assert await service.refresh() == 1
    moved = await service.job(job_id)
    assert moved.visit_start is not None
    assert moved.visit_start >= storm_ends
    assert (moved.status, moved.result_version) == (RunStatus.SUCCEEDED, 2)
    assert service.batches.requests == 2  # the run took what the refresh had fetched
    told = Counter(await service.told(job_id))
    assert (told["job.assigned"], told["visit.changed"]) == (1, 1)

    service.clock.move_to(NOW + timedelta(hours=6))
    assert await service.refresh() == 0
    after = await service.job(job_id)
    assert (after.visit_start, after.result_version) == (moved.visit_start, 2)


async def test_a_storm_that_spares_the_visit_is_told_and_changes_no_result(service: Service) -> None:
    job_id = await service.start()
    planned = await service.job(job_id)
    assert planned.visit_end is not None
    service.clock.move_to(planned.visit_end + timedelta(hours=1))
    service.batches.weather = Storm(service.clock, until=service.clock.now() + timedelta(hours=8))
    assert await service.refresh() == 1  # a new alert: the run looks, and decides nothing
    after = await service.job(job_id)
    assert (after.visit_start, after.result_version) == (planned.visit_start, 1)
    assert after.weather is not None
    assert (await service.told(job_id)).count("alert.opened") == 1
