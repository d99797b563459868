"""Where a process spends its processor time: its stacks, looked at every few milliseconds.

`python -m tests.bench.support.sampling FILE ARGUMENT ...` runs `solarsync ARGUMENT ...`, counts from SIGUSR1 on and
writes what it saw to FILE at the end.
"""

import gc
import json
import signal
import sys
import sysconfig
import threading
import time
from collections import defaultdict
from pathlib import Path
from types import FrameType

INTERVAL_SECONDS = 0.002
SWITCH_SECONDS = 0.00005
"""Else a look would have to wait for a system call, and find the program there."""
SITE_PACKAGES = sysconfig.get_path("purelib")
OURS = ("api", "core", "graph", "nodes", "state")


class Sampler(threading.Thread):
    """Charges the time that each thread has worked since the last look to where it is now.

    The processor's time, not the clock's: a thread that waits, or is kept waiting, is charged nothing.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._parts: defaultdict[str, float] = defaultdict(float)
        self._functions: defaultdict[str, float] = defaultdict(float)
        self._going = True

    def run(self) -> None:
        last: dict[int, float] = {}
        while self._going:
            time.sleep(INTERVAL_SECONDS)
            for thread, frame in _frames().items():
                if thread == self.ident:
                    continue
                now = _worked(thread)
                spent = now - last.get(thread, now)
                last[thread] = now
                if spent > 0.0:
                    self._parts[_part(frame)] += spent
                    self._functions[_function(frame)] += spent

    def stop(self) -> dict[str, dict[str, float]]:
        self._going = False
        if self.is_alive():
            self.join()
        return {"parts": self._parts, "functions": self._functions}


def _frames() -> dict[int, FrameType]:
    """Where each thread is. To look makes objects; a collection that set in meanwhile could free a thread's local
    value, wait for the lock that is held here, and so freeze the process (python/cpython issue 106883, Python 3.11).
    """
    gc.disable()
    try:
        return sys._current_frames()
    finally:
        gc.enable()


def _worked(thread: int) -> float:
    try:
        return time.clock_gettime(time.pthread_getcpuclockid(thread))
    except OSError:  # it has just ended
        return 0.0


def _part(frame: FrameType) -> str:
    """The innermost library or room of ours on the stack: the standard library works for its caller."""
    at: FrameType | None = frame
    while at is not None:
        name: str = at.f_globals.get("__name__", "")
        package = name.partition(".")[0]
        if package in OURS:
            return ".".join(name.split(".")[:2])
        if at.f_code.co_filename.startswith(SITE_PACKAGES):
            return package
        at = at.f_back
    return "event loop"


def _function(frame: FrameType) -> str:
    return f"{frame.f_globals.get('__name__', '?')}:{frame.f_code.co_name}"


def main() -> None:
    """Run the command under the sampler."""
    from api.cli import main as solarsync  # noqa: PLC0415  what it imports is not measured

    file, sys.argv[1:] = Path(sys.argv[1]), sys.argv[2:]
    sys.setswitchinterval(SWITCH_SECONDS)
    sampler = Sampler()
    signal.signal(signal.SIGUSR1, lambda *_: sampler.start())
    try:
        solarsync()
    finally:
        file.write_text(json.dumps(sampler.stop()))


if __name__ == "__main__":
    main()
