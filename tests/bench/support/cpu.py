"""Processor time by part of the machinery, of all processes that a bench has started."""

from pathlib import Path

import psutil

Seconds = dict[str, float]


def cpu_seconds(folder: Path, processes: dict[str, int]) -> Seconds:
    """Processor time so far: of the named processes, their worker and scheduler, and the servers in `folder`."""
    spent: Seconds = {}
    for name, pid in processes.items():
        process = psutil.Process(pid)
        spent[name] = _own(process)
        for child in process.children(recursive=True):
            part = next((word for word in child.cmdline() if word in {"worker", "scheduler"}), name)
            spent[part] = spent.get(part, 0.0) + _own(child)
    for process in psutil.process_iter():
        try:
            command = " ".join(process.cmdline())
            if str(folder) not in command:
                continue
            if "postgres -D" in command or "bin/postgres" in command:
                spent["postgres"] = _whole(process)
            elif "valkey-server" in command:
                spent["valkey"] = _whole(process)
        except psutil.NoSuchProcess:
            continue
    spent["load"] = _own(psutil.Process())
    return spent


def between(before: Seconds, after: Seconds) -> Seconds:
    return {name: after[name] - before.get(name, 0.0) for name in after}


def _own(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _whole(process: psutil.Process) -> float:
    """With the children that have ended, and those that have not."""
    times = process.cpu_times()
    ended = float(times.children_user + times.children_system)
    return _own(process) + ended + sum(map(_own, process.children(recursive=True)))
