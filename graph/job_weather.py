"""What is known of a job's weather now: its windows, what its array is to deliver, the visits that are planned."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import Clock
from core.database.cells import StoredForecast, WeatherCells
from core.database.jobs import Jobs
from core.database.models import JobRow
from core.database.users import Viewer
from core.database.visits import ScheduledVisit, Visits
from core.errors import NotFound, ProviderUnavailable
from core.pv.production import production_forecast
from graph.cells import CellForecasts, kept_forecast
from nodes.intake.engine import complete_site
from nodes.weather.engine import weather_result
from nodes.weather.findings import Slot, judge
from nodes.weather.thresholds import DEFAULTS, WindowThresholds
from nodes.weather.windows import work_windows
from state.job import JobInput
from state.sizing import SizingResult
from state.weather import ProductionForecast, Resource, WeatherResult, Window

MOST_VISITS = 500
NO_FORECAST = "no forecast for these hours"


class JobWeather:
    def __init__(
        self,
        cells: CellForecasts,
        clock: Clock,
        thresholds: WindowThresholds = DEFAULTS,
        *,
        anybody_asked: bool = True,
    ) -> None:
        self._cells = cells
        self._anybody_asked = anybody_asked
        self._clock = clock
        self._thresholds = thresholds

    async def weather(self, session: AsyncSession, viewer: Viewer, job_id: UUID) -> WeatherResult:
        """The latest forecast of the job's cell, judged now; `NotFound` where no run has seen the weather yet."""
        job = await Jobs(session).get(job_id, viewer)
        resource = await self._resource(session, job)
        name = job.weather_cell or ""
        stored = (await WeatherCells(session).stored([name])).get(name)
        site = complete_site(JobInput.model_validate(job.input)).site
        forecast, problem = None, "nobody has asked yet"
        try:
            forecast = await self._cells.latest(site.latitude, site.longitude)
        except ProviderUnavailable as error:
            problem = error.detail
        return await asyncio.to_thread(
            weather_result,
            site,
            resource,
            forecast,
            problem,
            self._clock.now(),
            self._thresholds,
            [alert for alert in (stored.official if stored else []) if alert.end > self._clock.now()],
            [f"Official warnings are those heard last: {stored.official_problem}"]
            if stored and stored.official_problem
            else [],
        )

    async def production(self, session: AsyncSession, viewer: Viewer, job_id: UUID) -> ProductionForecast:
        """Of the array of the latest result; `NotFound` where it has none, or nobody is asked for forecasts."""
        job = await Jobs(session).get(job_id, viewer)
        latest = await Jobs(session).latest_result(job_id)
        document = latest.document.get("sizing") if latest else None
        sized = SizingResult.from_json(document) if document else None
        if sized is None or sized.array is None or sized.inverter is None:
            raise NotFound("This job has no sized array.")
        given = complete_site(JobInput.model_validate(job.input))
        try:
            forecast = await self._cells.latest(given.site.latitude, given.site.longitude)
        except ProviderUnavailable:
            if self._anybody_asked:
                raise
            raise NotFound("There is no forecast: no provider is configured.") from None
        return await asyncio.to_thread(
            production_forecast,
            forecast,
            given.site,
            sized.array,
            sized.inverter,
            given.array,
            self._clock.now(),
        )

    async def visits(
        self,
        session: AsyncSession,
        viewer: Viewer,
        begin: datetime,
        end: datetime,
        technician_id: UUID | None,
    ) -> list[tuple[ScheduledVisit, list[Window]]]:
        """Planned visits, each with the windows that it lies in; one that is past has none."""
        found = await Visits(session).between(viewer, begin, end, technician_id, limit=MOST_VISITS)
        cells = await WeatherCells(session).stored(list({visit.cell for visit in found if visit.cell}))
        return await asyncio.to_thread(_windows, found, cells, self._clock.now(), self._thresholds)

    async def _resource(self, session: AsyncSession, job: JobRow) -> Resource:
        known: Any = job.weather
        if known is None:
            latest = await Jobs(session).latest_result(job.id)
            known = latest.document.get("weather") if latest else None
        if known is None:
            raise NotFound("No run of this job has looked at the weather yet.")
        return Resource.model_validate(known["resource"])


def _windows(
    visits: Sequence[ScheduledVisit],
    cells: dict[str, StoredForecast],
    now: datetime,
    thresholds: WindowThresholds,
) -> list[tuple[ScheduledVisit, list[Window]]]:
    judged = {name: _judged(stored, now, thresholds) for name, stored in cells.items()}
    answers = []
    for visit in visits:
        cell = visit.cell or ""
        official = cells[cell].official if cell in cells else []
        site = complete_site(JobInput.model_validate(visit.input)).site
        slots, missing = judged.get(cell, ([], NO_FORECAST))
        windows = work_windows(slots, site, now, thresholds, missing=missing, official=official)
        answers.append((visit, [w for w in windows if w.start < visit.end and visit.start < w.end]))
    return answers


def _judged(stored: StoredForecast, now: datetime, thresholds: WindowThresholds) -> tuple[list[Slot], str]:
    """The slots of a cell, and why there are none of other hours."""
    try:
        return judge(kept_forecast(stored, now), thresholds), NO_FORECAST
    except ProviderUnavailable as error:
        return [], error.detail
