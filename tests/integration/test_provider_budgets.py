"""Budgets that many processes share, counted in a real Redis-protocol server."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from redis.asyncio import Redis

from core.clients.budget import Budget, Refusal
from core.clients.forecasts import Forecasts
from core.clients.gate import Gate, NotAsked
from core.clients.http import Patience
from core.clients.limits import Limits
from core.clients.open_meteo import OpenMeteoClient
from core.clock import FixedClock
from core.embedded import EmbeddedServers
from core.errors import ProviderUnavailable, StorageUnavailable
from core.redis import create_redis
from state.weather import Forecast
from tests.support import provider_bodies as bodies
from tests.support.fakes import FineWeather
from tests.support.provider_bodies import NAIROBI, NOW
from tests.support.provider_server import Reply, provider_server

NOON = datetime(2026, 6, 1, 12, 0, 30, tzinfo=UTC)
TIGHT = {"open_meteo": Limits(minute=30, hour=50, day=100)}


async def test_processes_that_rush_together_pass_the_limit_by_nothing(
    empty_redis: Redis, embedded_servers: EmbeddedServers
) -> None:
    others = [create_redis(embedded_servers.redis_url) for _ in range(3)]
    budgets = [Budget(client, TIGHT) for client in (empty_redis, *others)]
    refusals = await asyncio.gather(
        *(budgets[number % 4].spend("open_meteo", 1.0, NOON) for number in range(80))
    )
    assert refusals.count(None) == 30
    assert set(refusals) == {None, Refusal("our budget of 30 calls a minute is used up", again_in=30.0)}
    usage = await budgets[1].usage("open_meteo", NOON)
    assert {window: (each.used, each.limit) for window, each in usage.items()} == {
        "minute": (30.0, 30), "hour": (30.0, 50), "day": (30.0, 100),
    }  # fmt: skip
    for client in others:
        await client.aclose()


async def test_each_window_begins_anew_and_the_longer_ones_still_count(empty_redis: Redis) -> None:
    budget = Budget(empty_redis, TIGHT)
    minutes = [NOON + timedelta(minutes=minute) for minute in range(3)]
    spent = [[await budget.spend("open_meteo", 10.0, minute) for _ in range(3)] for minute in minutes]
    assert [refusals.count(None) for refusals in spent] == [3, 2, 0]
    assert "50 calls an hour" in str(spent[2][0])
    assert await budget.spend("open_meteo", 10.0, NOON + timedelta(hours=1)) is None


async def test_what_is_refused_is_not_counted_and_a_weight_that_fits_still_goes(empty_redis: Redis) -> None:
    budget = Budget(empty_redis, TIGHT)
    assert await budget.spend("open_meteo", 29.5, NOON) is None
    assert await budget.spend("open_meteo", 1.0, NOON) is not None
    assert await budget.spend("open_meteo", 0.5, NOON) is None


async def test_a_limit_of_nothing_is_no_limit(empty_redis: Redis) -> None:
    budget = Budget(empty_redis, {"pvgis": Limits()})
    assert await budget.spend("pvgis", 10_000.0, NOON) is None


@pytest.mark.parametrize(
    ("reply", "left"),
    [
        (Reply({"error": True, "reason": "Daily API request limit exceeded. Please try again tomorrow."}, 429),
         (NOW.replace(hour=0, minute=0) + timedelta(days=1) - NOW).total_seconds()),
        (Reply({"error": True, "reason": "Minutely API request limit exceeded. Please try again in one minute."},
               429), 60.0),
        (Reply({"message": "slow down"}, 429, headers={"Retry-After": "120"}), 120.0),
        (Reply({"message": "slow down"}, 429), 60.0),
    ],
)  # fmt: skip
async def test_a_limit_that_the_provider_names_keeps_every_process_from_asking(
    empty_redis: Redis, reply: Reply, left: float
) -> None:
    async with provider_server() as server, httpx.AsyncClient() as http:
        server.answers(reply)
        clock = FixedClock(NOW)

        def client() -> OpenMeteoClient:
            gate = Gate("open_meteo", budget=Budget(empty_redis), clock=clock)
            return OpenMeteoClient(server.url, None, http, clock=clock, gate=gate, patience=Patience())

        with pytest.raises(ProviderUnavailable, match="HTTP 429"):
            await client().forecast(*NAIROBI)
        assert await Budget(empty_redis).paused("open_meteo") == pytest.approx(left, abs=5)
        with pytest.raises(NotAsked, match="asked us to wait"):
            await client().forecast(*NAIROBI)
        assert len(server.asked) == 1


async def test_every_attempt_is_counted_a_failed_one_too(empty_redis: Redis) -> None:
    async with provider_server() as server, httpx.AsyncClient() as http:
        server.answers(Reply("", 503), Reply(bodies.open_meteo()))
        clock, budget = FixedClock(NOW), Budget(empty_redis)
        gate = Gate("open_meteo", budget=budget, clock=clock)
        quick = Patience(first_wait_seconds=0.001, longest_wait_seconds=0.002)
        client = OpenMeteoClient(server.url, None, http, clock=clock, gate=gate, patience=quick)
        await client.forecast(*NAIROBI)
        assert (await budget.usage("open_meteo", NOW))["day"].used == 2.0


async def test_a_redis_that_is_gone_is_a_passing_failure_of_storage_and_nobody_is_asked() -> None:
    redis = create_redis("redis://127.0.0.1:9/0")
    async with provider_server() as server, httpx.AsyncClient() as http:
        gate = Gate("open_meteo", budget=Budget(redis), clock=FixedClock(NOW))
        client = OpenMeteoClient(server.url, None, http, clock=FixedClock(NOW), gate=gate)
        with pytest.raises(StorageUnavailable):
            await client.forecast(*NAIROBI)
        assert server.asked == []
    await redis.aclose()


async def test_a_look_waits_for_the_next_minute_of_a_provider_that_is_well_and_a_run_does_not(
    empty_redis: Redis,
) -> None:
    clock = FixedClock(NOW)
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)
        clock.move_to(clock.now() + timedelta(seconds=seconds))

    async with provider_server() as server, httpx.AsyncClient() as http:
        gate = Gate("open_meteo", budget=Budget(empty_redis, {"open_meteo": Limits(minute=2)}), clock=clock)
        client = OpenMeteoClient(server.url, None, http, clock=clock, gate=gate)
        other = FineWeather(clock)
        forecasts = Forecasts([("open_meteo", client), ("other", other)], sleep=sleep)
        two = [NAIROBI, (NAIROBI[0] + 1.0, NAIROBI[1])]
        server.script = lambda _: Reply(
            [bodies.open_meteo(place, location_id=number) for number, place in enumerate(two)]
        )
        first, second = await forecasts.forecasts(two), await forecasts.forecasts(two)
        assert {each.source for each in (*first, *second) if isinstance(each, Forecast)} == {"open_meteo"}
        assert waited == [60.5 - NOW.timestamp() % 60]
        assert (await forecasts.forecast(*NAIROBI)).source == "fine weather"
        assert len(waited) == 1
