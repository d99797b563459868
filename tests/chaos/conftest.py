"""Faults on real processes. `CHAOS=1` is the full number of repetitions, less is that share of it."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from redis.asyncio import Redis

from core.embedded import EmbeddedServers
from core.redis import create_redis
from tests.support.cluster import Cluster, cluster

SHARE = float(os.environ.get("CHAOS", "1"))

OpenCluster = Callable[..., AbstractAsyncContextManager[Cluster]]
Say = Callable[[object], None]


def times(full: int) -> int:
    """How often to repeat what is done `full` times in all."""
    return max(1, round(full * SHARE))


@pytest.fixture
def open_cluster(database_url: str, embedded_servers: EmbeddedServers, tmp_path: Path) -> OpenCluster:
    def opened(**parts: int) -> AbstractAsyncContextManager[Cluster]:
        return cluster(database_url, embedded_servers.redis_url, tmp_path, **parts)

    return opened


@pytest.fixture
async def redis(embedded_servers: EmbeddedServers) -> AsyncIterator[Redis]:
    client = create_redis(embedded_servers.redis_url)
    yield client
    await client.aclose()


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """Print what was counted, whether the test fails or not."""

    def printed(counted: object) -> None:
        with capsys.disabled():
            print(f"\n  {counted}")  # noqa: T201  figures are what these tests are for

    return printed
