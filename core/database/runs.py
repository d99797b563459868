"""Runs as their worker sees them: claimed, followed, finished, each under the fence of the claim.

Every transaction, and every statement without one, that writes for a run first takes the job's row under the fence of
its claim. Where there is no such row, a newer claim or a cancellation has raised the fence and taken the run away, and
`StaleAttempt` says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import Function, Uuid, bindparam, func, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from core.database.alerts import alerts_to_open
from core.database.events import SERVICE, SETTLED_CHANNEL, Event, append_events, events_to_tell
from core.database.models import (
    ONE_VISIT_AT_A_TIME,
    JobKind,
    JobRow,
    RunKind,
    RunRow,
    RunStatus,
    TechnicianRow,
)
from core.database.result_documents import taken_apart
from core.database.run_statements import CLAIM, TAKEN_OVER, success
from core.errors import StaleAttempt, VisitTaken
from core.ids import new_id
from state.weather import Alert

NOT_NULL = "23502"
"""SQLSTATE not_null_violation. PostgreSQL, appendix A."""
ACTIVE = (RunStatus.QUEUED, RunStatus.RUNNING)
NOTHING: Mapping[str, Any] = MappingProxyType({})
_ADD_REFRESHES = text(
    """
    INSERT INTO runs (id, job_id, kind, status) SELECT id, job_id, 'refresh', 'queued'
    FROM unnest(:ids, :jobs) AS new (id, job_id) ON CONFLICT DO NOTHING RETURNING job_id, id
    """
).bindparams(bindparam("ids", type_=ARRAY(Uuid())), bindparam("jobs", type_=ARRAY(Uuid())))


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to write for a run, until somebody else claims it."""

    run_id: UUID
    job_id: UUID
    kind: RunKind
    attempt: int
    fence: int
    created_at: datetime
    """When the run was asked for."""
    job: JobRow = field(repr=False)
    """The job as it was then, as far as a run needs it."""
    losses: int = 0
    """How many workers were lost over it: killed, cut off, or stalled beyond their lease."""
    failures: int = 0
    """How often it was put off for a reason of its own."""


class Runs:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, job_id: UUID, kind: RunKind) -> RunRow:
        row = RunRow(job_id=job_id, kind=kind, status=RunStatus.QUEUED)
        self._session.add(row)
        await self._session.flush()
        return row

    async def add_refreshes(self, job_ids: Sequence[UUID]) -> dict[UUID, UUID]:
        """A refresh run for each job that has no active run; the runs by their jobs."""
        given = {"ids": [new_id() for _ in job_ids], "jobs": list(job_ids)}
        return {row.job_id: row.id for row in await self._session.execute(_ADD_REFRESHES, given)}

    async def active(self, job_id: UUID) -> RunRow | None:
        return await self._session.scalar(
            select(RunRow).where(RunRow.job_id == job_id, RunRow.status.in_(ACTIVE))
        )

    async def claim(self, run_id: UUID) -> Claim | None:
        """Take the run; None where it is no longer to be done. Fences off whoever held it before, and tells of it.

        One statement, which needs no transaction around it.
        """
        row = await CLAIM.first(self._session, {"run_id": run_id, **TAKEN_OVER, "event_run_id": run_id})
        if row is None:
            return None
        job = JobRow(
            id=row.id,
            kind=JobKind(row.job_kind),
            input=row.input,
            answers=row.answers,
            progress_done=row.progress_done,
            technician_id=row.technician_id,
            visit_start=row.visit_start,
            visit_end=row.visit_end,
            weather=row.weather,
        )
        kind = RunKind(row.kind)
        return Claim(
            run_id, row.id, kind, row.attempt, row.fence, row.created_at, job, row.losses, row.failures
        )

    async def progress(self, claim: Claim, told: Sequence[Event], job: Mapping[str, Any]) -> None:
        """Something worth telling happened; `job` is what the job's row says of it."""
        await self._hold(claim, job)
        await self._tell(claim, *told)

    async def wait(
        self,
        claim: Claim,
        questions: list[dict[str, Any]],
        *,
        told: Sequence[Event] = (),
        job: Mapping[str, Any] = NOTHING,
    ) -> None:
        """The run stops to ask; the job waits for a person."""
        await self._hold(claim, {**job, "status": RunStatus.WAITING, "questions": questions})
        await self._end(claim, RunStatus.WAITING)
        opened = Event("questions.opened", {"questions": [question["id"] for question in questions]})
        await self._tell(claim, *told, opened)

    async def succeed(
        self,
        claim: Claim,
        document: dict[str, Any] | None,
        job: Mapping[str, Any],
        *,
        told: Sequence[Event] = (),
        alerts: Sequence[Alert] = (),
        now: datetime | None = None,
    ) -> int | None:
        """The run is done: append a result version if there is one, and update the job's row.

        `alerts` are the first that the job is told of, at `now`; they come with a result only. With a result and
        nobody to be sent it is one statement, which needs no transaction around it.

        Raises `VisitTaken` where the visit in `job` overlaps one that its technician has in another open job.
        """
        changes: dict[str, Any] = dict(job)
        if claim.kind is not RunKind.REFRESH:
            changes |= {"status": RunStatus.SUCCEEDED, "questions": [], "problem": None}
        if changes.get("technician_id"):
            await self._one_at_a_time(changes["technician_id"])
        done = Event("run.succeeded", {"kind": claim.kind.value})
        try:
            if document is not None:
                events = [*told, Event("result.stored"), done, *alerts_to_open(alerts)]
                return await self._store(claim, document, changes, events, now if alerts else None)
            await self._hold(claim, changes)
        except IntegrityError as error:
            if ONE_VISIT_AT_A_TIME in str(error.orig):
                raise VisitTaken from error
            raise
        await self._end(claim, RunStatus.SUCCEEDED)
        await self._tell(claim, *told, done)
        return None

    async def _store(
        self,
        claim: Claim,
        document: dict[str, Any],
        changes: Mapping[str, Any],
        events: Sequence[Event],
        alerted_at: datetime | None,
    ) -> int:
        ours = {"job_id": claim.job_id, "run_id": claim.run_id, "fence": claim.fence}
        alerted = {} if alerted_at is None else {"now": alerted_at}
        stored, forecast_hours = taken_apart({**document, "job_id": str(claim.job_id)})
        try:
            row = await success(tuple(sorted(changes)), alerted=bool(alerted)).first(
                self._session,
                {
                    **changes,
                    **ours,
                    **alerted,
                    "document": stored,
                    "forecast_hours": forecast_hours,
                    **events_to_tell(events, actor=SERVICE, run_id=claim.run_id),
                },
            )
        except IntegrityError as error:
            if getattr(error.orig, "sqlstate", None) == NOT_NULL:
                raise StaleAttempt from error
            raise
        if row is None:
            raise StaleAttempt
        version: int = row.version
        return version

    async def fail(
        self,
        claim: Claim,
        problem: dict[str, Any],
        *,
        told: Sequence[Event] = (),
        job: Mapping[str, Any] = NOTHING,
    ) -> None:
        """The run has failed for good; the job keeps the reason."""
        kept = claim.kind is not RunKind.REFRESH
        ended = {**job, "status": RunStatus.FAILED, "problem": problem}
        await self._hold(claim, ended if kept else NOTHING)
        await self._end(claim, RunStatus.FAILED, problem=problem)
        await self._tell(claim, *told, Event("run.failed", {"problem": problem}))

    async def release(
        self,
        claim: Claim,
        reason: str,
        *,
        failed: bool = False,
        told: Sequence[Event] = (),
        job: Mapping[str, Any] = NOTHING,
    ) -> None:
        """Give the run back to the queue, to be tried again; `failed` says that the reason is the run's own."""
        kept = claim.kind is not RunKind.REFRESH
        await self._hold(claim, {**job, "status": RunStatus.QUEUED} if kept else NOTHING)
        await self._end(claim, RunStatus.QUEUED, failed=failed)
        await self._tell(claim, *told, Event("run.postponed", {"reason": reason}))

    async def cancel(self, job_id: UUID) -> UUID | None:
        """Take the active run away from whoever holds it; None where there is none. The job's row is locked."""
        await self._session.execute(
            update(JobRow)
            .where(JobRow.id == job_id)
            .values(fence=JobRow.fence + 1)
            .execution_options(synchronize_session=False)
        )
        cancelled: UUID | None = await self._session.scalar(
            update(RunRow)
            .where(RunRow.job_id == job_id, RunRow.status.in_(ACTIVE))
            .values(status=RunStatus.CANCELLED, finished_at=func.now())
            .returning(RunRow.id, _settled(job_id))
        )
        return cancelled

    async def _hold(self, claim: Claim, job: Mapping[str, Any] = NOTHING) -> None:
        """Lock the job under the claim's fence and change what there is to change.

        Always the first statement: whoever touches a job or its runs holds the job's row before anything else, so
        that no two writers wait for each other.
        """
        ours = (JobRow.id == claim.job_id, JobRow.fence == claim.fence)
        held = (
            update(JobRow).where(*ours).values(**job).returning(JobRow.id)
            if job
            else select(JobRow.id).where(*ours).with_for_update(key_share=True)
        )
        if await self._session.scalar(held) is None:
            raise StaleAttempt

    async def _one_at_a_time(self, technician_id: UUID) -> None:
        """Of the jobs that send the same technician one is stored at a time.

        Two that overlap would each be written, and then wait for the other to end before either could be refused.
        """
        technician = select(TechnicianRow.id).where(TechnicianRow.id == technician_id)
        await self._session.execute(technician.with_for_update(key_share=True))

    async def _end(
        self, claim: Claim, status: RunStatus, *, problem: dict[str, Any] | None = None, failed: bool = False
    ) -> None:
        finished_at = None if status is RunStatus.QUEUED else func.now()
        ended = await self._session.scalar(
            update(RunRow)
            .where(RunRow.id == claim.run_id, RunRow.fence == claim.fence, RunRow.status == RunStatus.RUNNING)
            .values(
                status=status,
                finished_at=finished_at,
                problem=problem,
                failures=RunRow.failures + int(failed),
            )
            .returning(RunRow.id, *(() if finished_at is None else (_settled(claim.job_id),)))
        )
        if ended is None:
            raise StaleAttempt

    async def _tell(self, claim: Claim, *events: Event) -> None:
        await append_events(self._session, claim.job_id, events, actor=SERVICE, run_id=claim.run_id)


def _settled(job_id: UUID) -> Function[None]:
    """Wakes, once the transaction commits, whoever waits for the end of a run; costs no statement of its own."""
    return func.pg_notify(SETTLED_CHANNEL, str(job_id))
