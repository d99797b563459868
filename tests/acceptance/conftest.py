"""Real processes of the real command."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from core.config import SPELLINGS, Settings
from tests.support.environment import ONLY_OPEN_METEO

Run = Callable[..., subprocess.CompletedProcess[str]]

SETTINGS = {name.upper() for name in Settings.model_fields} | {
    n for names in SPELLINGS.values() for n in names
}


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The environment of a newcomer: no setting of ours, a data folder of the test's own."""
    kept = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    return (
        kept
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
