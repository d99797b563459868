"""Throughput of triage jobs, from POST to stored result: ours, `langgraph dev`, and bare FastAPI on Postgres.

Everything runs on the same cores, the load generator too, one contender after the other. The forecast is
replayed, since a provider would not be on this machine. Ours stores the job, its events, its result and every
step; `langgraph dev` keeps all in memory; the bare application stores every step and nothing else.
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
from contextlib import AbstractContextManager, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import uvloop

from api.demo.service import free_port
from core.embedded import start_embedded_servers, wait_until_stopped
from tests.bench.support import contenders
from tests.bench.support.contenders import Contender, Variables
from tests.bench.support.cpu import Seconds, between, cpu_seconds
from tests.bench.support.load import Measured, load
from tests.support.environment import ONLY_OPEN_METEO

AT_A_TIME = 16
WARM_UP_SECONDS = 2.0
SECONDS = 6.0
ALONE_SECONDS = 2.5
SAMPLED_SECONDS = 5.0
PROFILE_ROWS = 18
AIM_PER_SECOND, RATIO, ALONE_MS = 150, 1.3, 25

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
        with _surroundings(folder) as (variables, postgres_url):
            _compare(folder, variables, postgres_url)
            _print_profile(folder, variables)
    finally:
        wait_until_stopped(folder)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _surroundings(folder: Path) -> Iterator[tuple[Variables, str]]:
    """Servers, a replayed forecast and a user: the variables that name them, and PostgreSQL's address."""
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
        yield variables, servers.database_url


def _compare(folder: Path, variables: Variables, postgres_url: str) -> None:
    log = folder / "log"
    print(f"{AT_A_TIME} at a time, then one     jobs/s    p50 ms    p95 ms    alone p50 ms")
    ours, spent = _figures("solarsync serve", contenders.solarsync(variables, JOB, log), folder)
    dev, _ = _figures(
        "langgraph dev", contenders.langgraph_dev(variables, JOB, log, at_a_time=AT_A_TIME), folder
    )
    if find_spec("langgraph.checkpoint.postgres") is None:
        print("skip: bare FastAPI: langgraph-checkpoint-postgres is not installed")
    else:
        _figures("bare FastAPI, Postgres", contenders.bare(variables, JOB, log, postgres_url), folder)
    ratio = ours.per_second / dev.per_second
    print(f"\n{ratio:.2f} × langgraph dev (bar {RATIO}); aim {AIM_PER_SECOND} jobs/s, alone ≤ {ALONE_MS} ms")
    print("\nProcessor time per job of solarsync [ms]")
    for name, seconds in sorted(spent.items(), key=lambda item: -item[1]):
        print(f"    {name:<12} {seconds * 1000 / len(ours.latencies):6.2f}")


def _figures(
    name: str, contender: AbstractContextManager[Contender], folder: Path
) -> tuple[Measured, Seconds]:
    with contender as running:
        many, spent, alone = uvloop.run(_measure(running, folder))
    print(
        f"{name:<25} {many.per_second:8.1f}  {many.percentile_ms(50):8.1f}  {many.percentile_ms(95):8.1f}"
        f"  {alone.percentile_ms(50):14.1f}",
        flush=True,
    )
    return many, spent


async def _measure(running: Contender, folder: Path) -> tuple[Measured, Seconds, Measured]:
    acts = [running.client() for _ in range(AT_A_TIME)]
    await load(acts, WARM_UP_SECONDS)
    before = cpu_seconds(folder, running.processes)
    many = await load(acts, SECONDS)
    spent = between(before, cpu_seconds(folder, running.processes))
    await asyncio.sleep(0.5)
    return many, spent, await load(acts[:1], ALONE_SECONDS, at_least=4)


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
