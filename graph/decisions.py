"""What people decide about a job that has its result: to complete it, or to override what it says."""

import contextlib
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from core.checkpoint import RedisSaver, delete_job_state
from core.clock import Clock
from core.database.completions import Completions
from core.database.jobs import Jobs
from core.database.models import ONE_VISIT_AT_A_TIME, JobRow, RunStatus
from core.database.runs import Runs
from core.database.technicians import Technicians
from core.database.users import Viewer
from core.errors import Conflict, FieldError, InvalidInput, StorageUnavailable
from core.queue import withdraw_run
from graph.entry import job_values
from graph.news import held_by, tell_decided
from graph.outcome import result_document
from graph.override import PATHS, Circumstances, overridden
from nodes.dispatch.settings import DispatchSettings
from nodes.intake.engine import complete_site
from nodes.triage.settings import TriageSettings
from state.completion import Completion
from state.dispatch import Technician
from state.job import JobInput, JobResult
from state.override import Changes, Override
from state.triage import TriageResult
from state.weather import WeatherResult

COMPLETED_FROM = {RunStatus.SUCCEEDED, RunStatus.FAILED}
"""A job whose calculation failed is repaired all the same; one that asks is answered first, or cancelled."""


class Decisions:
    """Each in the caller's transaction."""

    def __init__(self, saver: RedisSaver, clock: Clock, triage: TriageSettings) -> None:
        self._saver = saver
        self._clock = clock
        self._triage = triage

    async def override(
        self, session: AsyncSession, viewer: Viewer, job_id: UUID, override: Override
    ) -> JobRow:
        """Change what the result says, as a new version of it; a look at the weather under way is given up."""
        jobs, changes = Jobs(session), override.changes
        planned = await jobs.technician_of(job_id, viewer)
        technician = await self._goes(session, job_id, planned, changes)
        job = await jobs.get(job_id, viewer, lock=True)
        latest = await jobs.latest_result(job_id)
        if job.closed_at is not None or job.status is not RunStatus.SUCCEEDED or latest is None:
            state = "closed" if job.closed_at is not None else job.status.value
            raise Conflict(f"Only the result of an open job can be overridden: the job is {state}.")
        if job.technician_id != planned:
            raise Conflict("The visit was planned anew at this moment; look at it and decide again.")
        result = JobResult.model_validate(latest.document)
        _check(changes, result)
        await end_active_run(session, job_id)
        now = self._clock.now()
        weather = WeatherResult.model_validate(job.weather) if job.weather else result.weather
        job_input = complete_site(JobInput.model_validate(job.input))
        made = overridden(
            result,
            override,
            Circumstances(
                job=job_input,
                answers=job.answers,
                weather=weather,
                technician=technician,
                by=viewer.username,
                now=now,
                triage=self._triage,
                dispatch=DispatchSettings(),
            ),
        )
        document = {**latest.document, **made.parts}
        held = held_by(job)
        for column, value in job_values(document).items():
            setattr(job, column, value)
        version = await jobs.add_result(job, result_document(job_id, now, document))
        try:
            await session.flush()
        except IntegrityError as error:
            if ONE_VISIT_AT_A_TIME in str(error.orig):
                raise Conflict("The technician has another visit at that time.") from error
            raise
        await jobs.record(
            job_id,
            "job.overridden",
            viewer.username,
            changes=made.changed,
            reason=override.reason,
            allowed=made.broken,
            version=version,
        )
        await jobs.record(job_id, "result.stored", viewer.username, version=version)
        await tell_decided(session, job_id, held, document, actor=viewer.username)
        return job

    async def _goes(
        self, session: AsyncSession, job_id: UUID, planned: UUID | None, changes: Changes
    ) -> Technician | None:
        """Who goes after the changes, and promised to this job; None where nobody does."""
        if not changes.move_the_visit or (changes.gives("visit") and changes.visit is None):
            return None
        chosen = changes.technician if changes.gives("technician") else planned
        if chosen is None:
            return None
        technician = await Technicians(session).promise(chosen, besides=job_id)
        if technician is None:
            raise InvalidInput([FieldError(f"/changes/{PATHS['technician']}", "names no active technician")])
        return technician

    async def complete(
        self, session: AsyncSession, viewer: Viewer, job_id: UUID, completion: Completion
    ) -> JobRow:
        """Close the job, and keep how it ended beside what triage had said of it."""
        jobs = Jobs(session)
        job = await jobs.get(job_id, viewer, lock=True)
        if job.closed_at is not None or job.status not in COMPLETED_FROM:
            state = "closed already" if job.closed_at is not None else job.status.value
            raise Conflict(f"Only a job that has ended and is still open can be completed: it is {state}.")
        await end_active_run(session, job_id)
        latest = await jobs.latest_result(job_id)
        triage = latest.document.get("triage") if latest else None
        now = self._clock.now()
        await Completions(session).add(
            job_id,
            completion,
            by=viewer.user_id,
            at=now,
            said=TriageResult.from_json(triage) if triage else None,
            result_version=latest.version if latest else None,
        )
        job.closed_at = now
        await jobs.record(
            job_id,
            "job.completed",
            viewer.username,
            outcome=completion.outcome,
            confirmed=completion.confirmed.to_json(),
        )
        with contextlib.suppress(StorageUnavailable):  # what cannot be deleted now expires by itself
            await delete_job_state(self._saver, str(job_id))
        return job


def _check(changes: Changes, result: JobResult) -> None:
    """Refuse what the result has no place for."""
    if changes.priority and result.triage is None:
        raise InvalidInput([FieldError(f"/changes/{PATHS['priority']}", "this job has no triage")])
    visit = changes.visit or (result.dispatch and result.dispatch.visit)
    technician = changes.technician or (result.dispatch and result.dispatch.technician)
    if changes.technician and not visit:
        raise InvalidInput([FieldError(f"/changes/{PATHS['visit']}", "is required: no visit is planned")])
    if changes.visit and not technician:
        raise InvalidInput([FieldError(f"/changes/{PATHS['technician']}", "is required: nobody is planned")])


async def end_active_run(session: AsyncSession, job_id: UUID) -> None:
    """Take the job's active run away from whoever holds it. The job's row is locked."""
    run_id = await Runs(session).cancel(job_id)
    if run_id is not None:
        await withdraw_run(session, run_id)
