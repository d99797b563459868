"""Looking at the processes that a test has started."""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import psutil

PATIENCE = 40


def until(condition: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Wait for something that has to happen."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


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
