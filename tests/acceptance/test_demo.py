import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.acceptance.conftest import Run
from tests.support.processes import PATIENCE, family, gone, until

OFFLINE = "http://127.0.0.1:9"


def test_the_demo_runs_offline_twice_on_the_same_data(solarsync: Run, tmp_path: Path) -> None:
    for _ in range(2):
        done = solarsync("demo", OPEN_METEO_URL=OFFLINE, COLUMNS="140")
        assert done.returncode == 0, done.stdout + done.stderr
        for word in (
            "simulator",
            "design_temp_min_c",
            "STOP WORK",
            "Visit",
            "Economics",
            "Greensboro",
            "Done.",
        ):
            assert word in done.stdout
    assert (tmp_path / "data" / "demo.log").exists()


def test_ctrl_c_in_the_demo_leaves_no_process_behind(environment: Mapping[str, str], tmp_path: Path) -> None:
    # A shell has its background jobs ignore SIGINT, and whatever they start inherits that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with (tmp_path / "out").open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "api.cli", "demo"],
            env={**environment, "OPEN_METEO_URL": OFFLINE, "PYTHONUNBUFFERED": "1"},
            cwd=tmp_path,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    until(lambda: "accepted" in (tmp_path / "out").read_text() or process.poll() is not None)
    process.send_signal(signal.SIGSTOP)  # or its story is over before its processes are counted
    started = family(process.pid, tmp_path / "data")
    assert len(started) >= 4
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGCONT)
    assert process.wait(PATIENCE) == 130
    until(lambda: gone(started))
    assert "Traceback" not in (tmp_path / "out").read_text()
