"""Bars of the service under faults, each with its counts. Short forms are in tests/acceptance."""

from statistics import median

import pytest
from redis.asyncio import Redis

from core.database.session import IDLE_SECONDS
from graph.execution import LONGEST_BACKOFF
from graph.reconciliation import EVERY_SECONDS
from tests.chaos.conftest import SHARE, Judge, times
from tests.support.cluster import OpenCluster
from tests.support.faults import cancel_running, kill_workers, race_resumes, wake_zombies
from tests.support.freezes import PREPARES, STANDS_STILL, freeze_workers
from tests.support.outages import flush, outage
from tests.support.servers import postgres_process, redis_process
from tests.support.storm import storm
from tests.support.streams import cut_streams

MEDIAN_RECOVERY_SECONDS = 5.0
LONGEST_REQUEST_SECONDS = 10.0
CANCELLED_WITHIN_SECONDS = 1.0


async def test_of_two_answers_at_once_one_takes_effect_and_one_is_refused(
    open_cluster: OpenCluster, judge: Judge
) -> None:
    pairs = times(1000)
    async with open_cluster(apis=2, workers=2) as cluster:
        race = await race_resumes(cluster, pairs)
    held = (
        race.answers == {202: pairs, 409: pairs},
        (race.effects, race.ended, race.results) == (pairs, pairs, pairs),
    )
    judge("1", "two answers at once, two API processes", held, race)


async def test_a_killed_worker_s_run_ends_once_on_another(open_cluster: OpenCluster, judge: Judge) -> None:
    runs = times(100)
    async with open_cluster(workers=3) as cluster:
        kills = await kill_workers(cluster, runs)
    held = (
        (kills.ended, kills.results, kills.astray) == (runs, runs, []),
        kills.node_at_most <= 2,
        kills.asked_at_most <= 2,
        kills.too_late < runs / 2,
        kills.without_forecast == 0,
        kills.median <= MEDIAN_RECOVERY_SECONDS,
    )
    result = median(kills.ends)
    told = f"worker killed in each run, median recovery {kills.median:.2f} s, result after {result:.2f} s"
    judge("3", told, held, kills)


async def test_a_worker_that_slept_through_its_lease_writes_nothing(
    open_cluster: OpenCluster, redis: Redis, judge: Judge
) -> None:
    runs = times(20)
    async with open_cluster(workers=0) as cluster:
        await cluster.add_worker(concurrency=runs)
        zombies = await wake_zombies(cluster, redis, runs)
    held = (
        (zombies.taken_over, zombies.ended, zombies.results) == (runs, runs, runs),
        zombies.written_after_waking == 0,
    )
    judge("4", "worker stopped beyond its lease, then woken", held, zombies)


@pytest.mark.parametrize(("where", "held"), [("standing still", STANDS_STILL), ("preparing", PREPARES)])
async def test_a_worker_frozen_within_a_transaction_holds_up_nobody(
    open_cluster: OpenCluster, judge: Judge, where: str, held: str
) -> None:
    runs = times(10)
    async with open_cluster() as cluster:
        freezes = await freeze_workers(cluster, runs, held)
    bars = (
        (freezes.ended, freezes.results, freezes.astray) == (freezes.jobs, freezes.jobs, []),
        freezes.crashes == 0,
        max(freezes.seconds) <= IDLE_SECONDS + 2 * EVERY_SECONDS + LONGEST_BACKOFF.total_seconds(),
    )
    judge("+", f"worker frozen within a transaction, {where}", bars, freezes)


async def test_a_flush_loses_no_job(open_cluster: OpenCluster, redis: Redis, judge: Judge) -> None:
    jobs = times(50)
    async with open_cluster(workers=2, concurrency=jobs) as cluster:
        flushes = await flush(cluster, redis, jobs, jobs)
    held = (
        (flushes.ended, flushes.right) == (2 * jobs, 2 * jobs),
        flushes.rebuilt > jobs,  # a run may not have written anything yet
    )
    judge("5", "FLUSHALL while jobs wait, and while jobs run", held, flushes)


@pytest.mark.parametrize(("how", "seconds"), [("killed", 20), ("silent", 6)])
@pytest.mark.parametrize("which", ["redis", "postgres"])
async def test_a_server_that_goes_away_takes_no_job_with_it(
    open_cluster: OpenCluster, redis: Redis, judge: Judge, which: str, how: str, seconds: float
) -> None:
    down = max(3.0, min(1.0, SHARE) * seconds)
    async with open_cluster(apis=2, workers=2) as cluster:
        server = await (redis_process(redis) if which == "redis" else postgres_process(cluster.engine))
        went = await outage(cluster, server, down=down, load=down + 14, silent=how == "silent")
    held = (
        went.accepted > 0,
        (went.ended, went.results) == (went.accepted, went.accepted),
        set(went.answers) <= {202, 503},
        went.longest <= LONGEST_REQUEST_SECONDS,
    )
    judge("6", f"{which} {how} for {down:g} s under load", held, went)


async def test_a_stream_cut_after_every_event_tells_what_an_uncut_one_does(
    open_cluster: OpenCluster, judge: Judge
) -> None:
    jobs = times(10)
    async with open_cluster(apis=2, workers=2) as cluster:
        cuts = await cut_streams(cluster, jobs)
    held = (cuts.same == cuts.ended == jobs, cuts.cuts > 10 * jobs)
    judge("7", "stream cut at every event of a full job", held, cuts)


async def test_a_cancellation_reaches_a_running_step_within_a_second(
    open_cluster: OpenCluster, judge: Judge
) -> None:
    runs = times(50)
    async with open_cluster(apis=2, workers=2) as cluster:
        cancels = await cancel_running(cluster, runs, step=60)
    held = (
        (cancels.cancelled, cancels.left) == (runs, 0),
        max(cancels.delays) <= CANCELLED_WITHIN_SECONDS,
    )
    judge("+", "cancelled while a step runs in another process", held, cancels)


async def test_jobs_in_a_storm_end_once_each_and_whoever_waits_is_woken(
    open_cluster: OpenCluster, redis: Redis, judge: Judge
) -> None:
    jobs = times(2000)
    async with open_cluster(apis=2, workers=2) as cluster:
        stormy = await storm(cluster, redis, jobs)
    held = (
        (stormy.ended, stormy.results, stormy.answers[202]) == (jobs, jobs, jobs),
        set(stormy.answers) <= {202, 503},
        stormy.woken_late == 0,
    )
    judge("+", "connections cut and processes paused under load", held, stormy)
