"""Throughput of triage jobs, from POST to stored result: ours, `langgraph dev`, and bare FastAPI on Postgres.

Everything runs on the same cores, the load generator too. The contenders take turns, so that what else the machine
does slows all of them alike; a ratio is of one round, and the middle one counts. The forecast is replayed, since a
provider would not be on this machine. Ours stores the job, its events, its result and every step; `langgraph dev`
keeps all in memory; the bare application stores every step and nothing else.
"""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import uvloop

from api.demo.service import free_port
from core.checkpoint import RedisSaver
from core.database import create_engine
from core.embedded import EmbeddedServers, start_embedded_servers, wait_until_stopped
from core.redis import create_redis
from tests.bench.support import contenders
from tests.bench.support.contenders import Contender, Variables
from tests.bench.support.cpu import Seconds, between, cpu_seconds
from tests.bench.support.load import Measured, load
from tests.bench.support.tracing import Stages, medians_ms, stages
from tests.support.environment import ONLY_OPEN_METEO

AT_A_TIME = 16
ROUNDS = 3
WARM_UP_SECONDS = 2.0
SECONDS = 4.0
ALONE_SECONDS = 1.5
PAUSE_SECONDS = 0.5
TRACED = 40
SAMPLED_SECONDS = 5.0
PROFILE_ROWS = 18
AIM_PER_SECOND, RATIO, ALONE_MS = 150, 1.3, 25

DEV = "langgraph dev"

JOB: dict[str, Any] = {
    "kind": "triage",
    "site": {"latitude": 35.22, "longitude": -80.84, "elevation_m": 230, "timezone": "America/New_York"},
    "ticket": {"text": "Grid voltage too high around noon, inverter disconnects and comes back by itself."},
}
"""Needs no visit and asks nothing, so it runs to its end by itself."""


def main() -> None:
    """Print the table, the ratio and the profile."""
    folder = Path(tempfile.mkdtemp(prefix="ss-"))
    try:
        with surroundings(folder) as (variables, servers):
            _compare(folder, variables, servers)
            _print_profile(folder, variables)
    finally:
        wait_until_stopped(folder)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def surroundings(folder: Path) -> Iterator[tuple[Variables, EmbeddedServers]]:
    """Servers, a replayed forecast and a user, and the variables that name them."""
    port = free_port()
    variables = {"DATA_DIR": str(folder), "OPEN_METEO_URL": f"http://127.0.0.1:{port}", **ONLY_OPEN_METEO}
    replay = [sys.executable, "-m", "tests.bench.support.replay", str(port)]
    user = [sys.executable, "-m", "api.cli", "user", "create", "--username", contenders.USERNAME]
    with start_embedded_servers(folder) as servers, contenders.process(replay, {}, folder / "replay.log"):
        subprocess.run(
            [*user, "--role", "technician", "--password-stdin"],
            input=contenders.PASSWORD.encode(),
            env=os.environ | variables,
            check=True,
            capture_output=True,
        )
        yield variables, servers


def _compare(folder: Path, variables: Variables, servers: EmbeddedServers) -> None:
    with ExitStack() as stack:
        turns = [
            Turns(name, stack.enter_context(contender))
            for name, contender in _contenders(folder, variables, servers.database_url)
        ]
        spent = uvloop.run(_take_turns(turns, folder))
        ours = turns[0]
        traced = uvloop.run(_traced(ours.running.port, servers))
    print(f"{AT_A_TIME} at a time, then one      jobs/s    p50 ms    p95 ms    alone p50 ms")
    for each in turns:
        print(each.line())
    print()
    for rival in turns[1:]:
        bar = f" (bar {RATIO})" if rival.name == DEV else ""
        print(f"{ours.ratio(rival):.2f} × {rival.name}{bar}")
    print(f"aim {AIM_PER_SECOND} jobs/s, alone ≤ {ALONE_MS} ms")
    print("\nProcessor time per job of solarsync [ms]")
    jobs = sum(len(each.latencies) for each in ours.many)
    for name, seconds in sorted(spent.items(), key=lambda item: -item[1]):
        print(f"    {name:<12} {seconds * 1000 / jobs:6.2f}")
    print("\nWhere the time of one job alone goes, middle of each stage [ms]")
    for name, milliseconds in traced.items():
        print(f"    {name:<22} {milliseconds:6.2f}")


def _contenders(
    folder: Path, variables: Variables, postgres_url: str
) -> Iterator[tuple[str, AbstractContextManager[Contender]]]:
    log = folder / "log"
    yield "solarsync serve", contenders.solarsync(variables, JOB, log)
    yield DEV, contenders.langgraph_dev(variables, JOB, log, at_a_time=AT_A_TIME)
    if find_spec("langgraph.checkpoint.postgres") is None:
        print("skip: bare FastAPI: langgraph-checkpoint-postgres is not installed")
    else:
        yield "bare FastAPI, Postgres", contenders.bare(variables, JOB, log, postgres_url)


@dataclass(slots=True)
class Turns:
    """A contender and what each of its turns has shown."""

    name: str
    running: Contender
    many: list[Measured] = field(default_factory=list)
    alone: list[Measured] = field(default_factory=list)

    def ratio(self, rival: "Turns") -> float:
        """Of the jobs per second, round by round."""
        rounds = zip(self.many, rival.many, strict=True)
        return median(mine.per_second / theirs.per_second for mine, theirs in rounds)

    def line(self) -> str:
        rate = median(each.per_second for each in self.many)
        p50, p95 = (median(each.percentile_ms(percent) for each in self.many) for percent in (50, 95))
        alone = median(each.percentile_ms(50) for each in self.alone)
        return f"{self.name:<25} {rate:8.1f}  {p50:8.1f}  {p95:8.1f}  {alone:14.1f}"


async def _take_turns(turns: list[Turns], folder: Path) -> Seconds:
    """Measure them in rounds; returns the processor time that the first of them has spent in its turns at full load."""
    acts = {each.name: [each.running.client() for _ in range(AT_A_TIME)] for each in turns}
    for each in turns:
        await load(acts[each.name], WARM_UP_SECONDS)
    spent: Seconds = {}
    for _ in range(ROUNDS):
        for each in turns:
            before = cpu_seconds(folder, each.running.processes)
            each.many.append(await load(acts[each.name], SECONDS))
            if each is turns[0]:
                in_turn = between(before, cpu_seconds(folder, each.running.processes))
                spent = {part: spent.get(part, 0.0) + seconds for part, seconds in in_turn.items()}
            await asyncio.sleep(PAUSE_SECONDS)
        for each in turns:
            each.alone.append(await load(acts[each.name][:1], ALONE_SECONDS, at_least=4))
            await asyncio.sleep(PAUSE_SECONDS)
    return spent


async def _traced(port: int, servers: EmbeddedServers) -> Stages:
    engine, redis = create_engine(servers.database_url), create_redis(servers.redis_url)
    saver = RedisSaver(redis, ttl_seconds=3600)
    connection, body = contenders.connector(port)(), json.dumps(JOB).encode()
    try:
        await contenders.carried_out(connection, body)  # which opens the connections
        seen = [await contenders.carried_out(connection, body) for _ in range(TRACED)]
        return medians_ms([await stages(engine, saver, each) for each in seen])
    finally:
        connection.close()
        await redis.aclose()
        await engine.dispose()


def _print_profile(folder: Path, variables: Variables) -> None:
    with contenders.solarsync_sampled(variables, JOB, folder / "log", folder) as running:
        acts = [running.client() for _ in range(AT_A_TIME)]
        uvloop.run(load(acts, WARM_UP_SECONDS))
        for pid in running.processes.values():
            os.kill(pid, signal.SIGUSR1)
        done = uvloop.run(load([running.client() for _ in range(AT_A_TIME)], SAMPLED_SECONDS))
    for part in ("worker", "api"):
        spent = json.loads((folder / f"{part}.json").read_text())
        total = sum(spent["parts"].values())
        print(f"\nWhere the {part}'s time goes [%], of {total * 1000 / len(done.latencies):.1f} ms per job")
        for title in ("parts", "functions"):
            ranked = sorted(spent[title].items(), key=lambda item: -item[1])[:PROFILE_ROWS]
            print(f"    {title}: " + ", ".join(f"{name} {100 * each / total:.1f}" for name, each in ranked))


if __name__ == "__main__":
    main()
