"""Real processes of the real command."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.support.environment import ONLY_OPEN_METEO, bare_environment

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The environment of a newcomer: no setting of ours, a data folder of the test's own."""
    return (
        bare_environment()
        | ONLY_OPEN_METEO
        | {"DATA_DIR": str(tmp_path / "data"), "PYTHONPATH": str(Path(__file__).parents[2])}
    )


@pytest.fixture
def solarsync(environment: Mapping[str, str], tmp_path: Path) -> Run:
    """Runs the command in an empty folder and returns what it printed."""

    def run(*arguments: str, stdin: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "api.cli", *arguments],
            input=stdin,
            env={**environment, **variables},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run
