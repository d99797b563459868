"""How many jobs a number of workers carries out, and what a job costs each part: the figures of the load guide.

Triage jobs are the cheapest, sizings the dearest. Processor time per job does not depend on what else the machine
does, jobs per second do: on a machine with two cores the second worker competes with everything else.
"""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import uvloop

from api.demo import load as demo
from api.demo.service import free_port
from core.embedded import wait_until_stopped
from tests.bench.bench_jobs import JOB, surroundings
from tests.bench.support.contenders import client_of, process, wait_until_ready
from tests.bench.support.cpu import Seconds, between, cpu_seconds
from tests.bench.support.load import Measured, load

WORKERS = (1, 2, 4)
AT_A_TIME = 16
WARM_UP_SECONDS, SECONDS = 2.0, 6.0
PARTS = ("worker", "api", "postgres", "valkey")

HOME = demo("greensboro_home")
JOBS: dict[str, dict[str, Any]] = {
    "triage": JOB,
    # With its temperatures given it asks nothing and runs to its end by itself.
    "sizing": HOME | {"electrical": HOME["electrical"] | {"design_temp_min_c": -11, "design_temp_max_c": 34}},
}


def main() -> None:
    """Print a line per kind of job and number of workers."""
    folder = Path(tempfile.mkdtemp(prefix="ss-"))
    print(f"{AT_A_TIME} at a time     workers   jobs/s   p95 ms   processor ms/job: {', '.join(PARTS)}")
    try:
        with surroundings(folder) as (variables, _):
            for kind, job in JOBS.items():
                for workers in WORKERS:
                    port = free_port()
                    command = [sys.executable, "-m", "api.cli", "serve", "--port", str(port)]
                    with process([*command, "--workers", str(workers)], variables, folder / "log") as serving:
                        wait_until_ready(f"http://127.0.0.1:{port}/health/ready", folder / "log")
                        measured, spent = uvloop.run(_measured(folder, serving.pid, port, job))
                    print(f"{kind:<11} {workers:>11} {_line(measured, spent)}", flush=True)
    finally:
        wait_until_stopped(folder)
        shutil.rmtree(folder, ignore_errors=True)


def _line(measured: Measured, spent: Seconds) -> str:
    each = [spent.get(part, 0.0) * 1000 / len(measured.latencies) for part in PARTS]
    costs = "".join(f"{milliseconds:9.2f}" for milliseconds in each)
    return f"{measured.per_second:8.1f} {measured.percentile_ms(95):8.0f} {costs}"


async def _measured(folder: Path, pid: int, port: int, job: dict[str, Any]) -> tuple[Measured, Seconds]:
    client = client_of(port, job)
    acts = [client() for _ in range(AT_A_TIME)]
    await load(acts, WARM_UP_SECONDS)
    before = cpu_seconds(folder, {"api": pid})
    measured = await load(acts, SECONDS)
    return measured, between(before, cpu_seconds(folder, {"api": pid}))


if __name__ == "__main__":
    main()
