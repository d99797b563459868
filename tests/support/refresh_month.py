"""Weeks of refreshes on a clock of their own, against a provider that fails and a budget that is counted in Redis."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from redis.asyncio import Redis
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from core.clients.budget import Budget
from core.clients.limits import Limits
from core.clock import FixedClock
from core.database.session import AsyncSessionLocal
from core.database.weather_tables import WeatherCellRow
from core.errors import ProviderUnavailable
from graph.refresh import RefreshPlan, run_weather_update
from state.weather import Forecast
from tests.support.cells import Batches, Place
from tests.support.fakes import FineWeather

EVERY = timedelta(minutes=30)
ATTEMPTS = 3


class FailingProvider(Batches):
    """One call in ten fails and is made again, up to three times; each weighs its places."""

    def __init__(self, clock: FixedClock, budget: Budget, seed: int) -> None:
        super().__init__(FineWeather(clock))
        self._clock = clock
        self._budget = budget
        self._random = random.Random(seed)
        self.calls: dict[datetime, float] = {}
        self.failed = self.refused = 0

    async def forecasts(self, places: Sequence[Place]) -> list[Forecast | ProviderUnavailable]:
        now = self._clock.now()
        for _ in range(ATTEMPTS):
            refusal = await self._budget.spend("open_meteo", float(len(places)), now)
            if refusal is not None:
                self.refused += 1
                return [ProviderUnavailable("open_meteo", refusal.reason)] * len(places)
            day = now.replace(hour=0, minute=0)
            self.calls[day] = self.calls.get(day, 0.0) + len(places)
            self.requests += 1
            if self._random.random() >= 0.1:
                return [Forecast(source="open_meteo", issued_at=now, hourly=[]) for _ in places]
            self.failed += 1
        return [ProviderUnavailable("open_meteo", "HTTP 503")] * len(places)


@dataclass(slots=True)
class Month:
    """What came of it. `ages` are those of every cell's forecast at every slot, the first hours left out. [h]"""

    provider: FailingProvider
    ages: list[float] = field(default_factory=list)
    never: int = 0

    def age(self, share: float) -> float:
        return sorted(self.ages)[round(share * (len(self.ages) - 1))]


async def simulated(
    engine: AsyncEngine, redis: Redis, *, began: datetime, days: int, calls_per_day: int, seed: int = 1
) -> Month:
    """Refresh every half hour for so many days; the jobs are stored beforehand."""
    clock = FixedClock(began)
    budget = Budget(redis, {"open_meteo": Limits(0, 0, calls_per_day)})
    provider = FailingProvider(clock, budget, seed)
    month = Month(provider)
    plan = RefreshPlan(life=timedelta(hours=3), calls_per_day=calls_per_day)
    for slot in range(int(timedelta(days=days) / EVERY)):
        clock.move_to(began + slot * EVERY)
        await run_weather_update(engine, provider, clock, plan)
        if slot * EVERY >= timedelta(days=1):
            async with AsyncSessionLocal(bind=engine) as session:
                fetched = list(await session.scalars(select(WeatherCellRow.fetched_at)))
            month.ages += [(clock.now() - at) / timedelta(hours=1) for at in fetched if at is not None]
            month.never += fetched.count(None)
    return month
