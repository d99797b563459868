"""A visit whose weather turns bad gets an alternative, once; one whose weather stays good is left alone."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from redis.asyncio import Redis
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from core.checkpoint import RedisSaver
from core.clients.climates import KnownClimates
from core.climate.resource import ClimateYears
from core.climate.screening import screening_year
from core.clock import FixedClock
from core.database.climates import StoredClimates
from core.database.jobs import Jobs
from core.database.models import JobRow, Role, RunRow, RunStatus
from core.database.session import AsyncSessionLocal
from core.database.technicians import StoredTechnicianDirectory
from core.errors import ProviderUnavailable
from core.ports import ProvidedYear
from graph.build import build_graph
from graph.cells import CellForecasts
from graph.dependencies import Dependencies
from graph.execution import Execution
from graph.hearing import CellWarnings
from graph.refresh import RefreshPlan, run_weather_update
from graph.runner import Runner
from state.job import JobInput
from state.weather import Resource
from tests.support.cells import Batches
from tests.support.fakes import Authority, FineWeather, NoFiles, Storm
from tests.support.forecasts import official
from tests.support.inputs import sizing_input
from tests.support.people import add_viewer, technician_row

NOW = datetime(2037, 11, 23, 15, tzinfo=UTC)
"""Dusk in Nairobi: the visit is on the next day, long after the database's own today."""
PLAN = RefreshPlan(life=timedelta(hours=3))


class Service:
    """One job through start and refreshes, on a clock that the test moves."""

    def __init__(self, engine: AsyncEngine, redis: Redis) -> None:
        self.engine = engine
        self.clock = FixedClock(NOW)
        self.batches = Batches(FineWeather(self.clock))
        self.authority = Authority()
        self.saver = RedisSaver(redis, ttl_seconds=600, fenced=True)
        self.use(None)

    def use(self, climates: KnownClimates | None) -> None:
        """Have runs and refreshes ask these for the climate of sites."""
        self.climates, engine, files = climates, self.engine, NoFiles()
        needs = Dependencies(
            forecasts=CellForecasts(engine, self.batches, self.clock, life=PLAN.life),
            files=files,
            years=ClimateYears(files, climates),
            climates=climates,
            authority=CellWarnings(engine, self.authority),
            directory=StoredTechnicianDirectory(engine),
            clock=self.clock,
        )
        self.execution = Execution(engine, build_graph(needs, self.saver), self.saver, self.clock)

    async def start(self, **given: Any) -> UUID:
        async with AsyncSessionLocal(bind=self.engine) as session, session.begin():
            session.add(technician_row())
            viewer = await add_viewer(session, "dora", Role.DISPATCHER)
            runner = Runner(self.saver, self.clock, queue_limit=100)
            job = await runner.start(session, viewer, JobInput.model_validate(sizing_input(**given)))
        await self.work_off()
        return job.id

    async def refresh(self) -> int:
        """A look at all weather and the runs that follow; how many there were."""
        await self.look()
        return await self.work_off()

    async def look(self) -> None:
        await run_weather_update(
            self.engine, self.batches, self.clock, PLAN, self.authority, climates=self.climates
        )

    async def work_off(self) -> int:
        async with AsyncSessionLocal(bind=self.engine) as session:
            runs = list(await session.scalars(select(RunRow.id).where(RunRow.status == RunStatus.QUEUED)))
        for run_id in runs:
            await self.execution.execute(run_id)
        return len(runs)

    async def told(self, job_id: UUID) -> list[str]:
        async with AsyncSessionLocal(bind=self.engine) as session:
            return [event.type for event in await Jobs(session).timeline(job_id)]

    async def resource(self, job_id: UUID) -> Resource:
        """What the latest result rests on."""
        async with AsyncSessionLocal(bind=self.engine) as session:
            latest = await Jobs(session).latest_result(job_id)
            assert latest is not None
            return Resource.from_json(latest.document["weather"]["resource"])

    async def job(self, job_id: UUID) -> JobRow:
        async with AsyncSessionLocal(bind=self.engine) as session:
            return await Jobs(session).get(job_id)


@pytest.fixture
def service(engine: AsyncEngine, redis: Redis) -> Service:
    return Service(engine, redis)


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


async def test_a_job_for_which_no_safe_hour_was_known_gets_its_visit_when_there_is_one(
    service: Service,
) -> None:
    service.batches.fails = lambda _: True
    job_id = await service.start()
    assert (await service.job(job_id)).visit_start is None
    service.clock.move_to(NOW + timedelta(hours=1))
    service.batches.weather = Storm(service.clock, until=NOW + timedelta(days=30))
    service.batches.fails = lambda _: False
    await service.refresh()  # the storm is news, and brings no hour
    assert (await service.job(job_id)).visit_start is None

    service.clock.move_to(NOW + timedelta(hours=5))
    service.batches.weather = FineWeather(service.clock)
    assert await service.refresh() == 1
    assert (await service.job(job_id)).visit_start is not None
    service.clock.move_to(NOW + timedelta(hours=9))
    assert await service.refresh() == 0


@pytest.mark.parametrize("answers", [True, False])
async def test_a_warning_moves_a_visit_though_the_forecast_is_young_and_runs_cannot_ask_for_their_place(
    service: Service, answers: bool
) -> None:
    job_id = await service.start()
    planned = await service.job(job_id)
    assert planned.visit_end is not None
    service.clock.move_to(NOW + timedelta(minutes=30))
    over = planned.visit_end + timedelta(hours=4)
    told = {"start": service.clock.now(), "end": over, "source": "authority", "area": Authority.AREA}
    service.authority.warnings = (official().model_copy(update=told),)
    await service.look()
    if not answers:
        service.authority.warnings = None
    assert await service.work_off() == 1
    moved = await service.job(job_id)
    assert moved.visit_start is not None
    assert moved.visit_start >= over
    assert service.batches.requests == 1
    assert Counter(await service.told(job_id))["visit.changed"] == 1


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


class Climate:
    """A provider of typical years that may be down; each has the light of `annual` [kWh/m²]."""

    name = "made_up"

    def __init__(self) -> None:
        self.annual: float | None = None
        self.asked = 0

    async def typical_year(self, latitude: float, longitude: float, elevation: float) -> ProvidedYear:
        self.asked += 1
        if self.annual is None:
            raise ProviderUnavailable(self.name, "HTTP 503")
        year = screening_year(latitude, longitude, elevation, self.annual / 365)
        return ProvidedYear(replace(year, source=self.name), "tmy", 9.0, "made up", [])


@pytest.mark.parametrize(("share", "versions"), [(1.2, 2), (1.03, 1)])
async def test_a_job_sized_for_a_stand_in_is_sized_anew_where_the_real_climate_moves_it(
    service: Service, share: float, versions: int
) -> None:
    provider = Climate()
    service.use(KnownClimates([provider], [], StoredClimates(service.engine)))
    job_id = await service.start()
    job = await service.job(job_id)
    assert job.resource_due_at is not None
    sized_for = (await service.resource(job_id)).annual_ghi_kwh_m2
    assert (await service.refresh(), provider.asked) == (0, 1)  # it failed a moment ago

    service.clock.move_to(job.resource_due_at)
    assert (await service.refresh(), provider.asked) == (0, 2)  # it still fails, and the design stays
    provider.annual = sized_for * share
    service.clock.move_to(job.resource_due_at + timedelta(minutes=30))
    assert (await service.refresh(), provider.asked) == (0, 2)
    service.clock.move_to(job.resource_due_at + timedelta(hours=6))
    looks = [await service.refresh() for _ in range(2)]
    assert looks == [versions - 1, 0]
    after = await service.job(job_id)
    assert (after.result_version, after.resource_due_at) == (versions, None)
    rests_on = await service.resource(job_id)
    assert rests_on.fallback is (versions == 1)
    assert rests_on.annual_ghi_kwh_m2 == pytest.approx(
        sized_for * (share if versions == 2 else 1.0), rel=1e-3
    )


async def test_two_replicas_ask_for_a_climate_once(service: Service) -> None:
    provider = Climate()
    service.use(KnownClimates([provider], [], StoredClimates(service.engine)))
    job = await service.job(await service.start())
    assert job.resource_due_at is not None
    provider.annual = 3000.0
    service.clock.move_to(job.resource_due_at)
    await asyncio.gather(service.look(), service.look())
    assert provider.asked == 2
    assert await service.work_off() == 1


async def test_a_climate_that_the_technician_gave_is_not_asked_for(service: Service) -> None:
    provider = Climate()
    service.use(KnownClimates([provider], [], StoredClimates(service.engine)))
    job_id = await service.start(resource={"peak_sun_hours": 5.0})
    assert ((await service.job(job_id)).resource_due_at, provider.asked) == (None, 0)
