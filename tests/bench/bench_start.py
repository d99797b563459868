"""Cold starts: `solarsync size` and `triage` from nothing, `solarsync serve` to ready on kept data.

The floor is an interpreter that imports what any such command needs, in the same run.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import httpx

from api.demo import load
from api.demo.service import free_port

ROUNDS = 7
FLOOR = "import numpy, pydantic, typer"
READY_WITHIN = 30


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory(prefix="ss-") as folder:
        data = Path(folder)
        sizing, ticket = data / "sizing.json", data / "ticket.json"
        sizing.write_text(json.dumps(load("greensboro_home")))
        ticket.write_text(json.dumps(load("nairobi_home") | {"kind": "triage"}))
        floor = _median(partial(_run, [sys.executable, "-c", FLOOR]))
        print(f"{'python -c ' + repr(FLOOR):<45} {floor:6.2f} s   floor")
        for name, file in (("size", sizing), ("triage", ticket)):
            command = [sys.executable, "-m", "api.cli", name, str(file), "--json"]
            seconds = _median(partial(_run, command))
            print(f"{'solarsync ' + name:<45} {seconds:6.2f} s   {seconds / floor:.1f} × floor")
        print(_timings(sizing))
        _serve(data / "data")  # the first start makes the data
        warm = _median(partial(_serve, data / "data"))
        print(f"{'solarsync serve, warm, to ready':<45} {warm:6.2f} s   {warm / floor:.1f} × floor")


def _median(act: Callable[[], float]) -> float:
    return statistics.median(act() for _ in range(ROUNDS))


def _run(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def _timings(file: Path) -> str:
    command = [sys.executable, "-m", "api.cli", "size", str(file), "--json", "--timings"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return "\n".join(f"    {line}" for line in done.stderr.splitlines())


def _serve(data: Path) -> float:
    port = free_port()
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "api.cli", "serve", "--port", str(port)],
        env=os.environ | {"DATA_DIR": str(data)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while time.perf_counter() - started < READY_WITHIN:
            try:
                if httpx.get(f"http://127.0.0.1:{port}/health/ready").is_success:
                    return time.perf_counter() - started
            except httpx.TransportError:
                time.sleep(0.01)
        raise TimeoutError("the service did not get ready")
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
