"""Real servers for the tests that need them: one pair per process, one database per test."""

import asyncio
import gc
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import settings as hypothesis_settings
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from core.database import create_engine, schema
from core.embedded import EmbeddedServers, start_embedded_servers, wait_until_stopped
from core.redis import create_redis

# A machine that is busy otherwise is no reason for a property not to hold.
hypothesis_settings.register_profile("unhurried", deadline=None)
hypothesis_settings.load_profile("unhurried")


def pytest_collection_finish() -> None:
    """Modules and tests stay to the end: the collector need not go through them again and again."""
    gc.collect()
    gc.freeze()


TEMPLATE = "migrated"
THROWAWAY = (
    "ALTER SYSTEM SET fsync = off",
    "ALTER SYSTEM SET synchronous_commit = off",
    "ALTER SYSTEM SET full_page_writes = off",
    "SELECT pg_reload_conf()",
)
"""These servers' data ends with the tests: a disk need not keep up with them."""


@pytest.fixture(scope="session")
def embedded_servers() -> Iterator[EmbeddedServers]:
    """PostgreSQL and Valkey for this process, their data thrown away afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="ss-"))
    try:
        with start_embedded_servers(folder) as servers:
            yield servers
    finally:
        wait_until_stopped(folder)
        shutil.rmtree(folder, ignore_errors=True)


async def _statement(engine: AsyncEngine, sql: str) -> None:
    async with engine.connect() as connection:
        await (await connection.execution_options(isolation_level="AUTOCOMMIT")).execute(text(sql))


@pytest.fixture(scope="session")
def template_database(embedded_servers: EmbeddedServers) -> str:
    """A database brought to the newest schema by the real migrations, to be cloned per test."""

    async def prepare() -> None:
        server = create_engine(embedded_servers.database_url, pool_size=1)
        for statement in THROWAWAY:
            await _statement(server, statement)
        await _statement(server, f"CREATE DATABASE {TEMPLATE}")
        await server.dispose()
        template = create_engine(_named(embedded_servers.database_url, TEMPLATE), pool_size=1)
        await schema.upgrade(template)
        await template.dispose()

    asyncio.run(prepare())
    return TEMPLATE


@pytest.fixture
async def database_url(embedded_servers: EmbeddedServers, template_database: str) -> AsyncIterator[str]:
    """The address of a migrated database of the test's own."""
    name = f"test_{uuid4().hex}"
    server = create_engine(embedded_servers.database_url, pool_size=1)
    await _statement(server, f"CREATE DATABASE {name} TEMPLATE {template_database}")
    yield _named(embedded_servers.database_url, name)
    await _statement(server, f"DROP DATABASE {name} WITH (FORCE)")
    await server.dispose()


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine on the test's own database."""
    engine = create_engine(database_url, pool_size=5)
    yield engine
    await engine.dispose()


@pytest.fixture
async def redis(embedded_servers: EmbeddedServers) -> AsyncIterator[Redis]:
    """A client of this process's Valkey."""
    client = create_redis(embedded_servers.redis_url)
    yield client
    await client.aclose()


def _named(url: str, database: str) -> str:
    """`url` with another database."""
    address, query = url.split("?")
    return f"{address.rsplit('/', 1)[0]}/{database}?{query}"
