"""Redis gone is an error that says so: never None, never a hang."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import CheckpointMetadata, empty_checkpoint
from redis.asyncio import Redis as AsyncRedis

from core.checkpoint import RedisSaver, delete_job_state, get_job_state, save_job_state
from core.errors import StorageUnavailable
from core.redis import create_redis, create_sync_redis

NOWHERE = "unix:///nowhere/at/all.sock"
JOB = "0190b6a2-0000-7000-8000-000000000001"
CONFIG: RunnableConfig = {"configurable": {"thread_id": "t", "checkpoint_ns": "", "checkpoint_id": "1"}}
METADATA = CheckpointMetadata(source="loop", step=0, parents={})


async def listed(saver: RedisSaver, config: RunnableConfig | None) -> list[Any]:
    return [one async for one in saver.alist(config)]


ASYNCHRONOUS: dict[str, Callable[[RedisSaver], Awaitable[Any]]] = {
    "aget_tuple": lambda saver: saver.aget_tuple(CONFIG),
    "aput": lambda saver: saver.aput(CONFIG, empty_checkpoint(), METADATA, {}),
    "aput_writes": lambda saver: saver.aput_writes(CONFIG, [("a", 1)], "task"),
    "alist": lambda saver: listed(saver, CONFIG),
    "alist of all": lambda saver: listed(saver, None),
    "adelete_thread": lambda saver: saver.adelete_thread("t"),
    "adelete_for_runs": lambda saver: saver.adelete_for_runs(["r"]),
    "acopy_thread": lambda saver: saver.acopy_thread("t", "u"),
    "aprune": lambda saver: saver.aprune(["t"]),
    "claim": lambda saver: saver.claim("t", 1),
    "save_job_state": lambda saver: save_job_state(saver, JOB, {}),
    "get_job_state": lambda saver: get_job_state(saver, JOB),
    "delete_job_state": lambda saver: delete_job_state(saver, JOB),
    "aget_delta_channel_history": lambda saver: saver.aget_delta_channel_history(
        config=CONFIG, channels=["a"]
    ),
}
SYNCHRONOUS: dict[str, Callable[[RedisSaver], Any]] = {
    "get_tuple": lambda saver: saver.get_tuple(CONFIG),
    "put": lambda saver: saver.put(CONFIG, empty_checkpoint(), METADATA, {}),
    "put_writes": lambda saver: saver.put_writes(CONFIG, [("a", 1)], "task"),
    "list": lambda saver: list(saver.list(CONFIG)),
    "delete_thread": lambda saver: saver.delete_thread("t"),
    "delete_for_runs": lambda saver: saver.delete_for_runs(["r"]),
    "copy_thread": lambda saver: saver.copy_thread("t", "u"),
    "prune": lambda saver: saver.prune(["t"]),
}


@pytest.mark.parametrize("method", ASYNCHRONOUS)
async def test_a_redis_that_is_not_there_is_an_error(method: str) -> None:
    client = create_redis(NOWHERE)

    with pytest.raises(StorageUnavailable) as unavailable:
        await ASYNCHRONOUS[method](RedisSaver(client, ttl_seconds=60))

    assert "nowhere" not in unavailable.value.detail
    await client.aclose()


@pytest.mark.parametrize("method", SYNCHRONOUS)
async def test_a_redis_that_is_not_there_is_an_error_for_threads_too(method: str) -> None:
    client, sync_client = create_redis(NOWHERE), create_sync_redis(NOWHERE)
    saver = RedisSaver(client, sync_client=sync_client, ttl_seconds=60)

    with pytest.raises(StorageUnavailable):
        await asyncio.to_thread(SYNCHRONOUS[method], saver)

    await client.aclose()
    sync_client.close()


@pytest.fixture
async def own_client(own_server: Any) -> AsyncIterator[AsyncRedis]:
    client = create_redis(f"{own_server.url}?socket_timeout=0.2")
    yield client
    await client.aclose()


async def test_a_redis_that_stops_and_comes_back_needs_no_new_saver(
    own_server: Any, own_client: AsyncRedis
) -> None:
    saver = RedisSaver(own_client, ttl_seconds=60)
    await saver.aput(CONFIG, empty_checkpoint(), METADATA, {})
    own_server.stop()
    with pytest.raises(StorageUnavailable):
        await saver.aget_tuple(CONFIG)
    own_server.start()

    stored = await saver.aput(CONFIG, empty_checkpoint(), METADATA, {})

    assert await saver.aget_tuple(stored) is not None


async def test_a_redis_that_stops_answering_is_given_up(own_server: Any, own_client: AsyncRedis) -> None:
    saver = RedisSaver(own_client, ttl_seconds=60)
    await saver.aput(CONFIG, empty_checkpoint(), METADATA, {})
    own_server.freeze()

    results = await asyncio.gather(
        *(saver.aput_writes(CONFIG, [("a", n)], f"task-{n}") for n in range(20)), return_exceptions=True
    )

    assert {type(result) for result in results} == {StorageUnavailable}


async def test_a_redis_that_is_full_is_an_error_and_stores_nothing(
    own_server: Any, own_client: AsyncRedis
) -> None:
    saver = RedisSaver(own_client, ttl_seconds=60)
    stored = await saver.aput(CONFIG, empty_checkpoint(), METADATA, {})
    before = await own_client.hgetall((await own_client.keys())[0])
    await own_client.config_set("maxmemory", 1)

    with pytest.raises(StorageUnavailable):
        await saver.aput_writes(stored, [("a", 1)], "task")

    await own_client.config_set("maxmemory", 0)
    assert await own_client.hgetall((await own_client.keys())[0]) == before
