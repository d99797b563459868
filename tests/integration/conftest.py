"""A provider of weather on this machine, a client to ask it, a Redis to count in, and what looks and runs need."""

from collections.abc import AsyncIterator

import httpx
import pytest
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from core.clock import FixedClock
from core.database.models import Role
from core.database.session import AsyncSessionLocal
from tests.support.cells import NOW, Batches
from tests.support.execution_bench import Bench
from tests.support.fakes import FineWeather
from tests.support.people import add_viewer
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


@pytest.fixture
async def bench(engine: AsyncEngine, redis: Redis) -> Bench:
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        viewer = await add_viewer(session, "tess", Role.TECHNICIAN)
    return Bench(engine, redis, viewer)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def batches(clock: FixedClock) -> Batches:
    return Batches(FineWeather(clock))
