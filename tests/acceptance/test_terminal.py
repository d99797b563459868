"""A technician's work from a terminal, against a service of real processes."""

import json
import os
import pty
import select
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from api.demo import load
from api.demo.service import running_service
from api.servers import with_servers
from core.config import Settings
from tests.support.commands import Commands
from tests.support.environment import NOBODY_ANSWERS, bare_environment

ROOT = Path(__file__).parents[2]
PASSWORD = "correct horse battery"

Terminal = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def variables(commands: Commands, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of a terminal beside a service that runs; `tess` and `dora` have accounts."""
    folder = tmp_path_factory.mktemp("terminal")
    environment = bare_environment() | NOBODY_ANSWERS | {
        "DATA_DIR": str(folder / "data"), "XDG_CONFIG_HOME": str(folder / "config"), "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    with with_servers(Settings(_env_file=None, data_dir=folder / "data")) as settings:
        for username, role in (("tess", "technician"), ("dora", "dispatcher")):
            created = commands.run("user", "create", "--username", username, "--role", role, "--password-stdin",
                                  stdin=f"{PASSWORD}\n", environment=environment, folder=folder)  # fmt: skip
            assert created.returncode == 0, created.stderr
        with running_service(settings, NOBODY_ANSWERS, folder / "log") as client:
            yield environment | {"SOLARSYNC_URL": str(client.base_url).removesuffix("/api/v1/")}


@pytest.fixture(scope="module")
def terminal(
    commands: Commands, variables: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Terminal:
    """Runs a command as tess, who is logged in."""
    folder = tmp_path_factory.mktemp("elsewhere")

    def run(*arguments: str, stdin: str = "", **more: str) -> subprocess.CompletedProcess[str]:
        return commands.run(*arguments, stdin=stdin, environment=variables | more, folder=folder)

    done = run("login", "--username", "tess", "--password-stdin", stdin=f"{PASSWORD}\n")
    assert done.returncode == 0, done.stderr
    return run


@pytest.fixture
def waiting(terminal: Terminal, tmp_path: Path) -> str:
    """The id of a job that asks for the coldest temperature."""
    path = tmp_path / "job.json"
    path.write_text(json.dumps(load("greensboro_home")))
    done = terminal("jobs", "start", str(path), "--watch", "--json")
    assert done.returncode == 0, done.stderr
    job = json.loads(done.stdout)
    assert job["status"] == "waiting"
    return str(job["id"])


def test_the_login_is_kept_for_its_owner_alone_and_not_printed(
    terminal: Terminal, variables: dict[str, str]
) -> None:
    file = Path(variables["XDG_CONFIG_HOME"]) / "solarsync" / "login.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    token = json.loads(file.read_text())["access_token"]
    done = terminal("login", "--username", "tess", "--password-stdin", "--json", stdin=f"{PASSWORD}\n")
    assert json.loads(done.stdout)["username"] == "tess"
    assert token not in done.stdout + done.stderr
    assert PASSWORD not in done.stdout + done.stderr + file.read_text()


def test_a_wrong_password_and_no_login_and_no_server_end_with_one_line(
    terminal: Terminal, variables: dict[str, str], tmp_path: Path
) -> None:
    wrong = terminal("login", "--username", "tess", "--password-stdin", stdin="wrong horse battery\n")
    nobody = terminal("jobs", "list", XDG_CONFIG_HOME=str(tmp_path))
    elsewhere = terminal("jobs", "list", "--server", "http://127.0.0.1:9")
    nowhere = terminal("jobs", "list", "--server", "http://127.0.0.1:9", "--api-key", "k")
    for done in (wrong, nobody, elsewhere):
        assert (done.returncode, done.stdout) == (1, "")
        assert len(done.stderr.splitlines()) == 1
        assert "Traceback" not in done.stderr
    assert nowhere.returncode == 1
    assert "cannot be reached" in nowhere.stderr.splitlines()[-1]
    assert terminal("jobs", "list", "--server", "ftp://x").returncode == 2


def test_a_changed_password_keeps_this_login_and_needs_the_present_one(
    terminal: Terminal, variables: dict[str, str], tmp_path: Path
) -> None:
    own = {"XDG_CONFIG_HOME": str(tmp_path)}
    dora = ("login", "--username", "dora", "--password-stdin")
    assert terminal(*dora, stdin=f"{PASSWORD}\n", **own).returncode == 0
    change = ("password", "--password-stdin")
    wrong = terminal(*change, stdin="wrong\nanother horse battery\n", **own)
    short = terminal(*change, stdin=f"{PASSWORD}\nshort\n", **own)
    assert (wrong.returncode, wrong.stderr) == (1, "The current password is wrong.\n")
    assert (short.returncode, short.stderr.split(":")[0]) == (2, "/new_password")
    done = terminal(*change, stdin=f"{PASSWORD}\nanother horse battery\n", **own)
    assert done.returncode == 0, done.stderr
    assert terminal("jobs", "list", **own).returncode == 0
    assert terminal(*dora, stdin=f"{PASSWORD}\n", **own).returncode == 1
    assert terminal(*dora, stdin="another horse battery\n", **own).returncode == 0


def test_a_logout_that_the_server_never_heard_says_so(
    terminal: Terminal, variables: dict[str, str], tmp_path: Path
) -> None:
    own = {"XDG_CONFIG_HOME": str(tmp_path)}
    enter = ("login", "--username", "tess", "--password-stdin")
    file = tmp_path / "solarsync" / "login.json"
    assert terminal(*enter, stdin=f"{PASSWORD}\n", **own).returncode == 0
    away = "http://127.0.0.1:9"
    file.write_text(file.read_text().replace(variables["SOLARSYNC_URL"], away))
    untold = terminal("logout", **own)
    assert (untold.returncode, untold.stdout) == (1, "")
    assert untold.stderr.splitlines()[-1] == (
        f"Forgotten here; {away} could not be told. Change your password to end the login there."
    )
    assert not file.exists()
    assert terminal(*enter, stdin=f"{PASSWORD}\n", **own).returncode == 0
    told = terminal("logout", **own)
    assert (told.returncode, told.stdout) == (0, "Logged out.\n")


def test_a_job_goes_from_start_to_result_with_its_answers_on_the_command_line(
    terminal: Terminal, waiting: str
) -> None:
    listed = terminal("jobs", "list", "--status", "waiting")
    assert waiting in listed.stdout
    shown = terminal("jobs", "show", waiting)
    assert "design_temp_min_c" in shown.stdout
    assert f"solarsync jobs answer {waiting}" in shown.stdout
    done = terminal(
        "jobs", "answer", waiting, "--set", "design_temp_min_c=-18", "--accept-suggestions", "--watch"
    )
    assert done.returncode == 0, done.stderr
    for word in ("Answered.", "sizing done", "result version 1", "Checks", "Summary"):
        assert word in done.stdout
    document = json.loads(terminal("jobs", "show", waiting, "--timeline", "--json").stdout)
    assert document["job"]["status"] == "succeeded"
    assert document["result"]["sizing"]["energy"]["ac_annual_kwh"] > 0
    assert document["timeline"][0]["type"] == "job.created"
    again = terminal("jobs", "answer", waiting, "--set", "design_temp_min_c=-18")
    assert (again.returncode, again.stderr) == (1, "No question is open: the job is succeeded.\n")


def test_watching_tells_the_story_from_the_beginning_and_stops_where_the_job_asks(
    terminal: Terminal, waiting: str
) -> None:
    done = terminal("jobs", "watch", waiting)
    assert done.returncode == 0, done.stderr
    told = [line[10:] for line in done.stdout.splitlines() if line[2:3] == ":"]
    assert told[0] == "accepted  (tess)"
    assert told[-1] == "asks: design_temp_min_c"


def test_answers_that_do_not_do_end_with_two_and_send_nothing(terminal: Terminal, waiting: str) -> None:
    done = terminal("jobs", "answer", waiting, "--set", "design_temp_min_c=900", "--set", "colour=red")
    assert (done.returncode, done.stdout) == (2, "")
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == [
        "/answers/design_temp_min_c", "/answers/colour",
    ]  # fmt: skip
    nothing = terminal("jobs", "answer", waiting)
    assert nothing.returncode == 2
    assert nothing.stderr.startswith("/answers/design_temp_min_c: this is open too")


@pytest.mark.parametrize(
    ("document", "place"),
    [({"kind": "sizing", "colour": "red"}, "/colour: "), ("{", "/: "), ({"kind": "x"}, "/kind: ")],
)
def test_a_job_that_is_refused_ends_with_two_the_field_and_the_reason(
    terminal: Terminal, document: Any, place: str
) -> None:
    text = document if isinstance(document, str) else json.dumps(document)
    done = terminal("jobs", "start", "-", "--json", stdin=text)
    assert (done.returncode, done.stdout) == (2, "")
    assert any(line.startswith(place) for line in done.stderr.splitlines()), done.stderr


def test_a_start_repeated_under_its_own_name_is_one_job(terminal: Terminal) -> None:
    text = json.dumps(load("greensboro_home"))
    first, second = (
        terminal("jobs", "start", "-", "--idempotency-key", "roof-17", "--json", stdin=text) for _ in range(2)
    )
    assert json.loads(first.stdout)["id"] == json.loads(second.stdout)["id"]


def test_a_person_at_a_terminal_is_asked_with_reason_and_suggestion(
    waiting: str, variables: dict[str, str]
) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "api.cli", "jobs", "watch", waiting],
        env=variables | {"TERM": "xterm", "COLUMNS": "120"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    screen = _until(ours, "]: ")
    assert "Why: Module voltage rises in the cold" in screen
    os.write(ours, b"cold\n")
    assert "must be a number" in _until(ours, "must be a number")
    os.write(ours, b"-18\n")
    assert "succeeded" in _until(ours, "succeeded")
    _drain(ours)
    assert process.wait(60) == 0
    os.close(ours)


def _until(terminal: int, word: str, patience: float = 60) -> str:
    """What the terminal shows, up to `word`."""
    seen, deadline = "", time.monotonic() + patience
    while word not in seen:
        assert time.monotonic() < deadline, seen
        if select.select([terminal], [], [], 0.2)[0]:
            seen += os.read(terminal, 65536).decode(errors="replace")
    return seen


def _drain(terminal: int) -> None:
    try:
        while os.read(terminal, 65536):
            pass
    except OSError:  # its other end is closed
        pass
