"""Requests counted ahead: fewer questions to Redis, and never a request too many."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from redis.asyncio import Redis

from core.embedded import EmbeddedServers
from core.ids import new_id
from core.rate_limits import AHEAD, SHARE, RateLimits
from core.redis import create_redis

NOW = datetime(2026, 3, 2, 8, 0, 30, tzinfo=UTC)
LIMIT = SHARE * AHEAD


@pytest.fixture
async def redis(embedded_servers: EmbeddedServers) -> AsyncIterator[Redis]:
    client = create_redis(embedded_servers.redis_url)
    yield client
    await client.aclose()


@pytest.fixture
def who() -> str:
    return f"user {new_id()}"


async def _asked(limits: RateLimits, who: str, limit: int, now: datetime = NOW) -> tuple[int, bool]:
    counted = await limits.count([(who, limit)], now)
    assert counted is not None
    return counted[0].used, counted[0].exceeded


async def test_every_request_is_told_its_own_number_and_redis_is_asked_for_each_tenth(
    redis: Redis, who: str
) -> None:
    limits = RateLimits(redis)
    numbers = [(await _asked(limits, who, LIMIT))[0] for _ in range(2 * AHEAD)]
    before = await _counts(redis)
    numbers += [(await _asked(limits, who, LIMIT))[0] for _ in range(3 * AHEAD)]
    assert numbers == list(range(1, 5 * AHEAD + 1))
    assert await _counts(redis) - before == 3


async def test_many_processes_that_see_little_of_somebody_count_little_ahead(redis: Redis, who: str) -> None:
    processes = [RateLimits(redis) for _ in range(50)]
    first = [(await _asked(each, who, LIMIT))[0] for each in processes]
    assert first == list(range(1, 51))
    again = [(await _asked(each, who, LIMIT))[0] for each in processes]
    assert again == list(range(51, 101))


async def _counts(redis: Redis) -> int:
    calls: int = (await redis.info("commandstats"))["cmdstat_incrby"]["calls"]
    return calls


async def test_the_last_allowed_request_is_the_one_of_the_limit(redis: Redis, who: str) -> None:
    limits = RateLimits(redis)
    exceeded = [(await _asked(limits, who, LIMIT))[1] for _ in range(LIMIT + 2)]
    assert exceeded == [False] * LIMIT + [True] * 2


async def test_a_small_limit_is_counted_one_by_one_over_all_processes(redis: Redis, who: str) -> None:
    here, there = RateLimits(redis), RateLimits(redis)
    numbers = [(await _asked(each, who, 3))[0] for each in (here, there, here, there)]
    assert numbers == [1, 2, 3, 4]


async def test_several_processes_never_let_more_through_than_the_limit(redis: Redis, who: str) -> None:
    async def ask() -> list[bool]:
        process = RateLimits(redis)
        return [(await _asked(process, who, LIMIT))[1] for _ in range(LIMIT // 2)]

    answers = await asyncio.gather(*(ask() for _ in range(4)))
    allowed = sum(not exceeded for process in answers for exceeded in process)
    assert LIMIT - 4 * AHEAD <= allowed <= LIMIT


async def test_a_new_minute_weighs_the_one_before(redis: Redis, who: str) -> None:
    limits, had = RateLimits(redis), 16  # counted 1, 1, 2, 4 and 8 at a time: none too many
    for _ in range(had):
        await _asked(limits, who, LIMIT)
    assert (await _asked(limits, who, LIMIT, NOW + timedelta(seconds=30)))[0] == had + 1
    assert (await _asked(limits, who, LIMIT, NOW + timedelta(seconds=60)))[0] == 2 + had // 2
