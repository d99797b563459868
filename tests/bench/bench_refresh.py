"""Ten thousand active jobs in 4 200 cells: one look at all of them, the next within the cells' life, and a month.

The provider is a process of its own with a fifth of a second of latency, the API is another; its latency for one job
is taken before the look and during it. The month runs on a clock of its own, with one call in ten failing.
"""

import asyncio
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TEXT
from sqlalchemy.ext.asyncio import AsyncEngine

from api.demo.service import free_port
from core.climate.cells import weather_cell
from core.database import AsyncSessionLocal, create_engine, schema
from core.database.models import Role
from core.database.users import Users
from core.embedded import start_embedded_servers, wait_until_stopped
from core.logging import configure_logging
from core.redis import create_redis
from core.security import get_password_hash
from tests.bench.support.contenders import ROOT, process, wait_until_ready
from tests.bench.support.http_client import Connection
from tests.bench.support.postgres import own_database
from tests.bench.support.slow_weather import CELLS, place
from tests.support.cells import jobs_at
from tests.support.inputs import sizing_input
from tests.support.refresh_month import Month, simulated

JOBS = 10_000
PASSWORD = "benches-log-in-too"
QUIET_SECONDS = 5.0
CELLS_OF_A_MONTH = 420
BUDGETS = (5_000, 1_000)
"""Calls a day: enough for all cells, and not."""
_STORE = """
INSERT INTO jobs (id, kind, status, created_by, input, result_version, weather_cell)
SELECT gen_random_uuid(), 'sizing', 'succeeded', :user, input, 1, cell
FROM unnest(:cells, :inputs) AS given (cell, input)
"""


def main() -> None:
    """Print what the bars ask for."""
    configure_logging("WARNING", "console")
    folder = Path(tempfile.mkdtemp(prefix="ss-"))
    try:
        with start_embedded_servers(folder) as servers:
            _at_scale(servers.database_url, servers.redis_url, folder)
            asyncio.run(_months(servers.database_url, servers.redis_url))
    finally:
        wait_until_stopped(folder)
        shutil.rmtree(folder, ignore_errors=True)


def _at_scale(database_url: str, redis_url: str, folder: Path) -> None:
    url = asyncio.run(own_database(database_url, "refresh"))
    job_id = asyncio.run(_filled(url))
    weather, port = free_port(), free_port()
    variables = {
        "DATA_DIR": str(folder), "DATABASE_URL": url, "REDIS_URL": redis_url, "LOG_LEVEL": "WARNING",
        "OPEN_METEO_URL": f"http://127.0.0.1:{weather}", "WEATHER_PROVIDERS": "open_meteo",
        "PROVIDER_BUDGETS": "open_meteo=0/0/0", "ALERT_PROVIDERS": "none", "RATE_LIMIT_PER_MINUTE": "1000000",
    }  # fmt: skip
    with ExitStack() as stack:
        served = [sys.executable, "-m", "tests.bench.support.slow_weather", str(weather)]
        stack.enter_context(process(served, variables, folder / "log"))
        api = [sys.executable, "-m", "api.cli", "api", "--port", str(port)]
        stack.enter_context(process(api, variables, folder / "log"))
        wait_until_ready(f"http://127.0.0.1:{port}/health/ready", folder / "log")
        wait_until_ready(f"http://127.0.0.1:{weather}/stats", folder / "log")
        asyncio.run(_measured(port, weather, variables, job_id, _logged_in(port)))


async def _filled(url: str) -> str:
    engine = create_engine(url, pool_size=1)
    try:
        await schema.upgrade(engine)
        cells = [weather_cell(*place(number)) for number in range(CELLS)]
        inputs = [
            sizing_input(site=dict(zip(("latitude", "longitude"), place(number), strict=True)))
            for number in range(CELLS)
        ]
        async with AsyncSessionLocal(bind=engine) as session, session.begin():
            user = await Users(session).add("dora", get_password_hash(PASSWORD), Role.DISPATCHER)
            given = [number % CELLS for number in range(JOBS)]
            await session.execute(
                text(_STORE).bindparams(
                    bindparam("cells", type_=ARRAY(TEXT)), bindparam("inputs", type_=ARRAY(JSONB))
                ),
                {
                    "user": user.id,
                    "cells": [cells[number] for number in given],
                    "inputs": [inputs[number] for number in given],
                },
            )
            job_id = await session.scalar(text("SELECT id FROM jobs LIMIT 1"))
        async with engine.connect() as connection:
            settled = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await settled.execute(text("VACUUM ANALYZE jobs"))
        print(f"{JOBS} jobs in {len(set(cells))} cells", flush=True)
        return str(job_id)
    finally:
        await engine.dispose()


def _logged_in(port: int) -> dict[str, str]:
    login = httpx.post(
        f"http://127.0.0.1:{port}/api/v1/auth/token", data={"username": "dora", "password": PASSWORD}
    )
    return {"Authorization": f"Bearer {login.raise_for_status().json()['access_token']}"}


async def _measured(
    port: int, weather: int, variables: dict[str, str], job_id: str, headers: dict[str, str]
) -> None:
    connection = Connection(port, headers)
    before: list[float] = []
    quiet = asyncio.create_task(_asking(connection, job_id, before))
    await asyncio.sleep(QUIET_SECONDS)
    quiet.cancel()
    looking = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.support.refreshing", cwd=ROOT, env=os.environ | variables,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert looking.stdout is not None
    connection.close()
    connection = Connection(port, headers)
    during: list[float] = []
    busy = asyncio.create_task(_asking(connection, job_id, during))
    first = await _told(looking.stdout)
    busy.cancel()
    stats = await Connection(weather).json("GET", "/stats")
    second = await _told(looking.stdout)
    again = await Connection(weather).json("GET", "/stats")
    nothing_new, warned = [await _told(looking.stdout) for _ in range(2)]
    await looking.wait()
    _print(first, second, stats, again, before, during)
    _print_heard(nothing_new, warned)


async def _told(output: asyncio.StreamReader) -> dict[str, Any]:
    """The next document; lines of the log are none."""
    while line := await output.readline():
        if line.startswith(b"{"):
            told: dict[str, Any] = json.loads(line)
            return told
    raise RuntimeError("the refresh ended without a word")


async def _asking(connection: Connection, job_id: str, seconds: list[float]) -> None:
    while True:
        began = time.perf_counter()
        await connection.json("GET", f"/api/v1/jobs/{job_id}")
        seconds.append(time.perf_counter() - began)
        await asyncio.sleep(0.02)


def _print(
    first: dict[str, Any],
    second: dict[str, Any],
    stats: dict[str, float],
    again: dict[str, float],
    before: Sequence[float],
    during: Sequence[float],
) -> None:
    beyond = first["wall_s"] - stats["seconds"]
    print(f"first look: {stats['requests']} requests for {stats['places']} places (bar 45)")
    print(
        f"  {first['wall_s']:.1f} s, of which the provider's own {stats['seconds']:.1f} s: {beyond:.1f} s beyond it "
        f"(bar 20); {first['cpu_s']:.1f} s of CPU"
    )
    print(f"  memory grown by at most {first['grown_mb']:.0f} MB (bar 200)")
    print(f"  {first['counts']}")
    quiet, busy = statistics.median(before) * 1000, statistics.median(during) * 1000
    print(
        f"  GET /jobs/{{id}} p50 {quiet:.1f} ms before, {busy:.1f} ms meanwhile: {busy / quiet:.2f} × (bar 2)"
    )
    print(
        f"second look: {again['requests'] - stats['requests']} requests (bar 0), {second['wall_s']:.2f} s (bar 3)"
    )


def _print_heard(nothing_new: dict[str, Any], warned: dict[str, Any]) -> None:
    print(
        f"an authority that warns of all cells, in {nothing_new['counts']['areas']} areas, has nothing new:"
        f" {nothing_new['wall_s']:.2f} s (bar 3); it warns one area: {warned['wall_s']:.2f} s,"
        f" {warned['counts']['alerts_opened']} jobs told"
    )


async def _months(database_url: str, redis_url: str) -> None:
    """420 cells with a budget that is enough for them, and with one that is not."""
    head = ("calls", "worst day", "budget", "p50 h", "p95 h", "max h")
    print(f"\n{'a month, 10 % of calls fail':<30}" + "".join(f"{name:>10}" for name in head))
    began = time.perf_counter()
    engines = [await _of_a_month(database_url, budget) for budget in BUDGETS]
    months = await asyncio.gather(
        *(
            _month(engine, redis_url.replace("db=0", f"db={number}"), budget)
            for number, (engine, budget) in enumerate(zip(engines, BUDGETS, strict=True))
        )
    )
    for budget, month in zip(BUDGETS, months, strict=True):
        calls = month.provider.calls
        spent = (sum(calls.values()), max(calls.values()), budget)
        print(
            f"{f'{CELLS_OF_A_MONTH} cells, aged':<30}"
            + "".join(f"{each:>10.0f}" for each in spent)
            + "".join(f"{month.age(share):>10.1f}" for share in (0.5, 0.95, 1.0))
            + f"   {month.provider.failed} calls failed, {month.provider.refused} refused by the budget, "
            f"{month.never} cells without a forecast, {len(calls)} days",
            flush=True,
        )
        if max(calls.values()) > budget:
            sys.exit("the day's budget was passed")
    print(f"both months at once, in {time.perf_counter() - began:.0f} s", flush=True)


async def _of_a_month(database_url: str, budget: int) -> AsyncEngine:
    engine = create_engine(await own_database(database_url, f"month_{budget}"), pool_size=4)
    await schema.upgrade(engine)
    async with engine.begin() as connection:  # a month by the clock's own time need not survive a power cut
        await connection.execute(text(f"ALTER DATABASE month_{budget} SET synchronous_commit = off"))
    await engine.dispose()
    await jobs_at(engine, *(place(number) for number in range(CELLS_OF_A_MONTH)))
    return engine


async def _month(engine: AsyncEngine, redis_url: str, budget: int) -> Month:
    """It counts in a store of its own."""
    redis = create_redis(redis_url)
    await redis.flushdb()
    try:
        return await simulated(
            engine, redis, began=datetime(2026, 6, 1, tzinfo=UTC), days=30, calls_per_day=budget
        )
    finally:
        await engine.dispose()
        await redis.aclose()


if __name__ == "__main__":
    main()
