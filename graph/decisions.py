"""What people decide about a job that has its result: to complete it, or to override what it says."""

import contextlib
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.checkpoint import RedisSaver, delete_job_state
from core.clock import Clock
from core.database.completions import Completions
from core.database.jobs import Jobs
from core.database.models import JobRow, RunStatus
from core.database.runs import Runs
from core.database.users import Viewer
from core.errors import Conflict, StorageUnavailable
from core.queue import withdraw_run
from state.completion import Completion
from state.triage import TriageResult

COMPLETED_FROM = {RunStatus.SUCCEEDED, RunStatus.FAILED}
"""A job whose calculation failed is repaired all the same; one that asks is answered first, or cancelled."""


class Decisions:
    """Each in the caller's transaction."""

    def __init__(self, saver: RedisSaver, clock: Clock) -> None:
        self._saver = saver
        self._clock = clock

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


async def end_active_run(session: AsyncSession, job_id: UUID) -> None:
    """Take the job's active run away from whoever holds it. The job's row is locked."""
    run_id = await Runs(session).cancel(job_id)
    if run_id is not None:
        await withdraw_run(session, run_id)
