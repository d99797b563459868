"""Bars of the service under faults, each with its counts. Short forms are in tests/acceptance."""

import pytest
from redis.asyncio import Redis

from tests.chaos.conftest import OpenCluster, Say, times
from tests.support.faults import flush, kill_workers, outage, race_resumes, wake_zombies
from tests.support.servers import postgres_process, redis_process


async def test_of_two_answers_at_once_one_takes_effect_and_one_is_refused(
    open_cluster: OpenCluster, say: Say
) -> None:
    pairs = times(1000)
    async with open_cluster(apis=2, workers=2) as cluster:
        race = await race_resumes(cluster, pairs)
    say(race)
    assert race.answers == {202: pairs, 409: pairs}
    assert (race.effects, race.ended, race.results) == (pairs, pairs, pairs)


async def test_a_killed_worker_s_run_ends_once_on_another(open_cluster: OpenCluster, say: Say) -> None:
    runs = times(100)
    async with open_cluster(workers=3) as cluster:
        kills = await kill_workers(cluster, runs)
    say(kills)
    assert (kills.ended, kills.results) == (runs, runs)
    assert kills.node_at_most <= 2
    assert kills.asked_at_most <= 2
    assert kills.too_late < runs / 2
    assert kills.median <= 5.0


async def test_a_worker_that_slept_through_its_lease_writes_nothing(
    open_cluster: OpenCluster, redis: Redis, say: Say
) -> None:
    runs = times(20)
    async with open_cluster(workers=0) as cluster:
        await cluster.add_worker(concurrency=runs)
        zombies = await wake_zombies(cluster, redis, runs)
    say(zombies)
    assert (zombies.taken_over, zombies.ended, zombies.results) == (runs, runs, runs)
    assert zombies.written_after_waking == 0


async def test_a_flush_loses_no_job(open_cluster: OpenCluster, redis: Redis, say: Say) -> None:
    jobs = times(50)
    async with open_cluster(workers=2, concurrency=jobs) as cluster:
        flushes = await flush(cluster, redis, jobs, jobs)
    say(flushes)
    assert (flushes.ended, flushes.right) == (2 * jobs, 2 * jobs)
    assert flushes.rebuilt == 2 * jobs


@pytest.mark.parametrize("how", ["killed", "silent"])
@pytest.mark.parametrize("which", ["redis", "postgres"])
async def test_a_server_that_goes_away_takes_no_job_with_it(
    open_cluster: OpenCluster, redis: Redis, say: Say, which: str, how: str
) -> None:
    async with open_cluster(apis=2, workers=2) as cluster:
        server = await (redis_process(redis) if which == "redis" else postgres_process(cluster.engine))
        went = await outage(cluster, server, down=6, load=20, silent=how == "silent")
        crashes = [line["exception"] for api in cluster.apis for line in api.logged("api.request.crashed")]
    say((which, how, went, *crashes[:1]))
    assert went.accepted > 0
    assert (went.ended, went.results) == (went.accepted, went.accepted)
    assert set(went.answers) <= {202, 503}
    assert went.longest <= 10
