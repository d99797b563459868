"""Requests against 100 000 stored jobs beside the same ones against 100: lists by every filter, one job, a start.

Two API processes on one PostgreSQL, each with a database of its own; a request goes to the one and to the other in
turn, so that a busy machine slows both alike. Pages are as long as the hundred can fill.
"""

import asyncio
import json
import shutil
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import httpx
import uvloop

from api.demo.service import free_port
from core.database import create_engine, schema
from core.embedded import start_embedded_servers, wait_until_stopped
from core.security import get_password_hash
from tests.bench.bench_jobs import JOB
from tests.bench.support.contenders import process, wait_until_ready
from tests.bench.support.http_client import Connection
from tests.bench.support.postgres import own_database
from tests.support.stored_jobs import COMMON, ONE, SOME, Stored, store

SIZES = (100, 100_000)
TURNS = 150
WARM_UP_TURNS = 10
BAR = 1.20
PASSWORD = "benches-log-in-too"
START = "start"


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two services, and how its users reach it."""

    jobs: int
    stored: Stored
    connections: dict[str, Connection]


@dataclass(slots=True)
class Case:
    name: str
    user: str
    path: str
    """With `{technician}`, `{job}` and `{cursor}` where each side has its own."""
    seconds: dict[int, list[float]] = field(default_factory=dict)

    def milliseconds(self, jobs: int) -> float:
        return statistics.median(self.seconds[jobs]) * 1000


def main() -> None:
    """Print the table and the worst ratio."""
    folder = Path(tempfile.mkdtemp(prefix="ss-"))
    try:
        with start_embedded_servers(folder) as servers, ExitStack() as stack:
            sides = []
            for jobs in SIZES:
                url = asyncio.run(own_database(servers.database_url, f"stored_{jobs}"))
                began = time.perf_counter()
                stored = asyncio.run(_filled(url, jobs))
                print(f"{jobs} jobs stored in {time.perf_counter() - began:.0f} s", flush=True)
                port = free_port()
                variables = {"DATA_DIR": str(folder), "DATABASE_URL": url, "REDIS_URL": servers.redis_url}
                command = [sys.executable, "-m", "api.cli", "api", "--port", str(port)]
                stack.enter_context(process(command, variables | LIMITS, folder / "log"))
                wait_until_ready(f"http://127.0.0.1:{port}/health/ready", folder / "log")
                sides.append(Side(jobs, stored, {user: _logged_in(port, user) for user in ("tess", "dora")}))
            cases = uvloop.run(_measured(sides))
        _print(cases)
    finally:
        wait_until_stopped(folder)
        shutil.rmtree(folder, ignore_errors=True)


LIMITS = {"QUEUE_LIMIT": "1000000", "LOG_LEVEL": "WARNING"}


async def _filled(url: str, jobs: int) -> Stored:
    engine = create_engine(url, pool_size=1)
    try:
        await schema.upgrade(engine)
        return await store(engine, jobs, password_hash=get_password_hash(PASSWORD))
    finally:
        await engine.dispose()


def _logged_in(port: int, user: str) -> Connection:
    login = httpx.post(
        f"http://127.0.0.1:{port}/api/v1/auth/token", data={"username": user, "password": PASSWORD}
    )
    return Connection(port, {"Authorization": f"Bearer {login.raise_for_status().json()['access_token']}"})


FILTERS = {
    "newest": "limit=50",
    "second page": "limit=50&cursor={cursor}",
    "status=failed": "limit=5&status=failed",
    "kind=sizing": "limit=20&kind=sizing",
    "priority=P2": "limit=5&priority=P2",
    "technician_id": "limit=10&technician_id={technician}",
    "q, in two of five": f"limit=20&q={COMMON}",
    "q, in one of twenty": f"limit=3&q={SOME}",
    "q, in one job": f"q={ONE}",
    "q, in none": "q=nothinglikeit",
    "status, priority, q": f"limit=4&status=succeeded&priority=P3&q={COMMON}",
}
OWN_AT_LEAST = {"limit=50": 5, "limit=20": 2, "limit=10": 5, "limit=5": 1, "limit=4": 1, "limit=3": 1}
"""A technician sees a fifth of the jobs, so the hundred fill shorter pages."""


def _cases() -> list[Case]:
    cases = []
    for (name, query), user in product(FILTERS.items(), ("dora", "tess")):
        limit, _, rest = query.partition("&")
        if user == "tess" and limit in OWN_AT_LEAST:
            limit = f"limit={OWN_AT_LEAST[limit]}"
        cases.append(Case(f"list, {name}", user, f"/jobs?{limit}&{rest}"))
    one = {"get": "", "timeline": "/timeline", "runs": "/runs", "results": "/results"}
    cases += [Case(name, "dora", f"/jobs/{{job}}{path}") for name, path in one.items()]
    return [*cases, Case(START, "tess", "/jobs")]


async def _measured(sides: list[Side]) -> list[Case]:
    cases = _cases()
    paths = {(case.name, case.user, side.jobs): await _path(case, side) for case in cases for side in sides}
    for turn in range(WARM_UP_TURNS + TURNS):
        for case, side in product(cases, sides if turn % 2 else sides[::-1]):
            seconds, answer = await _timed(side, case, paths[case.name, case.user, side.jobs])
            if turn == 0:
                _compare(case, side, answer)
            if turn >= WARM_UP_TURNS:
                case.seconds.setdefault(side.jobs, []).append(seconds)
    return cases


async def _path(case: Case, side: Side) -> str:
    connection = side.connections[case.user]
    page = case.path.replace("&cursor={cursor}", "")
    cursor = (
        (await connection.json("GET", f"/api/v1{page}"))["next_cursor"] if "{cursor}" in case.path else None
    )
    ended = (await side.connections["dora"].json("GET", "/api/v1/jobs?limit=1&status=succeeded"))["items"]
    return "/api/v1" + case.path.format(
        cursor=cursor, technician=side.stored.technician_id, job=ended[0]["id"]
    )


async def _timed(side: Side, case: Case, path: str) -> tuple[float, Any]:
    connection = side.connections[case.user]
    began = time.perf_counter()
    if case.name == START:
        answer = await connection.json("POST", path, json.dumps(JOB).encode())
    else:
        answer = await connection.json("GET", path)
    return time.perf_counter() - began, answer


LENGTHS: dict[tuple[str, str], int] = {}


def _compare(case: Case, side: Side, answer: Any) -> None:
    """Both sides have to do the same work, or their times say nothing."""
    rows = answer["items"] if isinstance(answer, dict) and "items" in answer else answer
    length = len(rows) if isinstance(rows, list) else 1
    if LENGTHS.setdefault((case.name, case.user), length) != length:
        raise RuntimeError(
            f"{case.name} by {case.user}: {length} rows here, {LENGTHS[case.name, case.user]} there"
        )


def _print(cases: list[Case]) -> None:
    small, large = SIZES
    print(f"{'p50 ms, with so many jobs stored':<34}{'as':>6}{small:>10}{large:>10}{'ratio':>8}")
    ratios = {}
    for case in cases:
        ratio = case.milliseconds(large) / case.milliseconds(small)
        ratios[f"{case.name} ({case.user})"] = ratio
        print(
            f"{case.name:<34}{case.user:>6}{case.milliseconds(small):>10.2f}{case.milliseconds(large):>10.2f}"
            f"{ratio:>8.2f}"
        )
    worst = max(ratios, key=lambda name: ratios[name])
    print(f"\nworst: {ratios[worst]:.2f} × by {worst}; bar {BAR}")


if __name__ == "__main__":
    main()
