"""The real command in a process of its own, without the second or two in which it imports everything.

Each process is forked from one that has the command and what it works with imported, and nothing else. Starts from
nothing are for the tests of the demo, of `serve`, of the wheel and of the guides.
"""

import gc
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from threading import Timer
from typing import Any

ROOT = Path(__file__).parents[2]
IMPORTED = (
    *("api.cli", "api.client", "api.job_pages", "api.pages", "api.servers", "core.database.schema"),
    *("core.embedded", "core.readiness", "graph.drawing", "graph.tasks", "nodes.intake.engine"),
)
PATIENCE = 120
STREAMS = {0: "stdin", 1: "stdout", 2: "stderr"}


class Commands:
    """Starts processes of the command, one at a time."""

    def __init__(self) -> None:
        self._origin = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )

    def run(
        self, *arguments: str, stdin: str, environment: Mapping[str, str], folder: Path
    ) -> subprocess.CompletedProcess[str]:
        """As `subprocess.run` of `solarsync` with these arguments."""
        with tempfile.TemporaryDirectory() as name:
            streams = {stream: Path(name, stream) for stream in STREAMS.values()}
            streams["stdin"].write_text(stdin)
            wanted = {
                "arguments": arguments,
                "environment": dict(environment),
                "folder": str(folder),
                **{stream: str(path) for stream, path in streams.items()},
            }
            pid = int(self._said(json.dumps(wanted)))
            hurry = Timer(PATIENCE, os.kill, (pid, signal.SIGKILL))
            hurry.start()
            returncode = int(self._said("wait"))
            hurry.cancel()
            return subprocess.CompletedProcess(
                arguments, returncode, streams["stdout"].read_text(), streams["stderr"].read_text()
            )

    def _said(self, line: str) -> str:
        assert self._origin.stdin is not None
        assert self._origin.stdout is not None
        self._origin.stdin.write(f"{line}\n")
        self._origin.stdin.flush()
        return self._origin.stdout.readline()

    def close(self) -> None:
        self._origin.communicate()


def main() -> None:
    """Fork a process for every line; the child becomes the command."""
    for module in IMPORTED:
        importlib.import_module(module)
    gc.freeze()
    child = 0
    with suppress(EOFError):
        while True:
            line = input()
            if line == "wait":
                _, status = os.waitpid(child, 0)
                print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201
            elif child := os.fork():
                print(child, flush=True)  # noqa: T201
            else:
                become(json.loads(line))
                return


def become(wanted: dict[str, Any]) -> None:
    """Take on the streams, folder and environment that are wanted, and be the command."""
    for number, stream in STREAMS.items():
        opened = os.open(wanted[stream], os.O_RDWR | os.O_CREAT, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w", buffering=1)  # noqa: SIM115
    os.environ.clear()
    os.environ.update(wanted["environment"])
    os.chdir(wanted["folder"])
    sys.argv = ["solarsync", *wanted["arguments"]]
    importlib.import_module("api.cli").main()


if __name__ == "__main__":
    main()
