"""What the saver promises beyond conformance: one key, hostile ids, parallel writers, strict decoding."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from langgraph.checkpoint.base import CheckpointMetadata
from redis.asyncio import Redis as AsyncRedis

from core.checkpoint import RedisSaver
from core.checkpoint.keys import thread_key
from core.redis import create_redis
from tests.support.checkpoints import all_of, checkpoint_of, config, found, put, writes_of

TTL_SECONDS = 600
HOSTILE = ["*", "{x}", "a\nb", "", "x" * 10_000, "a\0b", "solarsync:checkpoint:*", "[a-z]?\\", "ü✓"]


# One key, one expiry.


async def test_everything_a_thread_owns_is_one_key_and_expires(saver: RedisSaver, client: AsyncRedis) -> None:
    for namespace in ("", "child:1"):
        stored = await put(saver, config(checkpoint_ns=namespace), {"a": {"b": 1}, "c": [1, 2]})
        await saver.aput_writes(stored, [("a", "x" * 500)], "task")
    await saver.acopy_thread("t", "copy")
    await saver.claim("claimed", 1)
    await saver.aprune(["t"])
    await saver.adelete_for_runs(["nobody"])

    keys = [key async for key in client.scan_iter("*")]
    assert sorted(keys) == sorted(thread_key(one) for one in ("t", "copy", "claimed"))
    for key in keys:
        assert TTL_SECONDS - 5 <= await client.ttl(key) <= TTL_SECONDS


@pytest.mark.parametrize("writing", ["put", "put_writes", "claim"])
async def test_every_write_renews_the_expiry(saver: RedisSaver, client: AsyncRedis, writing: str) -> None:
    stored = await put(saver, config(), {"a": {"b": 1}})
    await client.expire(thread_key("t"), 5)

    match writing:
        case "put":
            await put(saver, stored, {"a": {"b": 2}})
        case "put_writes":
            await saver.aput_writes(stored, [("a", 1)], "task")
        case _:
            await saver.claim("t", 1)

    assert await client.ttl(thread_key("t")) > TTL_SECONDS - 5


async def test_reading_does_not_keep_a_thread_alive(saver: RedisSaver, client: AsyncRedis) -> None:
    await put(saver, config(), {"a": {"b": 1}})
    await client.expire(thread_key("t"), 5)

    await found(saver, config())
    await all_of(saver.alist(config()))

    assert await client.ttl(thread_key("t")) <= 5


async def test_an_expired_thread_is_in_no_listing(saver: RedisSaver, client: AsyncRedis) -> None:
    await put(saver, config("gone"), {"a": {"b": 1}})
    await put(saver, config("there"), {"a": {"b": 1}})
    await client.pexpire(thread_key("gone"), 1)
    await asyncio.sleep(0.01)

    assert await saver.aget_tuple(config("gone")) is None
    assert [one.config["configurable"]["thread_id"] for one in await all_of(saver.alist(None))] == ["there"]


# Ids.


@pytest.mark.parametrize("hostile", HOSTILE, ids=ascii)
async def test_a_hostile_id_is_only_an_id(saver: RedisSaver, hostile: str) -> None:
    for other in ("x", "ab", "solarsync:checkpoint:{x}"):
        await put(saver, config(other), {"a": {"of": other}})
    where = config(hostile, hostile)
    stored = await put(saver, where, {hostile: {"of": hostile}}, checkpoint_id=f"1{hostile}")
    await put(saver, where, {hostile: {"of": "newer"}}, version="2", checkpoint_id=f"2{hostile}")
    await saver.aput_writes(stored, [(hostile, [hostile])], hostile, hostile)

    first = await found(saver, stored)
    assert first.config == config(hostile, hostile, checkpoint_id=f"1{hostile}")
    assert first.checkpoint["channel_values"] == {hostile: {"of": hostile}}
    assert first.pending_writes == [(hostile, hostile, [hostile])]
    assert (await found(saver, where)).checkpoint["channel_values"] == {hostile: {"of": "newer"}}
    assert len(await all_of(saver.alist(where))) == 2
    assert len(await all_of(saver.alist(None))) == 5

    await saver.acopy_thread(hostile, "copy")
    await saver.adelete_thread(hostile)
    assert await saver.aget_tuple(where) is None
    assert len(await all_of(saver.alist(None))) == 5
    assert (await writes_of(saver, config("copy", hostile, checkpoint_id=f"1{hostile}"))) != []


async def test_a_thread_id_with_a_lone_surrogate_works(saver: RedisSaver) -> None:
    await put(saver, config("\ud800"), {"a": {"b": 1}})

    assert (await found(saver, config("\ud800"))).checkpoint["channel_values"] == {"a": {"b": 1}}
    assert [one.config["configurable"]["thread_id"] for one in await all_of(saver.alist(None))] == ["\ud800"]


async def test_deleting_a_thread_called_star_deletes_no_other(saver: RedisSaver, client: AsyncRedis) -> None:
    await put(saver, config("one"), {"a": 1})
    await put(saver, config("two"), {"a": 1})

    await saver.adelete_thread("*")

    assert await client.dbsize() == 2


# Writing.


async def test_parallel_writers_lose_nothing(redis_url: str, client: AsyncRedis) -> None:
    clients = [create_redis(redis_url) for _ in range(4)]
    savers = [RedisSaver(one, ttl_seconds=TTL_SECONDS) for one in clients]
    stored = await put(savers[0], config(), {"a": 1})

    async def work(saver: RedisSaver, number: int) -> str:
        await saver.aput_writes(stored, [("log", {"from": number})], f"task-{number:03}")
        checkpoint = await put(saver, stored, {"a": {"by": number}}, version=f"v{number}")
        return str(checkpoint["configurable"]["checkpoint_id"])

    ids = await asyncio.gather(*(work(savers[n % 4], n) for n in range(200)))

    assert await writes_of(savers[0], stored) == [(f"task-{n:03}", "log", {"from": n}) for n in range(200)]
    listed = await all_of(savers[1].alist(config()))
    ids.append(stored["configurable"]["checkpoint_id"])
    assert [one.checkpoint["id"] for one in listed] == sorted(ids, reverse=True)
    assert (await found(savers[2], config())).checkpoint["id"] == max(ids)
    for one in clients:
        await one.aclose()


async def test_a_put_repeated_changes_nothing(saver: RedisSaver, client: AsyncRedis) -> None:
    checkpoint = checkpoint_of({"a": {"b": 1}, "c": 2})
    metadata = CheckpointMetadata(source="loop", step=0, parents={})
    once = await saver.aput(config(), checkpoint, metadata, checkpoint["channel_versions"])
    before = await client.hgetall(thread_key("t"))

    again = await saver.aput(config(), checkpoint, metadata, checkpoint["channel_versions"])

    after = await client.hgetall(thread_key("t"))
    assert again == once
    assert {**after, b"v": b""} == {**before, b"v": b""}


async def test_an_older_checkpoint_put_late_does_not_become_the_newest(saver: RedisSaver) -> None:
    await put(saver, config(), {"a": "new"}, checkpoint_id="b")
    await put(saver, config(), {"a": "old"}, checkpoint_id="a")

    assert (await found(saver, config())).checkpoint["id"] == "b"


async def test_pending_writes_are_in_the_order_of_their_tasks_paths(saver: RedisSaver) -> None:
    stored = await put(saver, config(), {"a": 1})
    await saver.aput_writes(stored, [("log", 3)], "aaa", "~2")
    await saver.aput_writes(stored, [("log", 1), ("log", 2)], "zzz", "~1")
    await saver.aput_writes(stored, [("log", 0)], "mmm", "")

    assert [value for _, _, value in await writes_of(saver, stored)] == [0, 1, 2, 3]


async def test_writes_of_one_tick_travel_together(saver: RedisSaver, client: AsyncRedis) -> None:
    """Counted by the server: it wakes up to read once for each trip."""
    stored = await put(saver, config(), {"a": 1})
    await saver.aput_writes(stored, [("log", 0)], "first")  # both scripts are known from here on

    async def reads() -> int:
        return int((await client.info("stats"))["total_reads_processed"])

    await reads()
    before = await reads()
    await asyncio.gather(
        *(saver.aput_writes(stored, [("log", n)], f"task-{n}") for n in range(40)),
        put(saver, stored, {"a": 2}, version="2"),
    )

    assert await reads() - before == 2  # the trip, and this question


async def test_redis_emptied_between_two_checkpoints_leaves_the_second_complete(
    saver: RedisSaver, client: AsyncRedis
) -> None:
    first = await put(saver, config(), {"kept": {"big": "x" * 300}, "small": 1})
    await client.flushdb()

    checkpoint = checkpoint_of({"kept": {"big": "x" * 300}, "small": 1, "new": [1]})
    metadata = CheckpointMetadata(source="loop", step=1, parents={})
    await saver.aput(first, checkpoint, metadata, {"new": "1"})

    assert (await found(saver, config())).checkpoint["channel_values"] == checkpoint["channel_values"]


async def test_scripts_forgotten_by_redis_are_sent_again(saver: RedisSaver, client: AsyncRedis) -> None:
    stored = await put(saver, config(), {"a": 1})
    await client.script_flush()

    await saver.aput_writes(stored, [("a", 2)], "task")

    assert await writes_of(saver, stored) == [("task", "a", 2)]


async def test_a_state_of_many_channels_is_stored_and_read(saver: RedisSaver) -> None:
    """More channels than Lua can unpack at once."""
    values = {f"channel-{n}": [n] for n in range(9_000)}

    await put(saver, config(), values)

    assert (await found(saver, config())).checkpoint["channel_values"] == values


FIFTY_MEGABYTES = """
import asyncio, os, sys
from core.checkpoint import RedisSaver
from core.redis import create_redis
from tests.support.checkpoints import config, found, put, writes_of

async def main():
    client = create_redis(sys.argv[1])
    saver = RedisSaver(client, ttl_seconds=600)
    values = {"file": os.urandom(25_000_000), "hourly": [{"ghi": n / 7} for n in range(200_000)]}
    stored = await put(saver, config(), values)
    await saver.aput_writes(stored, [("file", os.urandom(25_000_000))], "task")
    assert (await found(saver, stored)).checkpoint["channel_values"] == values
    assert len((await writes_of(saver, stored))[0][2]) == 25_000_000
    await client.aclose()

asyncio.run(main())
"""
"""For a process of its own, which gives back the memory that it takes."""


async def test_a_state_of_fifty_megabytes_is_stored_and_read(client: AsyncRedis, redis_url: str) -> None:
    command = [sys.executable, "-c", FIFTY_MEGABYTES, redis_url]
    await asyncio.to_thread(subprocess.run, command, cwd=Path(__file__).parents[3], check=True)
    assert await client.exists(thread_key("t"))
