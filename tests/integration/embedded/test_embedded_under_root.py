"""Under root the servers run without its rights, wherever data and wheels are, and nothing of others' is changed."""

import os
import pwd
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.embedded import EmbeddedServers, start_embedded_servers, wait_until_stopped
from core.embedded.owners import UNCLAIMED_IDS, Owner, may_run
from core.embedded.programs import POSTGRES, VALKEY
from core.embedded.runtime import noted_folder
from core.embedded.start import find_wheels
from tests.support.embedded_user import User, server, swept

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root has rights to give up")

KEYS = ("postgres", "valkey")
NOBODY = Owner(*pwd.getpwnam("nobody")[2:4])


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can reach and write."""
    folder = Path(tempfile.mkdtemp(prefix="ss-", dir="/tmp"))
    folder.chmod(0o777)
    with swept(folder):
        yield folder
        assert wait_until_stopped(folder / "data")
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def python_of_everybody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, str]]]:
    """This interpreter where an ordinary user can run it, and the environment it needs there."""
    interpreter = Path(sys.executable).resolve()
    if may_run(interpreter, NOBODY) and may_run(Path(sysconfig.get_path("stdlib")), NOBODY):
        yield Path(sys.executable), {}
        return
    home = Path(tempfile.mkdtemp(prefix="ss-python-", dir="/tmp"))
    home.chmod(0o755)
    unneeded = shutil.ignore_patterns(
        "site-packages", "test", "tests", "idlelib", "tkinter", "ensurepip", "config-*"
    )
    shutil.copytree(
        sysconfig.get_path("stdlib"), home / "lib" / Path(sysconfig.get_path("stdlib")).name, ignore=unneeded
    )
    for library in Path(sys.base_prefix, "lib").glob("libpython*.so*"):
        shutil.copy2(library, home / "lib")
    (home / "bin").mkdir()
    shutil.copy2(interpreter, home / "bin")
    yield home / "bin" / interpreter.name, {"PYTHONHOME": str(home), "LD_LIBRARY_PATH": str(home / "lib")}
    shutil.rmtree(home)


def modes_above(folder: Path) -> dict[Path, tuple[int, int, int]]:
    return {path: (s.st_mode, s.st_uid, s.st_gid) for path in folder.parents for s in [path.stat()]}


def owners_in(folder: Path) -> set[int]:
    return {path.lstat().st_uid for path in (folder, *folder.rglob("*"))}


def test_the_servers_run_under_a_user_id_of_their_own(data_dir: Path) -> None:
    with start_embedded_servers(data_dir):
        for process in (server(data_dir, key) for key in KEYS):
            assert set(process.uids()) <= set(UNCLAIMED_IDS)
            assert set(process.gids()) <= set(UNCLAIMED_IDS)
            with Path(f"/proc/{process.pid}/status").open() as status:
                facts = dict(line.split(":", 1) for line in status)
            assert facts["Groups"].strip() == ""
            assert int(facts["CapEff"], 16) == 0


def test_no_account_is_added_and_no_folder_above_changes(data_dir: Path) -> None:
    accounts, groups = Path("/etc/passwd").read_bytes(), Path("/etc/group").read_bytes()
    before = modes_above(data_dir)
    with start_embedded_servers(data_dir):
        assert modes_above(data_dir) == before
    assert wait_until_stopped(data_dir)
    assert modes_above(data_dir) == before
    assert Path("/etc/passwd").read_bytes() == accounts
    assert Path("/etc/group").read_bytes() == groups


def test_data_below_a_folder_that_only_root_may_enter_is_served_and_kept(tmp_path: Path) -> None:
    closed = tmp_path / "root only"
    closed.mkdir(mode=0o700)
    data_dir = closed / "project" / "data"
    for _ in range(2):
        with start_embedded_servers(data_dir) as shared:
            assert shared.database_url
        assert wait_until_stopped(data_dir)
        (uid,) = owners_in(data_dir / "embedded" / "postgres" / "data")
        assert uid in UNCLAIMED_IDS
    assert closed.stat().st_mode & 0o777 == 0o700
    assert closed.stat().st_uid == 0


@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_wheels_below_a_folder_that_only_root_may_enter_are_used(
    data_dir: Path, tmp_path: Path, umask: int
) -> None:
    closed = tmp_path / "site-packages"
    closed.mkdir(mode=0o700)
    wheels = find_wheels([POSTGRES, VALKEY])
    for program, packages in wheels.items():
        for folder in {part.split("/")[0] for part in program.parts if (packages / part).exists()}:
            shutil.copytree(
                packages / folder, closed / folder, ignore=shutil.ignore_patterns("pginstall", "include")
            )
    previous = os.umask(umask)
    try:
        user = User(data_dir, path=str(closed))
    finally:
        os.umask(previous)
    with user:
        assert "database_url" in user.answer, user.answer
        for program in (POSTGRES, VALKEY):
            runtime = noted_folder(data_dir / "embedded" / program.key / "runtime")
            assert server(data_dir, program.key).exe() == f"{runtime}/wheel/{program.parts[0]}"
    assert wait_until_stopped(data_dir)


def test_nobody_but_root_gets_to_the_servers(
    embedded_servers: EmbeddedServers, python_of_everybody: tuple[Path, dict[str, str]]
) -> None:
    python, environment = python_of_everybody
    sockets = [
        f"{embedded_servers.database_url.split('host=')[1]}/{POSTGRES.socket}",
        embedded_servers.redis_url.removeprefix("unix://").split("?")[0],
    ]
    attempt = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])"
    for path in sockets:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(path)
        refused = subprocess.run(
            [python, "-c", attempt, path],
            env=environment,
            user=NOBODY.uid,
            group=NOBODY.gid,
            extra_groups=[],
            capture_output=True,
            text=True,
            check=False,
        )
        assert "PermissionError" in refused.stderr


def test_a_data_folder_of_an_ordinary_user_stays_his(
    open_folder: Path, python_of_everybody: tuple[Path, dict[str, str]]
) -> None:
    data_dir = open_folder / "data"
    data_dir.mkdir()
    os.chown(data_dir, *NOBODY)
    with start_embedded_servers(data_dir):
        assert {server(data_dir, key).uids().effective for key in KEYS} == {NOBODY.uid}
    assert wait_until_stopped(data_dir)
    assert owners_in(data_dir) == {NOBODY.uid}
    python, environment = python_of_everybody
    with User(data_dir, python=[str(python)], environment=environment, uid=NOBODY.uid) as himself:
        assert "database_url" in himself.answer, himself.answer


@pytest.mark.parametrize("with_runtime_dir", [True, False])
def test_an_ordinary_user_starts_shares_and_stops_the_servers_as_himself(
    open_folder: Path, python_of_everybody: tuple[Path, dict[str, str]], with_runtime_dir: bool
) -> None:
    python, environment = python_of_everybody
    if with_runtime_dir:
        private = open_folder / "run"
        private.mkdir(mode=0o700)
        os.chown(private, *NOBODY)
        environment = environment | {"XDG_RUNTIME_DIR": str(private)}
    data_dir = open_folder / "data"
    before = modes_above(data_dir)
    with (
        User(data_dir, python=[str(python)], environment=environment, uid=NOBODY.uid) as first,
        User(data_dir, python=[str(python)], environment=environment, uid=NOBODY.uid) as second,
    ):
        assert "database_url" in first.answer, first.answer
        assert first.answer == second.answer
        assert (str(open_folder / "run") in first.answer["redis_url"]) == with_runtime_dir
        assert {server(data_dir, key).uids().effective for key in KEYS} == {NOBODY.uid}
        first.leave()
        second.kill()
    assert wait_until_stopped(data_dir)
    assert owners_in(data_dir) == {NOBODY.uid}
    assert modes_above(data_dir) == before


def test_a_user_id_without_an_account_is_told_so(
    open_folder: Path, python_of_everybody: tuple[Path, dict[str, str]]
) -> None:
    python, environment = python_of_everybody
    uid = UNCLAIMED_IDS[-1]
    with User(open_folder / "data", python=[str(python)], environment=environment, uid=uid) as stranger:
        assert stranger.answer["error"] == "ConfigurationError"
        assert f"user id {uid} has no account" in stranger.answer["detail"]


def test_a_data_folder_of_somebody_else_is_refused_by_name(
    open_folder: Path, python_of_everybody: tuple[Path, dict[str, str]]
) -> None:
    with start_embedded_servers(open_folder / "data", postgres=False):
        pass
    assert wait_until_stopped(open_folder / "data")
    python, environment = python_of_everybody
    with User(open_folder / "data", python=[str(python)], environment=environment, uid=NOBODY.uid) as other:
        assert other.answer["error"] == "ConfigurationError"
        assert f"DATA_DIR {open_folder}/data" in other.answer["detail"]


def test_roots_data_copied_from_elsewhere_is_given_to_the_servers(data_dir: Path) -> None:
    with start_embedded_servers(data_dir):
        pass
    assert wait_until_stopped(data_dir)
    for path in data_dir.rglob("*"):
        os.lchown(path, 0, 0)
    with start_embedded_servers(data_dir) as shared:
        assert shared.database_url
    assert wait_until_stopped(data_dir)
    assert 0 not in owners_in(data_dir / "embedded" / "postgres" / "data")
