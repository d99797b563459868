"""Providers that are asked about many places at once, and jobs for them."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from core.database.models import JobKind, JobRow, Role, RunKind, RunRow, RunStatus
from core.database.session import AsyncSessionLocal
from core.database.users import Users
from core.errors import ProviderUnavailable
from core.ports import ForecastProvider
from graph.refresh import RefreshPlan
from state.weather import Forecast
from tests.support.fakes import NoWeather
from tests.support.inputs import sizing_input

Place = tuple[float, float]

NOW = datetime(2026, 6, 2, 6, tzinfo=UTC)
PLAN = RefreshPlan(life=timedelta(hours=3))


class Batches:
    """`core.ports.ForecastBatches` over a provider of single forecasts; keeps what it was asked."""

    def __init__(
        self, weather: ForecastProvider, *, fails: Callable[[Place], bool] = lambda _: False
    ) -> None:
        self.weather = weather
        self.fails = fails
        self.requests = 0
        self.asked: Counter[Place] = Counter()

    async def forecast(self, latitude: float, longitude: float) -> Forecast:
        answer = (await self.forecasts([(latitude, longitude)]))[0]
        if isinstance(answer, ProviderUnavailable):
            raise answer
        return answer

    async def forecasts(self, places: Sequence[Place]) -> list[Forecast | ProviderUnavailable]:
        self.requests += 1
        self.asked.update(places)
        await asyncio.sleep(0)
        return [await self._one(place) for place in places]

    async def _one(self, place: Place) -> Forecast | ProviderUnavailable:
        if self.fails(place):
            return ProviderUnavailable("made_up", "no such place")
        try:
            return await self.weather.forecast(*place)
        except ProviderUnavailable as error:
            return error


class Silent(Batches):
    """A provider that does not answer; `heard` says that somebody has asked it."""

    def __init__(self) -> None:
        super().__init__(NoWeather())
        self.heard = asyncio.Event()

    async def forecasts(self, places: Sequence[Place]) -> list[Forecast | ProviderUnavailable]:
        self.heard.set()
        await asyncio.Event().wait()
        return await super().forecasts(places)


async def jobs_at(
    engine: AsyncEngine, *places: Place, status: RunStatus = RunStatus.SUCCEEDED, user: str = "tess"
) -> list[UUID]:
    """A job at each place, as a run has left it."""
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        added = await Users(session).add(user, "-", Role.TECHNICIAN)
        rows = [
            JobRow(
                kind=JobKind.SIZING,
                status=status,
                created_by=added.id,
                input=sizing_input(site={"latitude": latitude, "longitude": longitude}),
            )
            for latitude, longitude in places
        ]
        session.add_all(rows)
        await session.flush()
        return [row.id for row in rows]


async def refreshing(engine: AsyncEngine) -> list[UUID]:
    """The jobs that a look gave a run."""
    async with AsyncSessionLocal(bind=engine) as session:
        return list(await session.scalars(select(RunRow.job_id).where(RunRow.kind == RunKind.REFRESH)))
