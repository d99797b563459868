"""What is read back: only what is trusted and whole, in order; and what pruning leaves."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from langgraph.checkpoint.base import CheckpointMetadata
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from core.checkpoint import RedisSaver, operations
from core.checkpoint.keys import thread_key
from core.checkpoint.operations import Terms
from core.checkpoint.transport import Command, SyncTransport
from core.errors import CheckpointUnreadable
from core.redis import create_redis
from tests.support.checkpoints import all_of, checkpoint_of, config, found, put, writes_of

TTL_SECONDS = 600

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


async def test_a_client_that_decodes_responses_is_refused(redis_url: str) -> None:
    client = create_redis(redis_url, decode_responses=True)

    with pytest.raises(ValueError, match="decode"):
        RedisSaver(client, ttl_seconds=60)


async def test_versions_grow_and_never_repeat(saver: RedisSaver) -> None:
    versions = [saver.get_next_version(None, None)]
    for _ in range(300):
        versions.append(saver.get_next_version(versions[-1], None))

    assert versions == sorted(versions)
    assert len({saver.get_next_version(versions[-1], None) for _ in range(100)}) == 100
