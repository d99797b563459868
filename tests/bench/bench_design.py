"""The design search and `POST /sizing`: milliseconds, answers a second, memory; beside one pvlib ModelChain year.

The yardstick runs in between, so that a machine that is busy otherwise shows in both. Processor time is what the
machine's other users do not change.
"""

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from os import environ
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd
import psutil
import uvloop
from pvlib.location import Location
from pvlib.modelchain import ModelChain
from pvlib.pvsystem import PVSystem

from api.demo.service import free_port
from core.embedded import start_embedded_servers, wait_until_stopped
from nodes.sizing.candidates import check_offer
from nodes.sizing.engine import size
from nodes.sizing.equipment import inverters_to_try, modules_to_try
from nodes.sizing.plan import plan_of
from nodes.sizing.questions import Form
from nodes.sizing.screen import screen
from nodes.sizing.selection import choose, search
from tests.bench.support import contenders
from tests.bench.support.http_client import Connection
from tests.bench.support.load import Act, Measured, load
from tests.support.environment import ONLY_OPEN_METEO
from tests.support.sizing import MODULE, NAIROBI, STRING_INVERTER, job_of, nairobi_year, resource_of

ROUNDS, CANDIDATES = 15, 500
SEARCH_MS, ANSWER_MS, PER_SECOND, MEMORY_MB = 300, 80, 20, 350
SECONDS = 6.0
GIVEN: dict[str, Any] = {
    "kind": "sizing",
    "site": NAIROBI,
    "demand": {"daily_kwh": 12},
    "equipment": {"module": MODULE, "inverter": STRING_INVERTER},
    "electrical": {"design_temp_min_c": 6, "service_voltage_v": 230},
}


def main() -> None:
    """Print the tables."""
    _in_process()
    folder = Path(tempfile.mkdtemp(prefix="ss-"))
    try:
        _over_http(folder)
    finally:
        wait_until_stopped(folder)
        shutil.rmtree(folder, ignore_errors=True)


def _in_process() -> None:
    year, job = nairobi_year(), job_of()
    plan = plan_of(job, year, resource_of(year), Form({}))
    if plan is None:
        raise RuntimeError("the job leaves no question open")
    brief, modules, inverters = plan.brief, modules_to_try(), inverters_to_try("grid_tied")
    choice = choose(job, year, plan)
    several = [
        screen(brief, modules, pdc0, inverters, shortlist=CANDIDATES) for pdc0 in (4e3, 8e3, 16e3, 32e3)
    ]
    offers = [offer for each in several for offer in each.offers][:CANDIDATES]
    given = job_of(equipment=GIVEN["equipment"])
    cheapest = replace(choice.ranking, objective="cost_per_kwh")
    chain = _model_chain()
    rows: list[tuple[str, Callable[[], object]]] = [
        ("pvlib ModelChain, PVWatts, one year (yardstick)", chain),
        (f"screen of {several[0].considered} combinations",
         lambda: screen(brief, modules, 6e3, inverters, shortlist=40)),
        (f"search: screen, 40 checked in full, ranked (bar {SEARCH_MS})",
         lambda: search(brief, 6e3, choice.catalogue, choice.ranking)),
        ("search by cost per useful kWh", lambda: search(brief, 6e3, choice.catalogue, cheapest)),
        (f"{len(offers)} candidates, every one laid out and checked in full (bar {SEARCH_MS})",
         lambda: [check_offer(brief, offer, 6e3, []) for offer in offers]),
        ("size(), whole catalogue", lambda: size(job, year, resource_of(year), {})),
        (f"size(), given module and inverter (bar {ANSWER_MS})", lambda: size(given, year, resource_of(year), {})),
    ]  # fmt: skip
    print(f"{'median of ' + str(ROUNDS):<72} {'wall ms':>8} {'CPU ms':>8} {'ModelChain years':>17}")
    unit = None
    for name, act in rows:
        wall, cpu = _median(act)
        unit = cpu if unit is None else unit
        print(f"{name:<72} {wall:8.1f} {cpu:8.1f} {cpu / unit:17.2f}")


def _median(act: Callable[[], object]) -> tuple[float, float]:
    act()
    walls, cpus = [], []
    for _ in range(ROUNDS):
        wall, cpu = time.perf_counter(), time.process_time()
        act()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return 1000 * statistics.median(walls), 1000 * statistics.median(cpus)


def _model_chain() -> Callable[[], object]:
    year = nairobi_year()
    hours = pd.date_range("2019-01-01 00:30", periods=8760, freq="h", tz="Etc/GMT-3")
    columns = {name: getattr(year, name) for name in ("ghi", "dni", "dhi", "temp_air", "wind_speed")}
    weather = pd.DataFrame({name: np.asarray(values) for name, values in columns.items()}, index=hours)
    system = PVSystem(
        surface_tilt=10,
        surface_azimuth=180,
        module_parameters={"pdc0": 5000, "gamma_pdc": -0.0035},
        inverter_parameters={"pdc0": 4200},
        racking_model="open_rack",
        module_type="glass_polymer",
    )
    chain = ModelChain.with_pvwatts(
        system, Location(year.latitude, year.longitude, "Etc/GMT-3", year.elevation)
    )
    return lambda: chain.run_model(weather)


def _over_http(folder: Path) -> None:
    variables = {"DATA_DIR": str(folder), **ONLY_OPEN_METEO}
    user = [sys.executable, "-m", "api.cli", "user", "create", "--username", contenders.USERNAME]
    with start_embedded_servers(folder):
        subprocess.run(
            [*user, "--role", "technician", "--password-stdin"],
            input=contenders.PASSWORD.encode(),
            env=environ | variables,
            check=True,
            capture_output=True,
        )
        with _serving(variables, folder / "log") as (port, pid):
            alone, many = uvloop.run(_measure([_client(port) for _ in range(6)]))
            family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
            ours = [each for each in family if "api.cli" in " ".join(each.cmdline())]
            largest = max(each.memory_info().rss for each in ours) / 1e6
    print(f"\nPOST /sizing, given module and inverter, one at a time: p50 {alone.percentile_ms(50):.1f} ms "
          f"(bar {ANSWER_MS}), p95 {alone.percentile_ms(95):.1f} ms")  # fmt: skip
    print(f"four at a time: {many.per_second:.1f} answers/s (bar {PER_SECOND})")
    print(f"largest process of {len(ours)}: {largest:.0f} MB (bar {MEMORY_MB})")


async def _measure(acts: list[Act]) -> tuple[Measured, Measured]:
    """One client alone, then four: others, since the server closes a connection that idles for some seconds."""
    await load(acts[:1], 1.0)
    return await load(acts[1:2], SECONDS, at_least=20), await load(acts[2:], SECONDS, at_least=20)


@contextmanager
def _serving(variables: dict[str, str], log_file: Path) -> Iterator[tuple[int, int]]:
    port = free_port()
    command = [sys.executable, "-m", "api.cli", "serve", "--port", str(port)]
    with contenders.process(command, variables, log_file) as serving:
        contenders.wait_until_ready(f"http://127.0.0.1:{port}/health/ready", log_file)
        yield port, serving.pid


def _client(port: int) -> Act:
    login = httpx.post(
        f"http://127.0.0.1:{port}/api/v1/auth/token",
        data={"username": contenders.USERNAME, "password": contenders.PASSWORD},
    )
    headers = {"Authorization": f"Bearer {login.raise_for_status().json()['access_token']}"}
    connection, body = Connection(port, headers), json.dumps(GIVEN).encode()

    async def act() -> None:
        answer = await connection.json("POST", "/api/v1/sizing", body)
        if answer["sizing"]["status"] == "infeasible":
            raise RuntimeError("the system must be feasible")

    return act


if __name__ == "__main__":
    main()
