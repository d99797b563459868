"""What a look at the weather of all active jobs reads of them, and the account it leaves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from core.database.cells import ACTIVE
from core.database.models import JobRow, RunStatus
from core.database.weather_tables import WeatherRefreshRow
from state.weather import Window

# The newest weather a job's plan was compared with: that of its latest run, which its row or its result holds.
_WINDOWS = text(
    """
    SELECT jobs.id, coalesce(jobs.weather -> 'windows', results.document #> '{weather,windows}') AS windows
    FROM jobs LEFT JOIN results ON results.job_id = jobs.id AND results.version = jobs.result_version
    WHERE jobs.id = ANY(CAST(:jobs AS uuid[]))
    """
)


@dataclass(frozen=True, slots=True)
class ActiveJob:
    id: UUID
    cell: str
    status: RunStatus
    visit_start: datetime | None
    visit_end: datetime | None
    wants_visit: bool = False
    """One could not be planned yet."""


class Refreshes:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def jobs_in(self, cells: Sequence[str]) -> list[ActiveJob]:
        """Active jobs of the cells, their rows locked; those with a run in progress look for themselves."""
        query = (
            select(
                JobRow.id,
                JobRow.weather_cell,
                JobRow.status,
                JobRow.visit_start,
                JobRow.visit_end,
                JobRow.wants_visit,
            )
            .where(
                JobRow.weather_cell.in_(cells),
                text(ACTIVE),
            )
            .order_by(JobRow.id)
            .with_for_update(key_share=True)
        )
        return [
            ActiveJob(row.id, row.weather_cell, row.status, row.visit_start, row.visit_end, row.wants_visit)
            for row in await self._session.execute(query)
        ]

    async def known_windows(self, jobs: Sequence[UUID]) -> dict[UUID, list[Window]]:
        """The windows that each job's plan was last compared with; none where it never was."""
        rows = await self._session.execute(_WINDOWS, {"jobs": [str(job) for job in jobs]})
        return {row.id: [Window.model_validate(each) for each in row.windows or []] for row in rows}

    async def begin(self, now: datetime) -> UUID:
        row = WeatherRefreshRow(started_at=now)
        self._session.add(row)
        await self._session.flush()
        return row.id

    async def finish(self, refresh_id: UUID, now: datetime, counts: Mapping[str, int]) -> None:
        row = await self._session.get_one(WeatherRefreshRow, refresh_id)
        row.finished_at, row.counts = now, dict(counts)

    async def latest(self) -> WeatherRefreshRow | None:
        """The refresh that was started last, finished or not."""
        return await self._session.scalar(
            select(WeatherRefreshRow).order_by(WeatherRefreshRow.started_at.desc()).limit(1)
        )
