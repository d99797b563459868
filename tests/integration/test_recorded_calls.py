"""What a provider has answered in a run is not asked for again, however the run goes on."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial

import httpx
import pytest
from redis.asyncio import Redis

from core.checkpoint import RecordedCalls, RedisSaver, run_in_hand
from core.checkpoint.keys import answers_key, thread_key
from core.clients.open_meteo import OpenMeteoClient
from core.errors import ProviderUnavailable, StaleAttempt
from core.ids import new_id
from state.weather import Forecast
from tests.support.cluster import SlowWeather, slow_weather

HERE, THERE = (-1.29, 36.82), (52.5, 13.4)


@pytest.fixture
async def provider() -> AsyncIterator[tuple[SlowWeather, OpenMeteoClient]]:
    with slow_weather() as (weather, url):
        async with httpx.AsyncClient() as http:
            yield weather, OpenMeteoClient(url, None, http)


class RecordedForecasts:
    """A forecast provider as an external call: any would do."""

    def __init__(self, provider: OpenMeteoClient, calls: RecordedCalls) -> None:
        self._provider = provider
        self._calls = calls

    async def forecast(self, latitude: float, longitude: float) -> Forecast:
        ask = partial(self._provider.forecast, latitude, longitude)
        return await self._calls.once("forecast", {"at": [latitude, longitude]}, Forecast, ask)


class Worker:
    """A process of its own: it shares with others what is in Redis, and nothing else."""

    def __init__(self, redis: Redis, provider: OpenMeteoClient) -> None:
        self.saver = RedisSaver(redis, ttl_seconds=600, fenced=True)
        self.forecasts = RecordedForecasts(provider, RecordedCalls(redis, ttl_seconds=600))


async def test_a_run_that_another_worker_goes_on_with_pays_for_a_call_once(
    redis: Redis, provider: tuple[SlowWeather, OpenMeteoClient]
) -> None:
    weather, client = provider
    thread, run = str(new_id()), str(new_id())
    first, second = Worker(redis, client), Worker(redis, client)
    await first.saver.claim(thread, 1)
    with run_in_hand(thread, run, 1):
        answer = await first.forecasts.forecast(*HERE)
    await second.saver.claim(thread, 2)
    with run_in_hand(thread, run, 2):
        assert await second.forecasts.forecast(*HERE) == answer
        assert sum(weather.asked.values()) == 1
        await second.forecasts.forecast(*THERE)
    assert sum(weather.asked.values()) == 2


async def test_each_run_asks_for_itself_and_so_does_who_is_in_none(
    redis: Redis, provider: tuple[SlowWeather, OpenMeteoClient]
) -> None:
    weather, client = provider
    thread, worker = str(new_id()), Worker(redis, client)
    await worker.saver.claim(thread, 1)
    for _ in range(2):
        with run_in_hand(thread, str(new_id()), 1):
            await worker.forecasts.forecast(*HERE)
    await worker.forecasts.forecast(*HERE)
    assert sum(weather.asked.values()) == 3


async def test_a_worker_that_lost_its_run_records_nothing(
    redis: Redis, provider: tuple[SlowWeather, OpenMeteoClient]
) -> None:
    _, client = provider
    thread, run, zombie = str(new_id()), str(new_id()), Worker(redis, client)
    await zombie.saver.claim(thread, 2)
    with run_in_hand(thread, run, 1), pytest.raises(StaleAttempt):
        await zombie.forecasts.forecast(*HERE)
    assert not await redis.exists(answers_key(thread))


async def test_an_answer_that_did_not_come_is_asked_for_again(redis: Redis) -> None:
    thread, run = str(new_id()), str(new_id())
    with slow_weather() as (weather, url):
        async with httpx.AsyncClient() as http:
            down, up = (
                Worker(redis, OpenMeteoClient(each, None, http)) for each in ("http://127.0.0.1:1", url)
            )
            await down.saver.claim(thread, 1)
            with run_in_hand(thread, run, 1):
                with pytest.raises(ProviderUnavailable):
                    await down.forecasts.forecast(*HERE)
                await up.forecasts.forecast(*HERE)
    assert sum(weather.asked.values()) == 1


async def test_a_flush_between_answer_and_record_costs_no_second_call_in_the_same_hands(
    redis: Redis, provider: tuple[SlowWeather, OpenMeteoClient]
) -> None:
    weather, client = provider
    weather.seconds = 0.3
    thread, run, worker = str(new_id()), str(new_id()), Worker(redis, client)
    await worker.saver.claim(thread, 1)
    with run_in_hand(thread, run, 1):
        asking = asyncio.create_task(worker.forecasts.forecast(*HERE))
        while not weather.asked:  # noqa: ASYNC110  a request has no event
            await asyncio.sleep(0.01)
        await redis.flushall()
        with pytest.raises(StaleAttempt):  # upon which the run is claimed and started over
            await asking
        await worker.saver.claim(thread, 1)
        await worker.forecasts.forecast(*HERE)
    assert sum(weather.asked.values()) == 1


async def test_answers_expire_with_their_thread(
    redis: Redis, provider: tuple[SlowWeather, OpenMeteoClient]
) -> None:
    _, client = provider
    thread, worker = str(new_id()), Worker(redis, client)
    await worker.saver.claim(thread, 1)
    with run_in_hand(thread, str(new_id()), 1):
        await worker.forecasts.forecast(*HERE)
    kept = [await redis.pttl(key) for key in (thread_key(thread), answers_key(thread))]
    assert all(0 < left <= 600_000 for left in kept)


async def test_a_damaged_record_is_asked_for_again(
    redis: Redis, provider: tuple[SlowWeather, OpenMeteoClient]
) -> None:
    weather, client = provider
    thread, run = str(new_id()), str(new_id())
    first, second = Worker(redis, client), Worker(redis, client)
    await first.saver.claim(thread, 1)
    with run_in_hand(thread, run, 1):
        await first.forecasts.forecast(*HERE)
    for name in await redis.hkeys(answers_key(thread)):
        await redis.hset(answers_key(thread), name, b"0{}")
    with run_in_hand(thread, run, 1):
        await second.forecasts.forecast(*HERE)
    assert sum(weather.asked.values()) == 2
