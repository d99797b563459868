"""The short form of `make bench ONLY=refresh`: requests for many jobs, and days inside a provider's allowance."""

from datetime import UTC, datetime, timedelta

from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from core.clock import FixedClock
from graph.refresh import RefreshPlan, run_weather_update
from state.weather import Forecast
from tests.support.cells import Batches, jobs_at
from tests.support.refresh_month import simulated

BEGAN = datetime(2026, 6, 1, tzinfo=UTC)


class Still:
    """Nothing to judge: what counts here is how often it is asked."""

    async def forecast(self, latitude: float, longitude: float) -> Forecast:
        del latitude, longitude
        return Forecast(source="still", issued_at=BEGAN, hourly=[])


async def test_a_thousand_jobs_in_420_cells_take_five_requests_and_then_none(engine: AsyncEngine) -> None:
    places = [(-10.0 + (number % 420) / 5, 30.0) for number in range(1000)]
    await jobs_at(engine, *places)
    clock = FixedClock(BEGAN)
    batches = Batches(Still())
    counts = await run_weather_update(engine, batches, clock, RefreshPlan(life=timedelta(hours=3)))
    assert (counts["fetched"], counts["jobs"], batches.requests) == (420, 1000, 5)
    clock.move_to(BEGAN + timedelta(minutes=30))
    await run_weather_update(engine, batches, clock, RefreshPlan(life=timedelta(hours=3)))
    assert batches.requests == 5


async def test_days_of_refreshes_stay_inside_the_budget_and_starve_no_cell(
    engine: AsyncEngine, empty_redis: Redis
) -> None:
    budget = 350  # to keep all forecasts under three hours would take 400
    await jobs_at(engine, *((-10.0 + number / 5, 30.0) for number in range(50)))
    days = await simulated(engine, empty_redis, began=BEGAN, days=2, calls_per_day=budget)
    assert days.provider.failed > 0
    assert max(days.provider.calls.values()) <= budget
    assert days.never == 0
    assert days.age(0.95) <= 6.0
