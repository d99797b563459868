"""What HTTP asks for: start a job, answer it, cancel it, try it again; each in the caller's transaction."""

import contextlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.checkpoint import RedisSaver, delete_job_state
from core.clock import Clock
from core.database.jobs import Jobs
from core.database.models import JobKind, JobRow, RunKind, RunStatus
from core.database.runs import Runs
from core.database.starting import start_job
from core.database.users import Viewer
from core.database.weather_files import WeatherFileRepository
from core.errors import Conflict, FieldError, Forbidden, InvalidInput, QueueFull, StorageUnavailable
from core.metrics import RESUME_CONFLICTS
from core.queue import enqueue_run, priority_of, queued_runs
from graph.decisions import end_active_run
from nodes.intake.engine import check_input
from state.job import JobInput
from state.questions import Question, check_answers


class Runner:
    def __init__(self, saver: RedisSaver, clock: Clock, *, queue_limit: int) -> None:
        self._saver = saver
        self._clock = clock
        self._queue_limit = queue_limit

    async def start(self, session: AsyncSession, viewer: Viewer, job_input: JobInput) -> JobRow:
        """Accept a job: its row, its first run and its place in the queue, or none of them."""
        check_input(job_input)
        if job_input.resource.weather_file_id is not None:
            await WeatherFileRepository(session).require(job_input.resource.weather_file_id)
        document = job_input.model_dump(mode="json", exclude_unset=True)
        return await start_job(
            session, viewer, JobKind(job_input.kind), document, queue_limit=self._queue_limit
        )

    async def resume(
        self, session: AsyncSession, viewer: Viewer, job_id: UUID, answers: Mapping[str, Any]
    ) -> JobRow:
        """Answer the open questions. Of two concurrent answers the row lock lets one win."""
        jobs = Jobs(session)
        job = await jobs.get(job_id, viewer, lock=True)
        if job.status is not RunStatus.WAITING:
            RESUME_CONFLICTS.inc()
            raise Conflict(f"No question is open: the job is {job.status}.")
        questions = [Question.model_validate(question) for question in job.questions]
        if not viewer.sees_everything and (theirs := [q.id for q in questions if q.role == "dispatcher"]):
            raise Forbidden(f"Only a dispatcher may answer: {', '.join(theirs)}.")
        refused = check_answers(questions, answers)
        if refused:
            raise InvalidInput([FieldError(f"/answers/{key}", reason) for key, reason in refused.items()])
        job.answers = {**job.answers, **answers}
        job.questions = []
        job.status = RunStatus.QUEUED
        await jobs.record(job_id, "questions.answered", viewer.username, answers=dict(answers))
        await self._queue(session, job, RunKind.RESUME)
        return job

    async def cancel(self, session: AsyncSession, viewer: Viewer, job_id: UUID) -> JobRow:
        """Stop the job. A worker that runs it loses the right to write for it at once."""
        jobs = Jobs(session)
        job = await jobs.get(job_id, viewer, lock=True)
        if job.closed_at is not None or job.status in {RunStatus.SUCCEEDED, RunStatus.CANCELLED}:
            raise Conflict(f"There is nothing to cancel: the job is {job.status}.")
        await end_active_run(session, job_id)
        job.status = RunStatus.CANCELLED
        job.closed_at = self._clock.now()
        job.questions = []
        await jobs.record(job_id, "job.cancelled", viewer.username)
        with contextlib.suppress(StorageUnavailable):  # what cannot be deleted now expires by itself
            await delete_job_state(self._saver, str(job_id))
        return job

    async def retry(self, session: AsyncSession, viewer: Viewer, job_id: UUID) -> JobRow:
        """Try a failed job again, from its last checkpoint where there is one."""
        jobs = Jobs(session)
        job = await jobs.get(job_id, viewer, lock=True)
        if job.status is not RunStatus.FAILED or job.closed_at is not None:
            state = "closed" if job.closed_at is not None else job.status.value
            raise Conflict(f"Only a failed job that is still open can be retried: the job is {state}.")
        await self._refuse_when_full(session)
        job.status = RunStatus.QUEUED
        job.problem = None
        await jobs.record(job_id, "job.retried", viewer.username)
        await self._queue(session, job, RunKind.RETRY)
        return job

    async def refresh(self, session: AsyncSession, job: JobRow) -> bool:
        """Queue a look at the weather; False where a run is active or a person is being waited for."""
        if job.status is not RunStatus.SUCCEEDED or job.closed_at is not None:
            return False
        if await Runs(session).active(job.id) is not None:
            return False
        await self._queue(session, job, RunKind.REFRESH)
        return True

    async def _queue(self, session: AsyncSession, job: JobRow, kind: RunKind) -> None:
        run = await Runs(session).add(job.id, kind)
        await enqueue_run(session, run.id, priority_of(kind, job.priority))

    async def _refuse_when_full(self, session: AsyncSession) -> None:
        if await queued_runs(session, at_most=self._queue_limit) >= self._queue_limit:
            raise QueueFull
