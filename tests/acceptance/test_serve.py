import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from api.demo.service import free_port
from tests.support.processes import PATIENCE, family, gone, until, until_ready


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
        until_ready(url, process)
        assert process.poll() is None, (tmp_path / "log").read_text()
        yield process, url
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_a_worker_that_dies_is_replaced_and_sigterm_drains_all_and_leaves_nothing_behind(
    served: tuple[subprocess.Popen[bytes], str], tmp_path: Path
) -> None:
    process, _ = served

    def workers() -> set[int]:
        children = psutil.Process(process.pid).children()
        commands = {child.pid: child.as_dict(["cmdline"], ad_value=[])["cmdline"] for child in children}
        return {pid for pid, command in commands.items() if "worker" in command}  # one that ended has none

    until(lambda: len(workers()) == 1)
    first = workers()
    psutil.Process(next(iter(first))).kill()
    until(lambda: len(workers() - first) == 1)
    _drains_and_leaves_nothing_behind(process, signal.SIGTERM, tmp_path)


def test_ctrl_c_drains_the_service_and_leaves_nothing_behind(
    served: tuple[subprocess.Popen[bytes], str], tmp_path: Path
) -> None:
    _drains_and_leaves_nothing_behind(served[0], signal.SIGINT, tmp_path)


def _drains_and_leaves_nothing_behind(
    process: subprocess.Popen[bytes], how: signal.Signals, folder: Path
) -> None:
    started = family(process.pid, folder / "data")
    assert len(started) >= 4
    process.send_signal(how)
    assert process.wait(PATIENCE) == 0
    until(lambda: gone(started))


def test_a_killed_service_leaves_no_process_behind(
    served: tuple[subprocess.Popen[bytes], str], tmp_path: Path
) -> None:
    process, _ = served
    started = family(process.pid, tmp_path / "data")
    process.kill()
    process.wait()
    until(lambda: gone(started))


def test_a_process_whose_loop_stands_still_ends_and_says_where() -> None:
    program = (
        "import asyncio, time\n"
        "from api.commands.start import end_when_frozen\n"
        "async def main():\n"
        "    watch = asyncio.create_task(end_when_frozen(0.5))\n"
        "    await asyncio.sleep(1.5)\n"
        "    print('alive', flush=True)\n"
        "    time.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert (ended.returncode, ended.stdout) == (1, "alive\n")
    assert "line 7 in main" in ended.stderr
