"""Jobs that were sized for a climate that stood in for another provider's.

As with weather cells, one column says from when on somebody may ask, and a claim moves it ahead past rows that another
has locked: of two replicas one asks, and a claim that nothing comes of ends by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.database.models import JobRow, RunStatus

_CLAIM = text(
    """
    WITH due AS (
        SELECT id FROM jobs
        WHERE resource_due_at <= :now AND closed_at IS NULL AND status = 'succeeded'
        ORDER BY resource_due_at LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE jobs SET resource_due_at = :until FROM due WHERE jobs.id = due.id
    RETURNING jobs.id, jobs.input, (
        SELECT document #> '{weather,resource}' FROM results
        WHERE results.job_id = jobs.id AND results.version = jobs.result_version
    ) AS resource
    """
)


@dataclass(frozen=True, slots=True)
class SizedJob:
    """`resource` is what its latest result rests on."""

    id: UUID
    input: dict[str, Any]
    resource: dict[str, Any] | None


class StandIns:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def claim(self, now: datetime, until: datetime, limit: int) -> list[SizedJob]:
        """Take jobs whose climate is due; nobody else takes them before `until`."""
        found = await self._session.execute(_CLAIM, {"now": now, "until": until, "limit": limit})
        return [SizedJob(row.id, row.input, row.resource) for row in found]

    async def settle(self, jobs: Sequence[UUID]) -> list[UUID]:
        """There is nothing left to ask for; which of the jobs may have a run. Their rows are locked."""
        locked = (
            select(JobRow.id).where(JobRow.id.in_(jobs)).order_by(JobRow.id).with_for_update(key_share=True)
        )
        await self._session.execute(locked)
        settled = await self._session.execute(
            update(JobRow)
            .where(JobRow.id.in_(jobs))
            .values(resource_due_at=None)
            .returning(JobRow.id, JobRow.status, JobRow.closed_at)
            .execution_options(synchronize_session=False)
        )
        return [row.id for row in settled if row.status is RunStatus.SUCCEEDED and row.closed_at is None]
