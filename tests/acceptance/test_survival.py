"""What the service survives, a few times each; tests/chaos repeats it until it can be believed."""

import asyncio
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest
from langchain_core.runnables import RunnableConfig
from redis.asyncio import Redis

from core.checkpoint import RedisSaver
from core.embedded import EmbeddedServers
from tests.support.cluster import GRACE_SECONDS, Cluster, OpenCluster, cluster
from tests.support.faults import (
    cancel_running,
    kill_workers,
    race_resumes,
    settle,
    wake_zombies,
)
from tests.support.freezes import STANDS_STILL, freeze_workers
from tests.support.outages import flush
from tests.support.storm import storm


@pytest.fixture
def open_cluster(database_url: str, embedded_servers: EmbeddedServers, tmp_path: Path) -> OpenCluster:
    return partial(cluster, database_url, embedded_servers.redis_url, tmp_path)


async def _events(service: Cluster, job: str) -> list[tuple[str, datetime]]:
    rows = await service.rows("SELECT type, at FROM job_events WHERE job_id = :job ORDER BY id", job=job)
    return [(kind, at) for kind, at in rows]


async def test_answers_race_workers_die_and_redis_forgets(open_cluster: OpenCluster, redis: Redis) -> None:
    async with open_cluster(apis=2, workers=2) as service:
        race = await race_resumes(service, 3)
        assert race.answers == {202: 3, 409: 3}
        assert (race.effects, race.ended, race.results) == (3, 3, 3)
        kills = await kill_workers(service, 1)
        assert (kills.ended, kills.results) == (1, 1)
        assert (kills.without_forecast, kills.node_at_most <= 2) == (0, True)
        flushes = await flush(service, redis, 2, 2)
        assert (flushes.ended, flushes.right) == (4, 4)
        stormy = await storm(service, redis, 6)
        assert (stormy.ended, stormy.results, stormy.woken_late) == (6, 6, 0)


async def test_what_a_provider_answered_a_killed_worker_is_not_asked_again(
    open_cluster: OpenCluster, redis: Redis
) -> None:
    saver = RedisSaver(redis, ttl_seconds=600)
    async with open_cluster() as service:
        service.weather.seconds = 1.0
        job = await service.start()
        thread: RunnableConfig = {"configurable": {"thread_id": job}}
        async with asyncio.timeout(20):
            while not service.weather.asked or await saver.aget_tuple(thread) is None:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
            await redis.client_pause(20_000, all=False)  # so that no checkpoint follows
            while not await service.rows("SELECT 1 FROM weather_cells WHERE content IS NOT NULL"):  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        service.workers[0].kill()
        await redis.client_unpause()
        left = await saver.aget_tuple(thread)
        assert left is not None
        assert "weather" not in left.checkpoint["channel_values"]
        assert "weather" not in [channel for _, channel, _ in left.pending_writes or []]
        await service.add_worker()
        assert await settle(service, [job]) == {"succeeded": 1}
        assert list(service.weather.asked.values()) == [1]
        assert "run.taken_over" in [kind for kind, _ in await _events(service, job)]


async def test_a_stalled_worker_wakes_up_to_nothing(open_cluster: OpenCluster, redis: Redis) -> None:
    async with open_cluster() as service:
        zombies = await wake_zombies(service, redis, 2)
    assert (zombies.taken_over, zombies.ended, zombies.results) == (2, 2, 2)
    assert zombies.written_after_waking == 0


async def test_a_worker_frozen_within_a_transaction_holds_up_nobody(open_cluster: OpenCluster) -> None:
    async with open_cluster() as service:
        freezes = await freeze_workers(service, 1, STANDS_STILL)
    assert (freezes.ended, freezes.results, freezes.crashes) == (freezes.jobs, freezes.jobs, 0)


async def test_cancelling_reaches_a_running_step_in_another_process(open_cluster: OpenCluster) -> None:
    async with open_cluster() as service:
        cancels = await cancel_running(service, 2, step=60)
    assert (cancels.cancelled, cancels.left) == (2, 0)
    assert max(cancels.delays) < 60


async def test_a_terminated_worker_hands_back_what_it_cannot_finish(open_cluster: OpenCluster) -> None:
    async with open_cluster() as service:
        service.weather.seconds = 60  # longer than a second worker takes to start
        job = await service.start()
        worker = await service.holder(job)
        await service.add_worker()
        worker.terminate()
        await service.until_logged(worker, "graph.worker.stopped")
        service.weather.seconds = 0
        assert worker.process.wait(GRACE_SECONDS + 5) == 0
        assert worker.logged("graph.worker.stopped")[0]["handed_back"] == 1
        assert await settle(service, [job]) == {"succeeded": 1}
        events = [kind for kind, _ in await _events(service, job)]
        assert events.count("run.postponed") == 1
        assert "run.taken_over" not in events
        assert events.count("result.stored") == 1
