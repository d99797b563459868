"""Who wins where jobs choose the same technician at the same hour: PostgreSQL says, and the others plan again."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from redis.asyncio import Redis
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from core.checkpoint import RedisSaver
from core.climate.resource import ClimateYears
from core.clock import Clock, FixedClock, SystemClock
from core.database.jobs import Jobs
from core.database.models import JobKind, JobRow, Role, RunRow, RunStatus
from core.database.session import AsyncSessionLocal
from core.database.technicians import StoredTechnicianDirectory
from core.database.users import Viewer
from core.queue_worker import TryAgain
from graph.build import build_graph
from graph.dependencies import Dependencies
from graph.execution import Execution
from graph.runner import Runner
from state.dispatch import Technician
from state.job import JobInput
from tests.support.fakes import FineWeather, NoFiles
from tests.support.inputs import sizing_input, triage_input
from tests.support.people import add_viewer, technician_row

OVERLAPS = """
SELECT count(*) FROM jobs AS one JOIN jobs AS other ON one.technician_id = other.technician_id AND one.id < other.id
WHERE tstzrange(one.visit_start, one.visit_end) && tstzrange(other.visit_start, other.visit_end)
"""
NINE = datetime(2037, 11, 23, 9, 0, tzinfo=UTC)


class Meeting(StoredTechnicianDirectory):
    """Lets nobody choose before `many` have looked at the calendar, the first time round."""

    def __init__(self, engine: AsyncEngine, many: int) -> None:
        super().__init__(engine)
        self._barrier = asyncio.Barrier(many)
        self._open = False

    async def technicians(self) -> list[Technician]:
        found = await super().technicians()
        if not self._open:
            await self._barrier.wait()
            self._open = True
        return found


@pytest.fixture
async def viewer(engine: AsyncEngine) -> Viewer:
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        return await add_viewer(session, "dora", Role.DISPATCHER)


@pytest.fixture
async def grace(engine: AsyncEngine) -> UUID:
    row = technician_row()
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        session.add(row)
    return row.id


class Office:
    """Jobs carried out by the whole workflow, when the test says so."""

    def __init__(self, engine: AsyncEngine, redis: Redis, viewer: Viewer) -> None:
        self.engine = engine
        self.viewer = viewer
        self.saver = RedisSaver(redis, ttl_seconds=600, fenced=True)

    async def start(self, given: dict[str, object]) -> UUID:
        runner = Runner(self.saver, SystemClock(), queue_limit=1000)
        async with AsyncSessionLocal(bind=self.engine) as session, session.begin():
            return (await runner.start(session, self.viewer, JobInput.model_validate(given))).id

    async def answer(self, job_id: UUID) -> None:
        runner = Runner(self.saver, SystemClock(), queue_limit=1000)
        async with AsyncSessionLocal(bind=self.engine) as session, session.begin():
            questions = (await Jobs(session).get(job_id)).questions
            answers = {question["id"]: question["choices"][0] for question in questions}
            await runner.resume(session, self.viewer, job_id, answers)

    def execution(self, clock: Clock, directory: StoredTechnicianDirectory | None = None) -> Execution:
        files = NoFiles()
        needs = Dependencies(
            forecasts=FineWeather(clock),
            files=files,
            years=ClimateYears(files),
            directory=directory or StoredTechnicianDirectory(self.engine),
            clock=clock,
        )
        return Execution(self.engine, build_graph(needs, self.saver), self.saver, clock)

    async def execute(self, execution: Execution, job_id: UUID) -> None:
        """The job's last run, delivered as often as it asks for."""
        async with AsyncSessionLocal(bind=self.engine) as session:
            query = select(RunRow.id).where(RunRow.job_id == job_id).order_by(RunRow.id.desc()).limit(1)
            run_id = (await session.scalars(query)).one()
        while True:
            try:
                return await execution.execute(run_id)
            except TryAgain:
                continue

    async def job(self, job_id: UUID) -> JobRow:
        async with AsyncSessionLocal(bind=self.engine) as session:
            return await Jobs(session).get(job_id)

    async def events(self, job_id: UUID) -> list[str]:
        async with AsyncSessionLocal(bind=self.engine) as session:
            return [event.type for event in await Jobs(session).timeline(job_id)]


@pytest.fixture
def office(engine: AsyncEngine, redis: Redis, viewer: Viewer) -> Office:
    return Office(engine, redis, viewer)


async def test_jobs_that_choose_the_same_hour_get_one_each(office: Office, grace: UUID) -> None:
    jobs = [await office.start(sizing_input()) for _ in range(16)]
    execution = office.execution(FixedClock(NINE), Meeting(office.engine, len(jobs)))
    await asyncio.gather(*(office.execute(execution, job) for job in jobs))
    stored = [await office.job(job) for job in jobs]
    assert {(job.status, job.technician_id, job.result_version) for job in stored} == {
        (RunStatus.SUCCEEDED, grace, 1)
    }
    assert len({job.visit_start for job in stored}) == len(jobs)
    async with office.engine.connect() as connection:
        assert await connection.scalar(text(OVERLAPS)) == 0
    told = [event for job in jobs for event in await office.events(job)]
    assert len(jobs) - 1 <= told.count("visit.taken") <= 2 * len(jobs)
    assert told.count("run.postponed") == 0


async def test_a_visit_that_went_by_while_its_job_waited_is_planned_anew(office: Office, grace: UUID) -> None:
    long_ago, now = datetime.now(UTC) - timedelta(days=30), SystemClock()
    job_id = await office.start(triage_input())
    await office.execute(office.execution(FixedClock(long_ago)), job_id)
    assert (await office.job(job_id)).status is RunStatus.WAITING
    await office.answer(job_id)
    await office.execute(office.execution(now), job_id)
    job = await office.job(job_id)
    assert job.status in {RunStatus.SUCCEEDED, RunStatus.WAITING}
    assert job.visit_start is None or job.visit_start >= now.now() - timedelta(minutes=1)
    assert (await office.events(job_id)).count("visit.taken") == 1


async def _planned(engine: AsyncEngine, viewer: Viewer, technician_id: UUID, start: datetime) -> UUID:
    row = JobRow(
        kind=JobKind.SIZING,
        status=RunStatus.SUCCEEDED,
        created_by=viewer.user_id,
        input={},
        technician_id=technician_id,
        visit_start=start,
        visit_end=start + timedelta(hours=2),
    )
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        session.add(row)
    return row.id


async def test_nobody_can_store_a_second_visit_at_the_same_time(
    engine: AsyncEngine, viewer: Viewer, grace: UUID
) -> None:
    first = await _planned(engine, viewer, grace, NINE)
    await _planned(engine, viewer, grace, NINE + timedelta(hours=2))  # one begins as the other ends
    with pytest.raises(IntegrityError, match="one_visit_at_a_time"):
        await _planned(engine, viewer, grace, NINE + timedelta(hours=1))
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        await session.execute(update(JobRow).where(JobRow.id == first).values(closed_at=NINE))
    await _planned(engine, viewer, grace, NINE - timedelta(hours=1))  # a closed job holds nobody


async def test_who_goes_and_that_it_is_urgent_is_told_once(office: Office, grace: UUID) -> None:
    clock = FixedClock(NINE)
    execution = office.execution(clock)
    job = await office.start(triage_input())
    await office.execute(execution, job)
    asked = await office.events(job)
    await office.answer(job)
    await office.execute(execution, job)

    told = await office.events(job)

    assert (asked.count("job.urgent"), asked.count("job.assigned")) == (1, 0)
    assert (told.count("job.urgent"), told.count("job.assigned"), told.count("visit.changed")) == (1, 1, 0)
