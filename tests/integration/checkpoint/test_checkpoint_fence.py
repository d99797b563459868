"""Who may write: the newest attempt that claimed the thread, and where nobody ever did, anybody."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import CheckpointMetadata, empty_checkpoint
from langgraph.graph import END, START, StateGraph
from redis.asyncio import Redis as AsyncRedis
from typing_extensions import TypedDict

from core.checkpoint import RedisSaver, save_job_state
from core.checkpoint.keys import thread_key
from core.errors import StaleAttempt

THREAD = "0190b6a2-0000-7000-8000-000000000001"
METADATA = CheckpointMetadata(source="loop", step=0, parents={})


def config(attempt: Any = None) -> RunnableConfig:
    configurable = {"thread_id": THREAD, "checkpoint_ns": "", "checkpoint_id": "1"}
    return {"configurable": configurable if attempt is None else {**configurable, "attempt": attempt}}


WRITES: dict[str, Callable[[RedisSaver, Any], Awaitable[Any]]] = {
    "aput": lambda saver, attempt: saver.aput(config(attempt), empty_checkpoint(), METADATA, {}),
    "aput_writes": lambda saver, attempt: saver.aput_writes(config(attempt), [("a", 1)], "task"),
    "save_job_state": lambda saver, attempt: save_job_state(saver, THREAD, {"a": 1}, attempt=attempt),
}
every_write = pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)


@every_write
async def test_the_newest_attempt_writes_and_older_ones_are_refused(
    workers_saver: RedisSaver, client: AsyncRedis, write: Callable[..., Awaitable[Any]]
) -> None:
    await workers_saver.claim(THREAD, 1)
    await write(workers_saver, 1)
    await workers_saver.claim(THREAD, 2)
    before = await client.hgetall(thread_key(THREAD))

    with pytest.raises(StaleAttempt, match="attempt 1 is refused: attempt 2 holds the thread"):
        await write(workers_saver, 1)

    assert await client.hgetall(thread_key(THREAD)) == before
    await write(workers_saver, 2)


@every_write
@pytest.mark.parametrize("absent", [None, "2", 2.0], ids=["none", "text", "float"])
async def test_a_write_without_an_attempt_is_refused_where_one_was_claimed(
    saver: RedisSaver, workers_saver: RedisSaver, write: Callable[..., Awaitable[Any]], absent: Any
) -> None:
    await workers_saver.claim(THREAD, 2)

    for one in (saver, workers_saver):
        with pytest.raises(StaleAttempt):
            await write(one, absent)


@every_write
async def test_a_worker_writes_nothing_where_the_claim_is_gone_until_it_claims_again(
    workers_saver: RedisSaver, client: AsyncRedis, write: Callable[..., Awaitable[Any]]
) -> None:
    await workers_saver.claim(THREAD, 3)
    await client.flushdb()

    with pytest.raises(StaleAttempt, match="claim it again"):
        await write(workers_saver, 3)

    assert await client.dbsize() == 0
    await workers_saver.claim(THREAD, 3)
    await write(workers_saver, 3)


@every_write
async def test_a_deleted_thread_is_closed_to_workers(
    workers_saver: RedisSaver, write: Callable[..., Awaitable[Any]]
) -> None:
    await workers_saver.claim(THREAD, 1)
    await workers_saver.adelete_thread(THREAD)

    with pytest.raises(StaleAttempt):
        await write(workers_saver, 1)


@every_write
async def test_where_nobody_ever_claimed_anybody_writes(
    saver: RedisSaver, client: AsyncRedis, write: Callable[..., Awaitable[Any]]
) -> None:
    await write(saver, None)
    await write(saver, 7)

    assert not await client.hexists(thread_key(THREAD), "f")


async def test_a_claim_older_than_the_present_one_is_refused(workers_saver: RedisSaver) -> None:
    await workers_saver.claim(THREAD, 2)

    with pytest.raises(StaleAttempt):
        await workers_saver.claim(THREAD, 1)


async def test_claiming_anew_leaves_nothing_but_the_claim(
    workers_saver: RedisSaver, client: AsyncRedis
) -> None:
    await workers_saver.claim(THREAD, 1)
    await WRITES["aput"](workers_saver, 1)
    before = await client.hgetall(thread_key(THREAD))
    await workers_saver.claim(THREAD, 2, anew=True)
    assert await client.hgetall(thread_key(THREAD)) == {
        b"t": THREAD.encode(),
        b"f": b"2",
        b"v": str(int(before[b"v"]) + 1).encode(),  # a change that was planned before is refused
    }
    assert await workers_saver.aget_tuple(config(2)) is None
    with pytest.raises(StaleAttempt):
        await WRITES["aput"](workers_saver, 1)
    await WRITES["aput"](workers_saver, 2)


async def test_an_older_attempt_empties_nothing(workers_saver: RedisSaver, client: AsyncRedis) -> None:
    await workers_saver.claim(THREAD, 2)
    await WRITES["aput"](workers_saver, 2)
    before = await client.hgetall(thread_key(THREAD))
    with pytest.raises(StaleAttempt):
        await workers_saver.claim(THREAD, 1, anew=True)
    assert await client.hgetall(thread_key(THREAD)) == before


async def test_claiming_twice_is_claiming_once(workers_saver: RedisSaver) -> None:
    await workers_saver.claim(THREAD, 2)
    await workers_saver.claim(THREAD, 2)

    await WRITES["aput"](workers_saver, 2)


@pytest.mark.parametrize("attempt", [0, -1])
async def test_attempts_are_counted_from_one(workers_saver: RedisSaver, attempt: int) -> None:
    with pytest.raises(ValueError, match="from 1"):
        await workers_saver.claim(THREAD, attempt)


async def test_a_newer_attempt_raises_a_fence_that_lags_behind(workers_saver: RedisSaver) -> None:
    """As after Redis came back with older data."""
    await workers_saver.claim(THREAD, 1)
    await WRITES["aput"](workers_saver, 2)

    with pytest.raises(StaleAttempt):
        await WRITES["aput"](workers_saver, 1)


async def test_a_claim_survives_pruning_and_is_not_copied(
    workers_saver: RedisSaver, client: AsyncRedis
) -> None:
    await workers_saver.claim(THREAD, 4)
    for _ in range(3):
        await WRITES["aput"](workers_saver, 4)
    await workers_saver.acopy_thread(THREAD, "copy")
    await workers_saver.aprune([THREAD])

    assert await client.hget(thread_key(THREAD), "f") == b"4"
    assert not await client.hexists(thread_key("copy"), "f")


async def test_nothing_is_copied_over_a_claimed_thread(workers_saver: RedisSaver) -> None:
    await workers_saver.claim(THREAD, 1)
    await WRITES["aput"](workers_saver, 1)
    await workers_saver.claim("other", 1)

    with pytest.raises(StaleAttempt):
        await workers_saver.acopy_thread(THREAD, "other")


class Log(TypedDict, total=False):
    log: list[str]


async def test_a_zombie_wakes_up_in_the_middle_of_a_graph_and_can_store_nothing_more(
    workers_saver: RedisSaver, client: AsyncRedis
) -> None:
    asleep, wake = asyncio.Event(), asyncio.Event()

    async def first(state: Log) -> Log:
        return {"log": ["first"]}

    async def slow(state: Log) -> Log:
        if not asleep.is_set():
            asleep.set()
            await wake.wait()
            return {"log": [*state["log"], "zombie"]}
        return {"log": [*state["log"], "successor"]}

    builder = StateGraph(Log)
    builder.add_node("first", first)
    builder.add_node("slow", slow)
    builder.add_edge(START, "first")
    builder.add_edge("first", "slow")
    builder.add_edge("slow", END)
    graph = builder.compile(checkpointer=workers_saver)

    def of(attempt: int) -> RunnableConfig:
        return {"configurable": {"thread_id": THREAD, "attempt": attempt}}

    await workers_saver.claim(THREAD, 1)
    zombie = asyncio.create_task(graph.ainvoke({"log": []}, of(1)))
    await asleep.wait()
    await workers_saver.claim(THREAD, 2)
    result = await graph.ainvoke(None, of(2))
    before = await client.hgetall(thread_key(THREAD))
    wake.set()

    with pytest.raises(StaleAttempt):
        await zombie
    assert result == {"log": ["first", "successor"]}
    assert await client.hgetall(thread_key(THREAD)) == before
    assert (await graph.aget_state(of(2))).values == result


async def test_who_claims_a_new_thread_need_not_ask_what_it_holds(
    workers_saver: RedisSaver, client: AsyncRedis
) -> None:
    await workers_saver.claim(THREAD, 1)
    asked = await _scripts_run(client)
    assert (
        await workers_saver.aget_tuple({"configurable": {"thread_id": THREAD, "checkpoint_ns": ""}}) is None
    )
    assert await _scripts_run(client) == asked


async def test_what_others_wrote_between_two_claims_is_found(
    workers_saver: RedisSaver, client: AsyncRedis
) -> None:
    other = RedisSaver(client, ttl_seconds=60, fenced=True)
    await workers_saver.claim(THREAD, 1)
    await other.claim(THREAD, 2)
    await save_job_state(other, THREAD, {"a": 1}, attempt=2)
    await workers_saver.claim(THREAD, 3)
    found = await workers_saver.aget_tuple({"configurable": {"thread_id": THREAD, "checkpoint_ns": ""}})
    assert found is not None
    assert found.checkpoint["channel_values"] == {"a": 1}


async def _scripts_run(client: AsyncRedis) -> int:
    statistics: dict[str, Any] = await client.info("commandstats")
    return sum(statistics.get(name, {"calls": 0})["calls"] for name in ("cmdstat_eval", "cmdstat_evalsha"))
