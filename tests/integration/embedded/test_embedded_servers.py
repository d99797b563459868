"""The embedded servers as their users see them: what runs, where it listens, what it keeps, what it refuses."""

import os
import shutil
import socket
import stat
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import pytest
from redis.asyncio import Redis
from sqlalchemy.engine import make_url

from core.embedded import EmbeddedServers, start_embedded_servers, wait_until_stopped
from core.embedded.programs import POSTGRES, VALKEY
from core.embedded.runtime import SOCKET_PATH_LIMIT
from core.embedded.start import find_wheels
from core.errors import ConfigurationError, StorageUnavailable
from tests.support.embedded_user import User, eventually, guards, nothing_runs, server

LOCALES: dict[str, dict[str, str]] = {
    "none": {},
    "not installed": {"LC_ALL": "xx_XX.UTF-8", "LANG": "xx_XX.UTF-8"},
    "not UTF-8": {"LC_ALL": "de_DE.ISO-8859-1"},
    "C": {"LC_ALL": "C", "LANGUAGE": "de"},
}


async def ask(shared: EmbeddedServers, *statements: str) -> Any:
    """The single value of the last statement."""
    url = make_url(shared.database_url)
    connection = await asyncpg.connect(host=url.query["host"], user=url.username, database=url.database)
    try:
        return [await connection.fetchval(statement) for statement in statements][-1]
    finally:
        await connection.close()


def folder_of_socket(url: str) -> Path:
    return Path(url.split("host=")[1]) if "host=" in url else Path(url.removeprefix("unix://")).parent


async def test_postgres_18_and_valkey_answer_and_both_come_from_the_wheels(
    embedded_servers: EmbeddedServers,
) -> None:
    assert (await ask(embedded_servers, "SHOW server_version")).split(".")[0] == "18"
    async with Redis.from_url(embedded_servers.redis_url, decode_responses=True) as valkey:
        about = await valkey.info("server")
    assert about["server_name"] == "valkey"
    wheel = find_wheels([VALKEY])[VALKEY]
    assert Path(about["executable"]) == wheel / VALKEY.parts[0]


async def test_they_listen_nowhere_but_on_sockets_in_a_private_folder(
    embedded_servers: EmbeddedServers,
) -> None:
    assert await ask(embedded_servers, "SHOW listen_addresses") == ""
    async with Redis.from_url(embedded_servers.redis_url, decode_responses=True) as valkey:
        assert (await valkey.config_get("port", "tls-port")) == {"port": "0", "tls-port": "0"}
    for url in (embedded_servers.database_url, embedded_servers.redis_url):
        status = folder_of_socket(url).stat()
        assert stat.S_IMODE(status.st_mode) == 0o700


async def test_neither_server_has_a_network_socket(embedded_servers: EmbeddedServers) -> None:
    postgres = await ask(embedded_servers, r"SELECT split_part(pg_read_file('postmaster.pid'), E'\n', 1)")
    async with Redis.from_url(embedded_servers.redis_url, decode_responses=True) as valkey:
        pids = [postgres, (await valkey.info("server"))["process_id"]]
    for process in (psutil.Process(int(pid)) for pid in pids):
        assert process.net_connections(kind="unix")
        assert process.net_connections(kind="inet") == []


async def test_what_is_acknowledged_is_on_disk(data_dir: Path) -> None:
    with start_embedded_servers(
        data_dir
    ) as servers:  # those of the other tests are told not to wait for a disk
        for setting in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
            assert await ask(servers, f"SHOW {setting}") == "on"
        async with Redis.from_url(servers.redis_url, decode_responses=True) as valkey:
            assert (await valkey.config_get("appendonly")) == {"appendonly": "yes"}


async def test_two_hundred_clients_may_connect_and_text_sorts_by_code_point(
    embedded_servers: EmbeddedServers,
) -> None:
    assert await ask(embedded_servers, "SHOW max_connections") == "200"
    assert await ask(embedded_servers, "SHOW server_encoding") == "UTF8"
    ordered = "SELECT string_agg(c, '' ORDER BY c) FROM unnest(ARRAY['é', 'b', 'a', 'Z']) AS c"
    assert await ask(embedded_servers, ordered) == "Zabé"
    assert await ask(embedded_servers, "SELECT upper('é')") == "É"


async def test_data_is_kept_when_the_servers_stop_and_start_again(data_dir: Path) -> None:
    with start_embedded_servers(data_dir) as first:
        await ask(first, "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (42)")
        async with Redis.from_url(first.redis_url) as valkey:
            await valkey.set("kept", "42")
    assert wait_until_stopped(data_dir)
    assert eventually(lambda: nothing_runs(data_dir))
    with start_embedded_servers(data_dir) as second:
        assert await ask(second, "SELECT n FROM kept") == 42
        async with Redis.from_url(second.redis_url) as valkey:
            assert await valkey.get("kept") == b"42"


def test_nothing_is_left_outside_the_data_folder(data_dir: Path) -> None:
    with start_embedded_servers(data_dir) as shared:
        folders = [folder_of_socket(url) for url in (shared.database_url, shared.redis_url)]
        assert all(folder.is_dir() for folder in folders)
    assert wait_until_stopped(data_dir)
    assert not any(folder.exists() for folder in folders)


@pytest.mark.parametrize("with_runtime_dir", [True, False])
async def test_a_data_folder_of_150_characters_has_short_sockets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, with_runtime_dir: bool
) -> None:
    long = tmp_path / ("d" * (149 - len(str(tmp_path))))
    assert len(str(long)) == 150
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    if with_runtime_dir:
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with start_embedded_servers(long) as shared:
        assert await ask(shared, "SELECT 1") == 1
        async with Redis.from_url(shared.redis_url) as valkey:
            assert await valkey.ping()
        for url, program in ((shared.database_url, POSTGRES), (shared.redis_url, VALKEY)):
            path = folder_of_socket(url) / program.socket
            assert path.is_socket()
            assert len(os.fsencode(path)) < SOCKET_PATH_LIMIT
    assert wait_until_stopped(long)


async def test_a_data_folder_may_have_any_name(tmp_path: Path) -> None:
    odd = tmp_path / "my data 100% «été» 'x' $HOME"
    with start_embedded_servers(odd, valkey=False) as shared:
        assert await ask(shared, "SELECT 1") == 1
    assert wait_until_stopped(odd)


@pytest.mark.parametrize("locale", LOCALES)
def test_the_servers_start_whatever_the_locale(data_dir: Path, locale: str) -> None:
    with User(data_dir, "postgres", environment=LOCALES[locale]) as user:
        assert user.answer["database_url"]
        assert server(data_dir, "postgres").environ()["LC_ALL"] == "C.UTF-8"


def test_programs_on_the_path_are_never_used_and_the_wheels_never_imported(
    data_dir: Path, tmp_path: Path
) -> None:
    traps = tmp_path / "bin"
    traps.mkdir()
    for name in ("postgres", "initdb", "pg_ctl", "valkey-server", "redis-server"):
        (traps / name).write_text("#!/bin/sh\nexit 1\n")
        (traps / name).chmod(0o755)
    hostile = {"PATH": str(traps), "PGPORT": "1", "PGDATA": "/nowhere", "PGHOST": "nowhere", "PGUSER": "x"}
    with User(data_dir, environment=hostile) as user:
        assert user.answer["wheels"] == []
        assert server(data_dir, "postgres").environ().keys() == {"LC_ALL", "TZ"}


def test_one_server_may_be_used_without_the_other(data_dir: Path) -> None:
    with start_embedded_servers(data_dir, postgres=False) as cache:
        assert cache.database_url == ""
        assert cache.redis_url
        assert not (data_dir / "embedded" / "postgres").exists()
        with start_embedded_servers(data_dir, valkey=False) as database:
            assert database.database_url
            assert database.redis_url == ""


def test_three_cold_starts_at_once_share_one_pair_of_servers(data_dir: Path) -> None:
    with User(data_dir) as first, User(data_dir) as second, User(data_dir) as third:
        assert first.answer == second.answer == third.answer
        owners = {server(data_dir, key).ppid() for key in ("postgres", "valkey")}
        assert {guard.pid for guard in guards(data_dir)} == owners
        assert len(owners) == 2


def test_a_user_with_another_environment_finds_the_running_servers(data_dir: Path, tmp_path: Path) -> None:
    elsewhere = {"XDG_RUNTIME_DIR": str(tmp_path), "TMPDIR": str(tmp_path)}
    with (
        User(data_dir, "valkey", environment={}) as first,
        User(data_dir, "valkey", environment=elsewhere) as second,
    ):
        assert first.answer["redis_url"] == second.answer["redis_url"] != ""


async def test_a_copy_of_a_data_folder_in_use_gets_servers_of_its_own(data_dir: Path, tmp_path: Path) -> None:
    with start_embedded_servers(data_dir, postgres=False) as original:
        shutil.copytree(data_dir, tmp_path / "copy")
        with start_embedded_servers(tmp_path / "copy", postgres=False) as copy:
            assert copy.redis_url != original.redis_url
            for shared in (copy, original):
                async with Redis.from_url(shared.redis_url) as valkey:
                    assert await valkey.ping()
    assert wait_until_stopped(tmp_path / "copy")


def test_releasing_twice_gives_up_one_share(data_dir: Path) -> None:
    with start_embedded_servers(data_dir, postgres=False) as first:
        second = start_embedded_servers(data_dir, postgres=False)
        second.release()
        second.release()
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(folder_of_socket(first.redis_url) / VALKEY.socket))


def test_data_of_another_major_version_is_refused_untouched(data_dir: Path) -> None:
    old = data_dir / "embedded" / "postgres" / "data"
    old.mkdir(parents=True)
    (old / "PG_VERSION").write_text("17\n")
    with pytest.raises(ConfigurationError, match=r"PostgreSQL 17.*runs PostgreSQL 18.*DATABASE_URL"):
        start_embedded_servers(data_dir)
    assert [path.name for path in old.iterdir()] == ["PG_VERSION"]


def test_a_server_that_cannot_start_says_why_and_leaves_nothing_running(data_dir: Path) -> None:
    with start_embedded_servers(data_dir):
        pass
    assert wait_until_stopped(data_dir)
    control = data_dir / "embedded" / "postgres" / "data" / "global" / "pg_control"
    control.rename(control.with_name("hidden"))
    with pytest.raises(StorageUnavailable, match=r"PostgreSQL.*pg_control.*server\.log"):
        start_embedded_servers(data_dir)
    assert wait_until_stopped(data_dir)
    assert eventually(lambda: nothing_runs(data_dir))
    control.with_name("hidden").rename(control)
    with start_embedded_servers(data_dir) as again:
        assert again.database_url


def test_half_made_data_is_made_anew(data_dir: Path) -> None:
    half = data_dir / "embedded" / "postgres" / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    with start_embedded_servers(data_dir, valkey=False) as shared:
        assert shared.database_url
    assert not half.exists()


def test_a_pid_file_from_before_a_power_cut_does_not_stop_the_start(data_dir: Path) -> None:
    with start_embedded_servers(data_dir, valkey=False):
        pass
    assert wait_until_stopped(data_dir)
    data = data_dir / "embedded" / "postgres" / "data"
    with User(data_dir, "valkey") as somebody:
        assert somebody.answer
        alive = server(data_dir, "valkey")  # a living process of the user that Postgres runs as
        (data / "postmaster.pid").write_text(f"{alive.pid}\n{data}\n1700000000\n5432\n/tmp\n\n0 0\nready\n")
        with start_embedded_servers(data_dir, valkey=False) as shared:
            assert shared.database_url
            assert alive.is_running()


def test_a_data_folder_that_is_a_file_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    with pytest.raises(ConfigurationError, match=r"DATA_DIR .*/data"):
        start_embedded_servers(tmp_path / "data")
