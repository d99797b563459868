"""Looking at the processes that a test has started."""

import subprocess
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import httpx
import psutil

PATIENCE = 40
START_SECONDS = 180
"""Several processes at once, none of which has its bytecode yet, on a busy machine."""


def until(condition: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Wait for something that has to happen."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


def until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    """Wait for a service to say that it can work, or for its process to have ended."""
    with httpx.Client(base_url=url) as client:

        def ready() -> bool:
            with suppress(httpx.TransportError):
                return client.get("/health/ready").is_success
            return False

        until(lambda: ready() or process.poll() is not None, START_SECONDS)


def family(pid: int, data: Path) -> list[psutil.Process]:
    """Every process that a service started: its children, and the servers over its data."""
    children = psutil.Process(pid).children(recursive=True)
    return [*children, *(each for each in psutil.process_iter() if _works_on(each, data))]


def gone(processes: Iterable[psutil.Process]) -> bool:
    """Whether none of them runs any more."""
    return not any(each.is_running() and each.status() != psutil.STATUS_ZOMBIE for each in processes)


def _works_on(process: psutil.Process, data: Path) -> bool:
    with suppress(psutil.Error):
        return str(data) in " ".join([*process.cmdline(), process.cwd()])
    return False
