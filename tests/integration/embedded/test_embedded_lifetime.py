"""The servers end with their last user, however he ends, and whoever is killed on the way."""

import asyncio
import dataclasses
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import asyncpg
import psutil
import pytest
from redis import ConnectionError as RedisGone
from redis import Redis

from core.embedded import start_embedded_servers, wait_until_stopped
from core.embedded.programs import VALKEY
from core.embedded.start import find_wheels, join
from tests.support.embedded_user import (
    REPOSITORY,
    User,
    eventually,
    guards,
    has_ended,
    nothing_runs,
    server,
    servers,
)


@pytest.fixture
def data_dir(data_dir: Path) -> Path:
    """There already, as for who joins servers in it."""
    data_dir.mkdir()
    return data_dir


def answers(redis_url: str) -> bool:
    with Redis.from_url(redis_url) as valkey:
        return bool(valkey.ping())


def test_the_servers_outlive_the_user_who_started_them_until_the_last_one_leaves(data_dir: Path) -> None:
    with User(data_dir) as first, User(data_dir) as second:
        assert first.answer == second.answer
        first.leave()
        assert answers(second.answer["redis_url"])
        assert not has_ended(server(data_dir, "postgres"))
        second.leave()
        assert eventually(lambda: nothing_runs(data_dir))


def test_a_killed_last_user_takes_the_servers_with_him(data_dir: Path) -> None:
    with User(data_dir) as user:
        assert user.answer
        user.kill()
    assert eventually(lambda: nothing_runs(data_dir))


def test_a_user_killed_in_the_middle_of_a_cold_start_leaves_nothing(data_dir: Path) -> None:
    with User(data_dir) as user:
        assert eventually(lambda: bool(guards(data_dir)))
        user.kill()
    assert wait_until_stopped(data_dir)
    assert eventually(lambda: nothing_runs(data_dir))
    with start_embedded_servers(data_dir) as shared:
        assert answers(shared.redis_url)


def test_a_killed_user_does_not_disturb_the_other(data_dir: Path) -> None:
    with User(data_dir, "valkey") as first, User(data_dir, "valkey") as second:
        assert first.answer == second.answer
        before = server(data_dir, "valkey")
        first.kill()
        with start_embedded_servers(data_dir, postgres=False) as third:
            assert answers(third.redis_url)
            assert server(data_dir, "valkey") == before


def test_a_killed_guard_takes_its_server_with_it_and_the_next_start_serves_the_old_urls(
    data_dir: Path,
) -> None:
    with User(data_dir) as user:
        urls = user.answer
        for guard in guards(data_dir):
            guard.kill()
        assert eventually(lambda: nothing_runs(data_dir))
        with start_embedded_servers(data_dir) as next_start:
            assert next_start.database_url == urls["database_url"]
            assert answers(urls["redis_url"])


def test_a_guard_killed_while_fresh_data_is_put_on_the_disk_leaves_no_lock_behind(data_dir: Path) -> None:
    slow_disk = dataclasses.replace(VALKEY, synchronise=lambda _executable, _data: ["/bin/sleep", "600"])
    use = join(slow_disk, data_dir, find_wheels([VALKEY])[VALKEY])
    try:
        use.await_ready()
        first = server(data_dir, "valkey")
        guard = first.parent()
        assert guard is not None
        assert eventually(lambda: "sleep" in {child.name() for child in guard.children()})
        assert guard.num_threads() == 1
        guard.kill()
        assert eventually(lambda: has_ended(guard))
        with start_embedded_servers(data_dir, postgres=False) as shared:
            assert server(data_dir, "valkey") != first
            assert answers(shared.redis_url)
            (sleep,) = (process for process in servers(data_dir) if process.name() == "sleep")
            sleep.kill()
    finally:
        use.release()


@pytest.mark.skipif(sys.platform != "linux", reason="the other way of watching a guard is the only one here")
def test_where_the_kernel_does_not_tell_a_sentinel_ends_the_server_of_a_killed_guard(data_dir: Path) -> None:
    use = join(VALKEY, data_dir, find_wheels([VALKEY])[VALKEY], sentinel=True)
    try:
        use.await_ready()
        valkey = server(data_dir, "valkey")
        guard = valkey.parent()
        assert guard is not None
        guard.kill()
        assert eventually(lambda: has_ended(valkey))
        with start_embedded_servers(data_dir, postgres=False) as shared:
            assert answers(shared.redis_url)
    finally:
        use.release()


@pytest.mark.skipif(sys.platform != "linux", reason="the other way of watching a guard is the only one here")
def test_the_next_start_ends_a_server_that_outlived_guard_and_sentinel(data_dir: Path) -> None:
    use = join(VALKEY, data_dir, find_wheels([VALKEY])[VALKEY], sentinel=True)
    try:
        use.await_ready()
        orphan = server(data_dir, "valkey")
        watchers = [process for process in guards(data_dir) if process != orphan]
        assert len(watchers) == 2
        for process in watchers:
            process.suspend()
        for process in watchers:
            process.kill()
        assert eventually(lambda: all(has_ended(process) for process in watchers))
        assert not has_ended(orphan)
        with start_embedded_servers(data_dir, postgres=False) as shared:
            assert server(data_dir, "valkey") != orphan
            assert eventually(lambda: has_ended(orphan))
            assert answers(shared.redis_url)
    finally:
        use.release()


def test_a_sentinel_goes_with_its_guard(data_dir: Path) -> None:
    use = join(VALKEY, data_dir, find_wheels([VALKEY])[VALKEY], sentinel=True)
    use.await_ready()
    use.release()
    assert eventually(lambda: nothing_runs(data_dir))


async def test_killed_servers_are_started_again_under_their_urls(data_dir: Path) -> None:
    with start_embedded_servers(data_dir) as shared:
        host = shared.database_url.split("host=")[1]
        busy = await asyncpg.connect(host=host, user="postgres", database="postgres")
        first = server(data_dir, "postgres"), server(data_dir, "valkey")
        for process in first:
            process.kill()
        assert eventually(lambda: all(has_ended(process) for process in first))
        assert eventually(lambda: _answers(shared.redis_url))
        with pytest.raises((OSError, asyncpg.PostgresError)):
            await busy.execute("SELECT 1")
        again = await _connect_when_ready(host)
        assert await again.fetchval("SELECT 1") == 1
        await again.close()


def test_a_server_killed_again_and_again_is_given_up_and_the_next_start_serves(data_dir: Path) -> None:
    with start_embedded_servers(data_dir, postgres=False):
        (guard,) = guards(data_dir)
        while not has_ended(guard):
            with suppress(psutil.NoSuchProcess):
                for child in guard.children():
                    child.kill()
        with start_embedded_servers(data_dir, postgres=False) as shared:
            assert answers(shared.redis_url)


def test_a_guard_told_to_stop_stops_its_server_properly(data_dir: Path) -> None:
    with User(data_dir, "postgres") as user:
        assert user.answer
        for guard in guards(data_dir):
            guard.terminate()
        assert wait_until_stopped(data_dir)
    log = (data_dir / "embedded" / "postgres" / "server.log").read_text()
    assert log.rstrip().endswith("database system is shut down")


def test_a_start_does_not_count_on_a_server_that_its_guard_was_told_to_stop(data_dir: Path) -> None:
    with start_embedded_servers(data_dir, postgres=False):
        slow = server(data_dir, "valkey")
        slow.suspend()
        for guard in guards(data_dir):
            guard.terminate()
        assert eventually(lambda: not (data_dir / "embedded" / "valkey" / "ready").exists())
        with User(data_dir, "valkey") as late:
            slow.resume()
            assert answers(late.answer["redis_url"])
            assert server(data_dir, "valkey") != slow


def test_the_terminals_interrupt_does_not_reach_the_servers(data_dir: Path) -> None:
    with User(data_dir, "valkey") as user:
        assert user.answer
        ours = [*guards(data_dir), *servers(data_dir)]
        assert len(ours) == 2
        assert os.getsid(user.process.pid) not in {os.getsid(process.pid) for process in ours}


def test_a_forked_child_keeps_the_share_that_its_parent_gave_up(data_dir: Path) -> None:
    forks = """
import os, pathlib, sys
from core.embedded import start_embedded_servers
shared = start_embedded_servers(pathlib.Path(sys.argv[1]), postgres=False)
if os.fork():
    shared.release()
    os.write(2, shared.redis_url.encode())
else:
    os.close(2)
    sys.stdin.read()
"""
    parent = subprocess.Popen(
        [sys.executable, "-c", forks, str(data_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd=REPOSITORY,
        text=True,
    )
    assert parent.stdin is not None
    assert parent.stderr is not None
    with parent.stdin, parent.stderr:
        redis_url = parent.stderr.read()
        assert parent.wait() == 0
        assert answers(redis_url)
    assert eventually(lambda: nothing_runs(data_dir))


def test_a_start_while_the_servers_stop_waits_and_starts_them_anew(data_dir: Path) -> None:
    for _ in range(5):
        with start_embedded_servers(data_dir, postgres=False) as shared:
            assert answers(shared.redis_url)


async def _connect_when_ready(host: str) -> asyncpg.Connection:
    for _ in range(600):
        with suppress(OSError, asyncpg.CannotConnectNowError):
            return await asyncpg.connect(host=host, user="postgres", database="postgres")
        await asyncio.sleep(0.1)
    raise AssertionError("PostgreSQL did not come back")


def _answers(redis_url: str) -> bool:
    try:
        return answers(redis_url)
    except RedisGone:
        return False
