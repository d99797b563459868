import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import pytest

from api.demo.service import free_port

PATIENCE = 40


@pytest.fixture
def served(environment: Mapping[str, str], tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """`solarsync serve`, ready, and its address."""
    port = free_port()
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "api.cli", "serve", "--port", str(port)],
            env={**environment, "OPEN_METEO_URL": "http://127.0.0.1:9"},
            cwd=tmp_path,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _until(lambda: _ready(url) or process.poll() is not None)
        assert process.poll() is None, (tmp_path / "log").read_text()
        yield process, url
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


def _ready(url: str) -> bool:
    with suppress(httpx.TransportError):
        return httpx.get(f"{url}/health/ready").is_success
    return False


def _family(process: subprocess.Popen[bytes], data: Path) -> list[psutil.Process]:
    """Every process that the service started, its servers included."""
    children = psutil.Process(process.pid).children(recursive=True)
    servers = [each for each in psutil.process_iter() if _works_on(each, data)]
    return [*children, *servers]


def _works_on(process: psutil.Process, data: Path) -> bool:
    with suppress(psutil.Error):
        return str(data) in " ".join([*process.cmdline(), process.cwd()])
    return False


def _gone(processes: list[psutil.Process]) -> bool:
    return not any(each.is_running() and each.status() != psutil.STATUS_ZOMBIE for each in processes)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_the_service_drains_and_leaves_nothing_behind(
    served: tuple[subprocess.Popen[bytes], str], tmp_path: Path, how: signal.Signals
) -> None:
    process, _ = served
    family = _family(process, tmp_path / "data")
    assert len(family) >= 4
    process.send_signal(how)
    assert process.wait(PATIENCE) == 0
    _until(lambda: _gone(family))


def test_a_killed_service_leaves_no_process_behind(
    served: tuple[subprocess.Popen[bytes], str], tmp_path: Path
) -> None:
    process, _ = served
    family = _family(process, tmp_path / "data")
    process.kill()
    process.wait()
    _until(lambda: _gone(family))


def test_a_worker_that_dies_is_replaced(served: tuple[subprocess.Popen[bytes], str]) -> None:
    process, _ = served

    def workers() -> set[int]:
        children = psutil.Process(process.pid).children()
        return {child.pid for child in children if "worker" in child.cmdline()}

    _until(lambda: len(workers()) == 1)
    first = workers()
    psutil.Process(next(iter(first))).kill()
    _until(lambda: len(workers() - first) == 1)
