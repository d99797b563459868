"""A provider of weather on this machine, a client to ask it, and a Redis to count in."""

from collections.abc import AsyncIterator

import httpx
import pytest
from redis.asyncio import Redis

from tests.support.provider_server import ProviderServer, provider_server


@pytest.fixture
async def server() -> AsyncIterator[ProviderServer]:
    async with provider_server() as server:
        yield server


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=5) as http:
        yield http


@pytest.fixture
async def empty_redis(redis: Redis) -> Redis:
    """This process's Valkey, with nothing in it."""
    await redis.flushall()
    return redis
