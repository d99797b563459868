"""What middleware and authentication add to a request: `GET /auth/me` as served, beside the answer of a bare route.

Both applications run in this process without a socket, turn by turn, so that what the machine does besides meets
both alike; the figure is the difference of the medians. Real PostgreSQL and Redis.
"""

import shutil
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import orjson
import uvloop
from fastapi import FastAPI

from api.app import create_app
from api.routes.auth import Me
from core.config import Settings
from core.database import AsyncSessionLocal, create_engine, schema
from core.database.models import Role
from core.database.users import Users
from core.embedded import start_embedded_servers, wait_until_stopped
from core.ids import new_id
from core.logging import configure_logging
from core.security import get_password_hash

REQUESTS = 3_000
WARM_UP = 300
GUESSES = 20
LIMIT_MS = 1.0
PASSWORD = "benches log in too"

Act = Callable[[], Awaitable[None]]


def main() -> None:
    """Print the table."""
    configure_logging("WARNING", "json")
    folder = Path(tempfile.mkdtemp(prefix="ss-"))
    try:
        with start_embedded_servers(folder) as servers:
            settings = Settings(
                _env_file=None,
                environment="testing",
                data_dir=folder,
                database_url=servers.database_url,
                redis_url=servers.redis_url,
                rate_limit_per_minute=10_000_000,
                rate_limit_per_address_per_minute=10_000_000,
            )
            uvloop.run(_measure(settings))
    finally:
        wait_until_stopped(folder)
        shutil.rmtree(folder, ignore_errors=True)


async def _measure(settings: Settings) -> None:
    assert settings.database_url is not None
    engine = create_engine(settings.database_url.get_secret_value(), pool_size=1)
    await schema.upgrade(engine)
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        await Users(session).add("bench", get_password_hash(PASSWORD), Role.TECHNICIAN)
    await engine.dispose()
    app = create_app(settings)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(app.router.lifespan_context(app))
        token = await _token(app)
        key = await _key(app, token)
        cases: dict[str, Act] = {
            "a bare FastAPI route": _request(_bare(), "/api/v1/auth/me"),
            "with an access token": _request(app, "/api/v1/auth/me", (b"authorization", b"Bearer " + token)),
            "with an API key": _request(app, "/api/v1/auth/me", (b"x-api-key", key)),
        }
        wall, cpu = await _timed(cases)
        logins = await _wrong_logins(app)
    floor, floor_cpu = (statistics.median(each["a bare FastAPI route"]) for each in (wall, cpu))
    print(f"{'p50 per request [ms]':<24}{'wall':>8}{'added':>8}{'CPU':>8}{'added':>8}")
    for name in cases:
        one, its_cpu = statistics.median(wall[name]), statistics.median(cpu[name])
        print(f"{name:<24}{one:>8.2f}{one - floor:>8.2f}{its_cpu:>8.2f}{its_cpu - floor_cpu:>8.2f}")
    ratio = statistics.median(logins["nobody"]) / statistics.median(logins["bench"])
    print(f"unknown user / wrong password, CPU of {GUESSES} logins each: {ratio:.3f}; the bar is 0.9 to 1.1")
    added = statistics.median(wall["with an access token"]) - floor
    print(f"middleware and authentication add {added:.2f} ms; the bar is {LIMIT_MS:.1f} ms")


def _bare() -> FastAPI:
    app = FastAPI()
    answer = Me(id=new_id(), username="bench", role=Role.TECHNICIAN, technician_id=None, scopes=None)

    @app.get("/api/v1/auth/me")
    async def me() -> Me:
        return answer

    return app


async def _timed(cases: dict[str, Act]) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Milliseconds of each request, by case: of the clock on the wall, and of this process at work."""
    wall: dict[str, list[float]] = {name: [] for name in cases}
    cpu: dict[str, list[float]] = {name: [] for name in cases}
    for number in range(WARM_UP + REQUESTS):
        for name, act in cases.items():
            started, worked = time.perf_counter(), time.process_time()
            await act()
            if number >= WARM_UP:
                wall[name].append((time.perf_counter() - started) * 1000)
                cpu[name].append((time.process_time() - worked) * 1000)
    return wall, cpu


async def _wrong_logins(app: FastAPI) -> dict[str, list[float]]:
    """Milliseconds of CPU for a wrong password, by user name, turn by turn and each from an address of its own."""
    kind = [(b"content-type", b"application/x-www-form-urlencoded")]
    cpu: dict[str, list[float]] = {"nobody": [], "bench": []}
    for number in range(GUESSES):
        for name, taken in cpu.items():
            form = f"username={name}&password=wrong".encode()
            worked = time.process_time()
            address = f"198.51.100.{number}"
            status, _ = await _exchange(app, "POST", "/api/v1/auth/token", kind, form, address)
            taken.append((time.process_time() - worked) * 1000)
            assert status == 401, status
    return cpu


def _request(app: FastAPI, path: str, *headers: tuple[bytes, bytes]) -> Act:
    async def act() -> None:
        status, _ = await _exchange(app, "GET", path, list(headers))
        assert status == 200, status

    return act


async def _exchange(
    app: FastAPI,
    method: str,
    path: str,
    headers: list[tuple[bytes, bytes]],
    body: bytes = b"",
    address: str = "192.0.2.1",
) -> tuple[int, bytes]:
    """One request through the application, as a server would hand it in."""
    scope: dict[str, Any] = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http", "method": method,
        "path": path, "raw_path": path.encode(), "root_path": "", "query_string": b"", "headers": headers,
        "client": (address, 40_000), "server": ("192.0.2.2", 8_000), "state": {},
    }  # fmt: skip
    status, chunks = 0, []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        else:
            chunks.append(message.get("body", b""))

    await app(scope, receive, send)
    return status, b"".join(chunks)


async def _token(app: FastAPI) -> bytes:
    form = f"username=bench&password={PASSWORD.replace(' ', '+')}".encode()
    kind = [(b"content-type", b"application/x-www-form-urlencoded")]
    status, body = await _exchange(app, "POST", "/api/v1/auth/token", kind, form)
    assert status == 200, body
    return str(orjson.loads(body)["access_token"]).encode()


async def _key(app: FastAPI, token: bytes) -> bytes:
    headers = [(b"content-type", b"application/json"), (b"authorization", b"Bearer " + token)]
    body = orjson.dumps({"name": "bench", "scopes": ["jobs:read"]})
    status, answer = await _exchange(app, "POST", "/api/v1/api-keys", headers, body)
    assert status == 201, answer
    return str(orjson.loads(answer)["key"]).encode()


if __name__ == "__main__":
    main()
