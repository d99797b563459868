"""A run of the tests that is killed leaves no process behind."""

import subprocess
import sys
from pathlib import Path

import psutil

from tests.support.processes import PATIENCE, gone, until

STARTS_ONE = """
import subprocess, sys, time
from tests.support.leftovers import ended_with_us

with ended_with_us():
    left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    print(left.pid, flush=True)
    time.sleep(600)
"""


def test_what_killed_tests_had_started_in_sessions_of_its_own_ends_with_them() -> None:
    tests = subprocess.Popen(
        [sys.executable, "-c", STARTS_ONE], cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True
    )
    assert tests.stdout is not None
    with tests.stdout:
        left = psutil.Process(int(tests.stdout.readline()))
    assert left.is_running()
    tests.kill()
    tests.wait(PATIENCE)
    until(lambda: gone([left]))
