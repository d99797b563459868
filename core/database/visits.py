"""Planned visits as the schedule shows them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.database.jobs import visible
from core.database.models import JobPriority, JobRow, TechnicianRow
from core.database.users import Viewer


@dataclass(frozen=True, slots=True)
class ScheduledVisit:
    job_id: UUID
    priority: JobPriority | None
    input: dict[str, Any]
    cell: str | None
    technician_id: UUID
    technician: str
    start: datetime
    end: datetime


class Visits:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def between(
        self, viewer: Viewer, begin: datetime, end: datetime, technician_id: UUID | None, *, limit: int
    ) -> list[ScheduledVisit]:
        """Visits of open jobs one may see that touch this stretch of time, in their order."""
        query = (
            select(JobRow, TechnicianRow.name)
            .join(TechnicianRow, TechnicianRow.id == JobRow.technician_id)
            .where(JobRow.closed_at.is_(None), JobRow.visit_start < end, JobRow.visit_end > begin)
            .order_by(JobRow.visit_start, JobRow.id)
            .limit(limit)
        )
        if technician_id is not None:
            query = query.where(JobRow.technician_id == technician_id)
        return [
            ScheduledVisit(
                job.id, job.priority, job.input, job.weather_cell, job.technician_id, name, job.visit_start,
                job.visit_end,
            )
            for job, name in await self._session.execute(visible(query, viewer))
            if job.technician_id and job.visit_start and job.visit_end
        ]  # fmt: skip
