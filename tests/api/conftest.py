"""The application over real servers, with a worker beside it and simulated weather."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pwdlib.hashers.bcrypt import BcryptHasher

from api.app import create_app
from api.services import open_services
from api.weather_simulator import running_simulator
from core.config import Settings
from core.database import AsyncSessionLocal
from core.database.models import Role
from core.database.users import Users
from core.embedded import EmbeddedServers
from tests.support.environment import settings_for
from tests.support.http_server import Serve, Server
from tests.support.working import working

PASSWORD = "correct horse battery"

Login = Callable[[str, Role], Awaitable[httpx.AsyncClient]]


@pytest.fixture(scope="session")
def weather_url() -> Iterator[str]:
    with running_simulator() as url:
        yield url


@pytest.fixture
def settings(
    database_url: str, embedded_servers: EmbeddedServers, weather_url: str, tmp_path: Path
) -> Settings:
    return settings_for(
        database_url,
        embedded_servers.redis_url,
        tmp_path,
        database_pool_size=5,
        open_meteo_url=weather_url,
        weather_providers=["open_meteo"],
        heartbeat_interval_seconds=0.5,
        shutdown_grace_seconds=5,
        rate_limit_per_address_per_minute=1_000_000,
    )


@pytest.fixture(scope="session")
def application() -> FastAPI:
    """Every route, made once: they take a fifth of a second, and know no settings."""
    return create_app(Settings(_env_file=None))


@pytest.fixture
async def app(application: FastAPI, settings: Settings) -> AsyncIterator[FastAPI]:
    """The application over the test's own database, as its lifespan would open it."""
    async with open_services(settings) as services:
        application.state.services = services
        yield application


@pytest.fixture
async def worker(settings: Settings) -> AsyncIterator[None]:
    """A worker in this process, working off the test's own queue."""
    async with working(settings):
        yield


@pytest.fixture(scope="session")
def password_hash() -> str:
    """Hashed at the lowest cost, which a login then takes too: bcrypt is slow on purpose."""
    return BcryptHasher(rounds=4).hash(PASSWORD)


@pytest.fixture
async def login(app: FastAPI, password_hash: str) -> AsyncIterator[Login]:
    """Makes a user and gives a client that is logged in as them."""
    clients: list[httpx.AsyncClient] = []

    async def log_in(username: str, role: Role) -> httpx.AsyncClient:
        async with (
            AsyncSessionLocal(bind=app.state.services.engine) as session,
            session.begin(),
        ):
            await Users(session).add(username, password_hash, role)
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app, raise_app_exceptions=False),
            base_url="http://solarsync/api/v1",
            timeout=60,
        )
        clients.append(client)
        answer = await client.post("/auth/token", data={"username": username, "password": PASSWORD})
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return client

    yield log_in
    for client in clients:
        await client.aclose()


@pytest.fixture
async def client(login: Login) -> httpx.AsyncClient:
    """A technician's client."""
    return await login("tess", Role.TECHNICIAN)


@pytest.fixture
async def dispatcher(login: Login) -> httpx.AsyncClient:
    return await login("dora", Role.DISPATCHER)


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    started: list[Server] = []

    async def start(settings: Settings) -> Server:
        server = Server(settings)
        started.append(server)
        await server.started()
        return server

    yield start
    for server in started:
        await server.stop()


@pytest.fixture
async def server(settings: Settings, serve: Serve) -> Server:
    return await serve(settings)


async def settled(client: httpx.AsyncClient, job_id: str) -> dict[str, Any]:
    """The job when it waits for a person or has ended."""
    answer = await client.get(f"/jobs/{job_id}", params={"wait": 30})
    job: dict[str, Any] = answer.json()
    return job
