"""Real processes of the real command."""

import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.support.commands import Commands
from tests.support.environment import ONLY_OPEN_METEO, bare_environment
from tests.support.leftovers import ended_with_us

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session", autouse=True)
def no_leftovers() -> Iterator[None]:
    with ended_with_us():
        yield


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The environment of a newcomer: no setting of ours, a data folder of the test's own."""
    return (
        bare_environment()
        | ONLY_OPEN_METEO
        | {"DATA_DIR": str(tmp_path / "data"), "PYTHONPATH": str(Path(__file__).parents[2])}
    )


@pytest.fixture(scope="session")
def commands() -> Iterator[Commands]:
    commands = Commands()
    yield commands
    commands.close()


@pytest.fixture
def solarsync(commands: Commands, environment: Mapping[str, str], tmp_path: Path) -> Run:
    """Runs the command in an empty folder and returns what it printed."""

    def run(*arguments: str, stdin: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
        return commands.run(
            *arguments, stdin=stdin, environment={**environment, **variables}, folder=tmp_path
        )

    return run
