"""Runs over real PostgreSQL and Valkey, with small workflows, carried out when the test says so."""

from typing import Any
from uuid import UUID

from redis.asyncio import Redis
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from core.checkpoint import RedisSaver
from core.clock import SystemClock
from core.database.jobs import Jobs
from core.database.models import JobRow, RunRow
from core.database.session import AsyncSessionLocal
from core.database.users import Viewer
from graph.execution import Execution
from graph.runner import Runner
from state.base import JsonObject
from state.job import JobInput
from state.workflow import JobState
from tests.support.inputs import sizing_input
from tests.support.workflows import Step, nothing, workflow


class Bench:
    """A job service without HTTP and queue: the test decides when a run is carried out."""

    def __init__(self, engine: AsyncEngine, redis: Redis, viewer: Viewer) -> None:
        self.engine = engine
        self.redis = redis
        self.viewer = viewer
        self.saver = RedisSaver(redis, ttl_seconds=600, fenced=True)
        self.runner = Runner(self.saver, SystemClock(), queue_limit=100)

    def execution(self, **steps: Step) -> Execution:
        return Execution(self.engine, workflow(self.saver, **steps), self.saver, SystemClock())

    async def start(self, given: JsonObject | None = None) -> UUID:
        job_input = JobInput.model_validate(given or sizing_input())
        async with AsyncSessionLocal(bind=self.engine) as session, session.begin():
            return (await self.runner.start(session, self.viewer, job_input)).id

    async def resume(self, job_id: UUID, **answers: Any) -> None:
        async with AsyncSessionLocal(bind=self.engine) as session, session.begin():
            await self.runner.resume(session, self.viewer, job_id, answers)

    async def cancel(self, job_id: UUID) -> None:
        async with AsyncSessionLocal(bind=self.engine) as session, session.begin():
            await self.runner.cancel(session, self.viewer, job_id)

    async def retry(self, job_id: UUID) -> None:
        async with AsyncSessionLocal(bind=self.engine) as session, session.begin():
            await self.runner.retry(session, self.viewer, job_id)

    async def refresh(self, job_id: UUID) -> None:
        async with AsyncSessionLocal(bind=self.engine) as session, session.begin():
            assert await self.runner.refresh(session, await Jobs(session).get(job_id))

    async def job(self, job_id: UUID) -> JobRow:
        async with AsyncSessionLocal(bind=self.engine) as session:
            return await Jobs(session).get(job_id)

    async def run_id(self, job_id: UUID) -> UUID:
        """The last run of the job."""
        async with AsyncSessionLocal(bind=self.engine) as session:
            query = select(RunRow.id).where(RunRow.job_id == job_id).order_by(RunRow.id.desc()).limit(1)
            return (await session.scalars(query)).one()

    async def events(self, job_id: UUID) -> list[str]:
        async with AsyncSessionLocal(bind=self.engine) as session:
            return [event.type for event in await Jobs(session).timeline(job_id)]

    async def summaries(self, job_id: UUID) -> list[str]:
        """What each stored result says, newest first."""
        async with AsyncSessionLocal(bind=self.engine) as session:
            return [row.document["report"]["summary"] for row in await Jobs(session).results(job_id)]


class Counted:
    """A node that counts its calls and does as `step` does, or raises what it is told to, once."""

    def __init__(self, step: Step = nothing, *errors: BaseException) -> None:
        self.calls = 0
        self._step = step
        self._errors = list(errors)

    async def __call__(self, state: JobState) -> JsonObject:
        self.calls += 1
        if self._errors:
            raise self._errors.pop(0)
        return await self._step(state)
