"""Runs as their worker sees them: claimed, followed, finished, each under the fence of the claim.

Every statement that writes for a run carries the fence. Where it changes no row, a newer claim or a
cancellation has taken the run away and `StaleAttempt` says so; its transaction is then rolled back whole.
"""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import Function, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.database.models import (
    JobEventRow,
    JobRow,
    ResultRow,
    RunKind,
    RunRow,
    RunStatus,
)
from core.errors import StaleAttempt

ACTIVE = (RunStatus.QUEUED, RunStatus.RUNNING)
JOBS_CHANNEL = "solarsync_jobs"
SETTLED_CHANNEL = "solarsync_settled"
"""Names each job whose run has ended, well or not, or has stopped to ask."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to write for a run, until somebody else claims it."""

    run_id: UUID
    job_id: UUID
    kind: RunKind
    attempt: int
    fence: int
    losses: int = 0
    """How many workers were lost over it: killed, cut off, or stalled beyond their lease."""


class Runs:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, job_id: UUID, kind: RunKind) -> RunRow:
        row = RunRow(job_id=job_id, kind=kind, status=RunStatus.QUEUED)
        self._session.add(row)
        await self._session.flush()
        return row

    async def active(self, job_id: UUID) -> RunRow | None:
        return await self._session.scalar(
            select(RunRow).where(RunRow.job_id == job_id, RunRow.status.in_(ACTIVE))
        )

    async def claim(self, run_id: UUID) -> Claim | None:
        """Take the run; None where it is no longer to be done. Fences off whoever held it before."""
        found = (
            await self._session.execute(
                select(RunRow.job_id, RunRow.status).where(RunRow.id == run_id, RunRow.status.in_(ACTIVE))
            )
        ).one_or_none()
        if found is None:
            return None
        job_id, status = found
        fence = await self._session.scalar(
            update(JobRow).where(JobRow.id == job_id).values(fence=JobRow.fence + 1).returning(JobRow.fence)
        )
        row = (
            await self._session.execute(
                update(RunRow)
                .where(RunRow.id == run_id, RunRow.status.in_(ACTIVE))
                .values(
                    status=RunStatus.RUNNING,
                    attempt=RunRow.attempt + 1,
                    fence=fence,
                    started_at=func.coalesce(RunRow.started_at, func.now()),
                )
                .returning(RunRow.kind, RunRow.attempt)
            )
        ).one_or_none()
        if row is None or fence is None:
            return None
        if row.kind is not RunKind.REFRESH:
            await self._job(job_id, status=RunStatus.RUNNING)
        claim = Claim(run_id, job_id, row.kind, row.attempt, fence)
        return await self._taken_over(claim) if status is RunStatus.RUNNING else claim

    async def _taken_over(self, claim: Claim) -> Claim:
        """Whoever held the run neither finished nor released it."""
        self._event(claim, "run.taken_over", attempt=claim.attempt)
        losses = await self._session.scalar(
            select(func.count()).where(
                JobEventRow.job_id == claim.job_id,
                JobEventRow.run_id == claim.run_id,
                JobEventRow.type == "run.taken_over",
            )
        )
        return replace(claim, losses=losses or 0)

    async def progress(self, claim: Claim, node: str, done: int) -> None:
        """A node has finished."""
        await self._hold(claim)
        if claim.kind is not RunKind.REFRESH:
            await self._job(
                claim.job_id, progress_node=node, progress_done=func.greatest(JobRow.progress_done, done)
            )
        self._event(claim, "node.finished", node=node)
        await self._notify(claim.job_id)

    async def wait(self, claim: Claim, questions: list[dict[str, Any]]) -> None:
        """The run stops to ask; the job waits for a person."""
        await self._end(claim, RunStatus.WAITING)
        await self._job(claim.job_id, status=RunStatus.WAITING, questions=questions)
        self._event(claim, "questions.opened", questions=[question["id"] for question in questions])
        await self._notify(claim.job_id)

    async def succeed(self, claim: Claim, document: dict[str, Any] | None, job: dict[str, Any]) -> int | None:
        """The run is done: append a result version if there is one, and update the job's row."""
        await self._end(claim, RunStatus.SUCCEEDED)
        version = None
        if document is not None:
            version = (
                await self._session.scalar(
                    select(func.coalesce(func.max(ResultRow.version), 0)).where(
                        ResultRow.job_id == claim.job_id
                    )
                )
                or 0
            ) + 1
            stored = {**document, "job_id": str(claim.job_id), "version": version}
            self._session.add(
                ResultRow(job_id=claim.job_id, version=version, run_id=claim.run_id, document=stored)
            )
            job = {**job, "result_version": version}
            self._event(claim, "result.stored", version=version)
        if claim.kind is not RunKind.REFRESH:
            job = {**job, "status": RunStatus.SUCCEEDED, "questions": [], "problem": None}
        if job:
            await self._job(claim.job_id, **job)
        self._event(claim, "run.succeeded", kind=claim.kind.value)
        await self._notify(claim.job_id)
        return version

    async def fail(self, claim: Claim, problem: dict[str, Any]) -> None:
        """The run has failed for good; the job keeps the reason."""
        await self._end(claim, RunStatus.FAILED, problem=problem)
        if claim.kind is not RunKind.REFRESH:
            await self._job(claim.job_id, status=RunStatus.FAILED, problem=problem)
        self._event(claim, "run.failed", problem=problem)
        await self._notify(claim.job_id)

    async def release(self, claim: Claim, reason: str) -> None:
        """Give the run back to the queue, to be tried again."""
        await self._end(claim, RunStatus.QUEUED)
        if claim.kind is not RunKind.REFRESH:
            await self._job(claim.job_id, status=RunStatus.QUEUED)
        self._event(claim, "run.postponed", reason=reason)
        await self._notify(claim.job_id)

    async def note(self, claim: Claim, event: str, /, **data: object) -> None:
        """Something worth telling happened in the run."""
        await self._hold(claim)
        self._event(claim, event, **data)

    async def cancel(self, job_id: UUID) -> UUID | None:
        """Take the active run away from whoever holds it; None where there is none."""
        cancelled: UUID | None = await self._session.scalar(
            update(RunRow)
            .where(RunRow.job_id == job_id, RunRow.status.in_(ACTIVE))
            .values(status=RunStatus.CANCELLED, finished_at=func.now())
            .returning(RunRow.id, _settled(job_id))
        )
        return cancelled

    async def _hold(self, claim: Claim) -> None:
        held = await self._session.scalar(
            select(RunRow.id)
            .where(RunRow.id == claim.run_id, RunRow.fence == claim.fence, RunRow.status == RunStatus.RUNNING)
            .with_for_update()
        )
        if held is None:
            raise StaleAttempt

    async def _end(self, claim: Claim, status: RunStatus, *, problem: dict[str, Any] | None = None) -> None:
        finished_at = None if status is RunStatus.QUEUED else func.now()
        ended = await self._session.scalar(
            update(RunRow)
            .where(RunRow.id == claim.run_id, RunRow.fence == claim.fence, RunRow.status == RunStatus.RUNNING)
            .values(status=status, finished_at=finished_at, problem=problem)
            .returning(RunRow.id, *(() if finished_at is None else (_settled(claim.job_id),)))
        )
        if ended is None:
            raise StaleAttempt

    async def _job(self, job_id: UUID, **values: object) -> None:
        await self._session.execute(update(JobRow).where(JobRow.id == job_id).values(**values))

    def _event(self, claim: Claim, event: str, /, **data: object) -> None:
        self._session.add(
            JobEventRow(job_id=claim.job_id, run_id=claim.run_id, type=event, actor="service", data=data)
        )

    async def _notify(self, job_id: UUID) -> None:
        await notify_job(self._session, job_id)


def _settled(job_id: UUID) -> Function[None]:
    """Wakes, once the transaction commits, whoever waits for the end of a run; costs no statement of its own."""
    return func.pg_notify(SETTLED_CHANNEL, str(job_id))


async def notify_job(session: AsyncSession, job_id: UUID) -> None:
    """Wake whoever waits for this job, once the transaction commits."""
    await session.execute(
        text("SELECT pg_notify(:channel, :job)"), {"channel": JOBS_CHANNEL, "job": str(job_id)}
    )
