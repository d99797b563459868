"""The forecasts of cells: fetched once for all jobs there, whoever comes first."""

import asyncio
from bisect import bisect_left
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from operator import attrgetter

from sqlalchemy.ext.asyncio import AsyncEngine

from core.checkpoint import run_id_in_hand
from core.climate.cells import weather_cell
from core.clock import Clock
from core.database.cells import Cell, Fetched, StoredForecast, WeatherCells, packed
from core.database.session import open_session, without_transactions
from core.errors import ProviderUnavailable, StorageUnavailable
from core.ports import ForecastBatches
from state.weather import Forecast

LOOK_AGAIN_SECONDS = 0.3
PATIENCE_SECONDS = 30.0
"""For somebody else who is fetching the cell."""
OLDEST = timedelta(hours=24)
"""Beyond this a forecast plans no visit any more."""
BEHIND = timedelta(hours=24)
"""Hours that have passed and still count: the longest that a setting lets a roof dry."""
AHEAD = timedelta(days=7)


class CellForecasts:
    """`core.ports.ForecastProvider` over the cells: a run shares the forecast of the jobs around it."""

    def __init__(
        self, engine: AsyncEngine, forecasts: ForecastBatches, clock: Clock, *, life: timedelta
    ) -> None:
        self._engine = engine
        self._reading = without_transactions(engine)
        self._forecasts = forecasts
        self._clock = clock
        self._life = life

    async def forecast(self, latitude: float, longitude: float) -> Forecast:
        """The cell's forecast, fetched where it is due; raises `ProviderUnavailable` where none can be had."""
        name, run_id = weather_cell(latitude, longitude), run_id_in_hand()
        for _ in range(round(PATIENCE_SECONDS / LOOK_AGAIN_SECONDS)):
            now = self._clock.now()
            stored = await self._stored(name)
            if stored is None or stored.due_at <= now or (run_id and stored.held_by == run_id):
                async with open_session(self._engine) as session:
                    cell = await WeatherCells(session).claim_one(
                        name, latitude, longitude, now, run_id=run_id
                    )
                if cell is not None:
                    return await self._fetch(cell, stored, now)
            elif stored.forecast is not None or stored.problem is not None:
                return kept_forecast(stored, now)
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
        raise ProviderUnavailable("forecast", "somebody else asks for this place, and has no answer yet")

    async def latest(self, latitude: float, longitude: float) -> Forecast:
        """For somebody who waits: what is stored, fetched only where nothing is."""
        stored = await self._stored(weather_cell(latitude, longitude))
        if stored is None or stored.forecast is None:
            return await self.forecast(latitude, longitude)
        return kept_forecast(stored, self._clock.now())

    async def _fetch(self, cell: Cell, before: StoredForecast | None, claimed_at: datetime) -> Forecast:
        try:
            forecast = await self._forecasts.forecast(cell.latitude, cell.longitude)
        except ProviderUnavailable as error:
            await self._keep(Fetched(cell, None, error.detail))
            if before is None:
                raise
            return kept_forecast(replace(before, problem=error.detail), self._clock.now())
        except BaseException:
            await give_back(self._engine, [cell], claimed_at, self._clock)
            raise
        await self._keep(Fetched(cell, await asyncio.to_thread(packed, forecast)))
        return coming(forecast, self._clock.now())

    async def _keep(self, fetched: Fetched) -> None:
        """The other jobs of the cell are compared with it at the next look at all of them."""
        async with open_session(self._engine) as session:
            await WeatherCells(session).store([fetched], self._clock.now(), self._life, judged=False)

    async def _stored(self, name: str) -> StoredForecast | None:
        async with open_session(self._reading) as session:
            return (await WeatherCells(session).stored([name])).get(name)


def coming(forecast: Forecast, now: datetime) -> Forecast:
    """The week from now on, and the day before it; looks and runs judge the same hours, so none sees more alerts."""
    first = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    begin, end = (
        bisect_left(forecast.hourly, at, key=attrgetter("start")) for at in (first - BEHIND, first + AHEAD)
    )
    return forecast.model_copy(update={"hourly": forecast.hourly[begin:end]})


def kept_forecast(stored: StoredForecast, now: datetime) -> Forecast:
    """What there is while nothing newer can be had, marked where somebody tried.

    Raises `ProviderUnavailable` where there is none, or it is too old to plan a visit by.
    """
    forecast, fetched_at = stored.forecast, stored.fetched_at
    if forecast is None or fetched_at is None or now - fetched_at > OLDEST:
        name, _, reason = (stored.problem or "forecast: too old").partition(": ")
        raise ProviderUnavailable(name, reason)
    forecast = coming(forecast, now)
    if stored.problem is None:
        return forecast
    said = f"{stored.problem}; the forecast is of {fetched_at:%Y-%m-%d %H:%M} UTC"
    return forecast.model_copy(update={"fallback": True, "warnings": [said, *forecast.warnings]})


async def give_back(engine: AsyncEngine, cells: Sequence[Cell], claimed_at: datetime, clock: Clock) -> None:
    """Cells of a fetch that was stopped: others may wait for them. With PostgreSQL away the claim ends by itself."""
    with suppress(StorageUnavailable):
        async with open_session(engine) as session:
            await WeatherCells(session).give_back([cell.name for cell in cells], claimed_at, clock.now())


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard of a cell: how it is to be kept, and what its jobs are compared with."""

    fetched: Fetched
    forecast: Forecast | None


async def fetch_cells(cells: Sequence[Cell], forecasts: ForecastBatches) -> list[Heard]:
    """Ask for a batch of cells; each for itself has a forecast, or a reason why not."""
    answers = await forecasts.forecasts([(cell.latitude, cell.longitude) for cell in cells])
    return await asyncio.to_thread(lambda: list(map(_heard, cells, answers)))


def _heard(cell: Cell, answer: Forecast | ProviderUnavailable) -> Heard:
    if isinstance(answer, Forecast):
        return Heard(Fetched(cell, packed(answer)), answer)
    return Heard(Fetched(cell, None, answer.detail), None)
