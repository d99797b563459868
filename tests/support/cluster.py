"""The service as it runs on many machines: real processes of each part over one pair of servers."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.types import ASGIApp, Receive, Scope, Send

from api.demo.service import free_port
from api.weather_simulator import create_simulator, serving
from core.clock import SystemClock
from core.database import AsyncSessionLocal, create_engine
from core.database.logins import Logins
from core.database.models import Role
from core.database.users import Users
from core.security import create_access_token
from tests.support.environment import ONLY_OPEN_METEO, SECRET, bare_environment
from tests.support.fakes import technician
from tests.support.inputs import triage_input

REPOSITORY = Path(__file__).parents[2]
START_SECONDS = 60
SETTLE_SECONDS = 240
HEARTBEAT_SECONDS = 1.0
GRACE_SECONDS = 2.0
CREW = 12
"""Technicians: enough for a visit on each of the full jobs."""
FROM_AFAR = "Grid voltage too high around noon, inverter disconnects and comes back by itself."


class SlowWeather:
    """The weather simulator, which thinks for `seconds` [s] and remembers how often each place was asked for."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.asked: dict[str, int] = {}
        self._simulator = create_simulator()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        query = scope["query_string"].decode()
        self.asked[query] = self.asked.get(query, 0) + 1
        await asyncio.sleep(self.seconds)
        await self._simulator(scope, receive, send)


@contextmanager
def slow_weather() -> Iterator[tuple[SlowWeather, str]]:
    weather = SlowWeather()
    app: ASGIApp = weather
    with serving(app) as url:
        yield weather, url


class Part:
    """One process of the service, and what it logged."""

    def __init__(self, arguments: tuple[str, ...], environment: dict[str, str], log: Path) -> None:
        self._log = log
        self._read = 0
        self.lines: list[dict[str, Any]] = []
        with log.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "api.cli", *arguments],
                env=environment,
                cwd=log.parent,
                stdout=file,
                stderr=file,
                start_new_session=True,
            )

    def logged(self, event: str, **wanted: str) -> list[dict[str, Any]]:
        """Its log lines of this event so far, those with these values."""
        with self._log.open("rb") as file:
            file.seek(self._read)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                self._read += len(line)
                with suppress(json.JSONDecodeError):
                    self.lines.append(json.loads(line))
        found = [line for line in self.lines if line["event"] == event]
        return [line for line in found if wanted.items() <= line.items()]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def pause(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def terminate(self) -> None:
        self.process.terminate()

    @property
    def alive(self) -> bool:
        return self.process.poll() is None


class Api(Part):
    """An API process and a client that is logged in to it."""

    def __init__(self, port: int, token: str, environment: dict[str, str], log: Path) -> None:
        super().__init__(("api", "--port", str(port)), environment, log)
        self.client = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}/api/v1",
            headers={"Authorization": f"Bearer {token}"},
            timeout=90,
            limits=httpx.Limits(max_connections=200),
        )

    async def ready(self) -> bool:
        with suppress(httpx.TransportError):
            return (await self.client.get("/health/ready")).is_success
        return False


class Cluster:
    """Starts and ends parts; asks the database what is true."""

    def __init__(
        self, environment: dict[str, str], folder: Path, engine: AsyncEngine, token: str, weather: SlowWeather
    ) -> None:
        self.engine = engine
        self.weather = weather
        self.apis: list[Api] = []
        self.workers: list[Part] = []
        self._environment = environment
        self._folder = folder
        self._token = token
        self._places = 0

    def _log(self) -> Path:
        return self._folder / f"part-{len(self.apis)}-{len(self.workers)}.log"

    async def add_api(self) -> Api:
        api = Api(free_port(), self._token, self._environment, self._log())
        self.apis.append(api)
        await until(api.ready)
        return api

    async def add_worker(self, *, concurrency: int = 4, wait: bool = True) -> Part:
        worker = Part(("worker", "--concurrency", str(concurrency)), self._environment, self._log())
        self.workers.append(worker)
        if wait:
            await until(lambda: bool(worker.logged("graph.worker.started")))
        return worker

    @property
    def client(self) -> httpx.AsyncClient:
        return self.apis[0].client

    def _somewhere(self) -> dict[str, float]:
        """A place on land in a cell that no other job has: each is asked for, and calls for it can be counted."""
        north, east = divmod(self._places, 60)
        self._places += 1
        return {"latitude": round(-1.38 + north * 0.1, 2), "longitude": round(34.98 + east * 0.1, 2)}

    def triage(self) -> dict[str, Any]:
        """A triage job that ends without a question and without a visit: calendars fill up, whatever happens."""
        body = triage_input(text=FROM_AFAR, fault_codes=[], vendor=None)
        return {**body, "site": self._somewhere()}

    async def start(self) -> str:
        return await self._accepted(self.triage())

    async def start_asking(self) -> str:
        """The same job, which stops to ask whose code that is."""
        body = triage_input(text=FROM_AFAR, fault_codes=["999"], vendor=None)
        return await self._accepted({**body, "site": self._somewhere()})

    async def _accepted(self, body: dict[str, Any]) -> str:
        answer = await self.client.post("/jobs", json=body)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    async def settled(self, job_id: str) -> dict[str, Any]:
        """The job when it waits for a person or has ended; a busy machine may keep it longer than one may wait."""
        async with asyncio.timeout(SETTLE_SECONDS):
            while True:
                with suppress(httpx.ReadError, httpx.RemoteProtocolError):  # an idle connection, just closed
                    answer = await self.client.get(f"/jobs/{job_id}", params={"wait": 60})
                    job: dict[str, Any] = answer.raise_for_status().json()
                    if job["status"] not in {"queued", "running"}:
                        return job

    async def holder(self, job_id: str) -> Part:
        """The worker that took the job up last; waits for one."""

        def found() -> list[tuple[str, int]]:
            lines = [
                (line["timestamp"], number)
                for number, worker in enumerate(self.workers)
                for line in worker.logged("graph.run.started", job_id=job_id)
            ]
            return sorted(lines)

        await until(lambda: bool(found()), every=0.005)
        return self.workers[found()[-1][1]]

    async def until_logged(self, part: Part, event: str) -> None:
        await until(lambda: bool(part.logged(event)))

    async def rows(self, statement: str, **values: Any) -> list[Any]:
        async with AsyncSessionLocal(bind=self.engine) as session:
            return list((await session.execute(text(statement), values)).all())

    def close(self) -> None:
        for part in (*self.apis, *self.workers):
            with suppress(ProcessLookupError):
                part.wake()
                os.killpg(part.process.pid, signal.SIGKILL)
            part.process.wait()


async def until(condition: Callable[[], Any], *, seconds: float = START_SECONDS, every: float = 0.02) -> None:
    """Wait for a condition, plain or awaitable. By the clock: a condition may swallow the cancellation of a timeout."""
    ending = time.monotonic() + seconds
    while time.monotonic() < ending:
        found = condition()
        if await found if asyncio.iscoroutine(found) else found:
            return
        await asyncio.sleep(every)
    raise TimeoutError(f"not within {seconds:g} s")


OpenCluster = Callable[..., AbstractAsyncContextManager["Cluster"]]
"""`cluster` over servers that are known: what is left to say is how many parts."""


@asynccontextmanager
async def cluster(
    database_url: str, redis_url: str, folder: Path, *, apis: int = 1, workers: int = 1, concurrency: int = 4
) -> AsyncIterator[Cluster]:
    """Parts over a migrated database, one user and one technician in it, all gone afterwards."""
    with slow_weather() as (weather, weather_url):
        environment = bare_environment() | {
            "ENVIRONMENT": "testing",
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "SECRET_KEY": SECRET,
            "DATA_DIR": str(folder),
            "OPEN_METEO_URL": weather_url,
            **ONLY_OPEN_METEO,
            "PROVIDER_BUDGETS": "open_meteo=0/0/0",
            "HEARTBEAT_INTERVAL_SECONDS": str(HEARTBEAT_SECONDS),
            "SHUTDOWN_GRACE_SECONDS": str(GRACE_SECONDS),
            "DATABASE_POOL_SIZE": "10",
            "RATE_LIMIT_PER_MINUTE": "10000000",
            "RATE_LIMIT_PER_ADDRESS_PER_MINUTE": "10000000",
            "PYTHONPATH": str(REPOSITORY),
        }
        engine = create_engine(database_url, pool_size=5)
        async with AsyncSessionLocal(bind=engine) as session, session.begin():
            user = await Users(session).add("dora", "-", Role.DISPATCHER)
            login = await Logins(session).open(user, SystemClock().now() + timedelta(hours=4))
        token = create_access_token(
            user.id,
            user.role,
            login_id=login.id,
            key=SecretStr(SECRET),
            algorithm="HS256",
            lifetime=timedelta(hours=4),
            clock=SystemClock(),
        )
        made = Cluster(environment, folder, engine, token, weather)
        try:
            await asyncio.gather(
                *(made.add_api() for _ in range(apis)),
                *(made.add_worker(concurrency=concurrency) for _ in range(workers)),
            )
            for number in range(CREW):
                person = technician(name=f"Grace {number}").model_dump(
                    mode="json", exclude={"id", "planned_visits", "leave"}
                )
                (await made.client.post("/technicians", json=person)).raise_for_status()
            yield made
        finally:
            for api in made.apis:
                await api.client.aclose()
            made.close()
            await engine.dispose()
