"""What the saver promises beyond conformance: one key, hostile ids, parallel writers, strict decoding."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import Checkpoint, CheckpointMetadata, CheckpointTuple
from langgraph.checkpoint.base.id import uuid6
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from core.checkpoint import RedisSaver, operations
from core.checkpoint.keys import thread_key
from core.checkpoint.operations import Terms
from core.checkpoint.transport import Command, SyncTransport
from core.errors import CheckpointUnreadable
from core.redis import create_redis

TTL_SECONDS = 600
HOSTILE = ["*", "{x}", "a\nb", "", "x" * 10_000, "a\0b", "solarsync:checkpoint:*", "[a-z]?\\", "ü✓"]


def config(thread_id: str = "t", checkpoint_ns: str = "", **more: Any) -> RunnableConfig:
    return {"configurable": {"thread_id": thread_id, "checkpoint_ns": checkpoint_ns, **more}}


def checkpoint_of(
    values: dict[str, Any], *, version: str = "1", checkpoint_id: str | None = None
) -> Checkpoint:
    return Checkpoint(
        v=4,
        id=checkpoint_id or str(uuid6()),
        ts="2026-01-01T00:00:00+00:00",
        channel_values=values,
        channel_versions=dict.fromkeys(values, version),
        versions_seen={},
        updated_channels=None,
    )


async def put(
    saver: RedisSaver, where: RunnableConfig, values: dict[str, Any], **more: Any
) -> RunnableConfig:
    checkpoint = checkpoint_of(values, **more)
    metadata = CheckpointMetadata(source="loop", step=0, parents={})
    return await saver.aput(where, checkpoint, metadata, checkpoint["channel_versions"])


async def found(saver: RedisSaver, where: RunnableConfig) -> CheckpointTuple:
    checkpoint = await saver.aget_tuple(where)
    assert checkpoint is not None
    return checkpoint


async def all_of(listing: AsyncIterator[CheckpointTuple]) -> list[CheckpointTuple]:
    return [one async for one in listing]


async def writes_of(saver: RedisSaver, where: RunnableConfig) -> list[tuple[str, str, Any]]:
    return (await found(saver, where)).pending_writes or []


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


async def test_parallel_writers_lose_nothing(shared_server: Any, client: AsyncRedis) -> None:
    clients = [create_redis(shared_server.url) for _ in range(4)]
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
    await client.flushall()

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


async def test_a_state_of_fifty_megabytes_is_stored_and_read(saver: RedisSaver) -> None:
    values = {"file": os.urandom(25_000_000), "hourly": [{"ghi": n / 7} for n in range(200_000)]}
    stored = await put(saver, config(), values)
    await saver.aput_writes(stored, [("file", os.urandom(25_000_000))], "task")

    assert (await found(saver, stored)).checkpoint["channel_values"] == values
    assert len((await writes_of(saver, stored))[0][2]) == 25_000_000


# Reading.


@dataclass
class Stranger:
    name: str
    built: ClassVar[list[str]] = []

    def __post_init__(self) -> None:
        self.built.append(self.name)


async def test_a_type_nobody_allowed_is_not_constructed_from_what_is_stored(
    saver: RedisSaver, client: AsyncRedis
) -> None:
    permissive = RedisSaver(client, ttl_seconds=60, serde=JsonPlusSerializer(allowed_msgpack_modules=True))
    values = {"guest": Stranger("in a value"), "guests": [Stranger("in a list")]}
    stored = await put(permissive, config(), values)
    await permissive.aput_writes(stored, [("guest", Stranger("in a write"))], "task")
    Stranger.built.clear()

    checkpoint = await found(saver, config())

    assert Stranger.built == []
    assert checkpoint.checkpoint["channel_values"]["guest"] == {"name": "in a value"}
    assert checkpoint.pending_writes == [("task", "guest", {"name": "in a write"})]


@pytest.mark.parametrize("kind", [b"b", b"c", b"w"])
@pytest.mark.parametrize(
    "damage",
    [lambda value: value[:-3], lambda _: b"9 from another release", lambda _: b"0pickle\0cos\nsystem\n"],
    ids=["cut", "unknown", "pickle"],
)
async def test_what_cannot_be_decoded_is_an_error_and_never_none(
    saver: RedisSaver, client: AsyncRedis, kind: bytes, damage: Callable[[bytes], bytes]
) -> None:
    stored = await put(saver, config(), {"a": {"b": "x" * 500}})
    await saver.aput_writes(stored, [("a", "y" * 500)], "task")
    fields: dict[Any, Any] = await client.hgetall(thread_key("t"))
    for field, value in fields.items():
        if field.startswith(kind):
            await client.hset(thread_key("t"), field, damage(value))

    with pytest.raises(CheckpointUnreadable):
        await saver.aget_tuple(config())


async def test_a_checkpoint_that_lost_a_value_is_an_error_and_never_a_part(
    saver: RedisSaver, client: AsyncRedis
) -> None:
    await put(saver, config(), {"a": {"b": 1}, "c": {"d": 2}})
    fields: list[Any] = await client.hkeys(thread_key("t"))
    await client.hdel(thread_key("t"), next(field for field in fields if field.startswith(b"b")))

    with pytest.raises(CheckpointUnreadable):
        await saver.aget_tuple(config())


@pytest.mark.parametrize("limit", [0, 1, 7, 8, 9, 20, 30, None])
async def test_a_listing_is_newest_first_and_as_long_as_asked(saver: RedisSaver, limit: int | None) -> None:
    for n in range(20):
        await put(saver, config(), {"n": n}, checkpoint_id=f"{n:02}")

    listed = [one.checkpoint["id"] for one in await all_of(saver.alist(config(), limit=limit))]

    assert listed == [f"{n:02}" for n in reversed(range(20))][:limit]


async def test_a_limit_counts_what_fits_the_filter(saver: RedisSaver) -> None:
    for n in range(30):
        metadata = CheckpointMetadata(source="input" if n % 10 == 0 else "loop", step=n, parents={})
        await saver.aput(config(), checkpoint_of({"n": n}, checkpoint_id=f"{n:02}"), metadata, {"n": "1"})

    listed = await all_of(saver.alist(config(), filter={"source": "input"}, limit=2))

    assert [one.checkpoint["id"] for one in listed] == ["20", "10"]


# Pruning.


async def test_pruning_frees_what_nobody_needs(saver: RedisSaver, client: AsyncRedis) -> None:
    for n in range(10):
        stored = await put(saver, config(), {"a": {"n": n, "text": "x" * 1000}}, version=f"{n}")
        await saver.aput_writes(stored, [("a", n)], "task")
    before = await client.memory_usage(thread_key("t"), samples=0)

    await saver.aprune(["t"])

    assert (await found(saver, config())).checkpoint["channel_values"]["a"]["n"] == 9
    assert await writes_of(saver, config()) == [("task", "a", 9)]
    assert (await client.memory_usage(thread_key("t"), samples=0) or 0) < (before or 0) / 4


def test_a_checkpoint_put_while_a_thread_is_pruned_stays_complete(
    saver: RedisSaver, sync_client: Redis
) -> None:
    """The plan was made before that checkpoint, and would have removed a value it uses."""
    terms = Terms(saver.serde, TTL_SECONDS, fenced=False)
    transport = SyncTransport(sync_client)
    metadata = CheckpointMetadata(source="loop", step=0, parents={})
    old = checkpoint_of({"a": {"old": True}}, checkpoint_id="1")
    stored = saver.put(config(), old, metadata, {"a": "1"})
    new = checkpoint_of({"a": {"new": True}}, version="2", checkpoint_id="2")
    saver.put(stored, new, metadata, {"a": "2"})
    pruning = operations.prune(terms, ["t"], "keep_latest")
    step: Any = next(pruning)
    raced = False

    try:
        while True:
            if isinstance(step, list) and any(one.script is not None for one in step) and not raced:
                raced = True
                saver.put(stored, checkpoint_of({"a": {"old": True}}, checkpoint_id="3"), metadata, {})
            step = pruning.send(transport.run(replies_to(step)))
    except StopIteration:
        pass

    assert raced
    latest = saver.get_tuple(config())
    assert latest is not None
    assert latest.checkpoint["id"] == "3"
    assert latest.checkpoint["channel_values"] == {"a": {"old": True}}


def replies_to(commands: list[Command]) -> Any:
    return (yield commands)


async def test_a_run_removed_takes_its_writes_and_values_along(saver: RedisSaver, client: AsyncRedis) -> None:
    run_id = str(uuid4())
    checkpoint = checkpoint_of({"a": {"b": "x" * 500}})
    stored = await saver.aput(config(), checkpoint, {"source": "loop", "run_id": run_id}, {"a": "1"})
    await saver.aput_writes(stored, [("a", 1)], "task")

    await saver.adelete_for_runs([run_id])

    assert await saver.aget_tuple(config()) is None
    assert set(await client.hkeys(thread_key("t"))) == {b"t", b"v"}


def test_the_saver_says_so_when_it_cannot_work_without_a_loop(client: AsyncRedis) -> None:
    with pytest.raises(RuntimeError, match="sync_client"):
        RedisSaver(client, ttl_seconds=60).get_tuple(config())


async def test_a_client_that_decodes_responses_is_refused(shared_server: Any) -> None:
    client = create_redis(shared_server.url, decode_responses=True)

    with pytest.raises(ValueError, match="decode"):
        RedisSaver(client, ttl_seconds=60)


async def test_versions_grow_and_never_repeat(saver: RedisSaver) -> None:
    versions = [saver.get_next_version(None, None)]
    for _ in range(300):
        versions.append(saver.get_next_version(versions[-1], None))

    assert versions == sorted(versions)
    assert len({saver.get_next_version(versions[-1], None) for _ in range(100)}) == 100
