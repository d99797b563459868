"""What can happen to the processes of a running service, each as a bounded experiment that returns what it counted."""

import asyncio
import random
import statistics
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from redis.asyncio import Redis

from core.checkpoint.keys import REVISION, thread_key
from tests.support.cluster import HEARTBEAT_SECONDS, Cluster, Part, until

LEASE_SECONDS = 3 * HEARTBEAT_SECONDS
PATIENCE = 120
AT_ONCE = 100
"""Jobs that are waited for at a time, each on a connection."""

FINISHED = """
SELECT count(*) FILTER (WHERE status = 'succeeded' AND result_version = 1) AS ended,
       (SELECT count(*) FROM results WHERE job_id = ANY(:jobs)) AS results
FROM jobs WHERE id = ANY(:jobs)
"""
MOST_OFTEN = """
SELECT coalesce(max(times), 0) FROM (
    SELECT count(*) AS times FROM job_events
    WHERE job_id = ANY(:jobs) AND type = 'node.finished' GROUP BY run_id, data->>'node') AS counted
"""
WITHOUT_FORECAST = """
SELECT count(*) FROM results WHERE job_id = ANY(:jobs) AND document #>> '{weather,forecast_problem}' IS NOT NULL
"""


async def settle(cluster: Cluster, jobs: list[str]) -> Counter[str]:
    """How the jobs stand when each waits for a person or has ended."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def status(job: str) -> str:
        async with turn:
            return str((await cluster.settled(job))["status"])

    return Counter(await asyncio.gather(*map(status, jobs)))


async def versions(cluster: Cluster, jobs: list[str]) -> tuple[int, int]:
    """How many jobs ended with version 1, and how many result rows they have in all."""
    ((ended, results),) = await cluster.rows(FINISHED, jobs=jobs)
    return ended, results


# Two technicians answer at once.


@dataclass(slots=True)
class Race:
    pairs: int
    answers: Counter[int] = field(default_factory=Counter)
    effects: int = 0
    ended: int = 0
    results: int = 0


async def race_resumes(cluster: Cluster, pairs: int, *, at_once: int = 16) -> Race:
    """Each job is answered twice at the same moment, through two API processes."""
    race = Race(pairs)
    jobs = [await cluster.start_asking() for _ in range(pairs)]
    assert await settle(cluster, jobs) == {"waiting": pairs}
    turn = asyncio.Semaphore(at_once)

    async def pair(job: str) -> None:
        async with turn:
            form = {"answers": answers(await cluster.settled(job))}
            both = [api.client.post(f"/jobs/{job}/resume", json=form) for api in cluster.apis[:2]]
            race.answers.update(answer.status_code for answer in await asyncio.gather(*both))

    await asyncio.gather(*map(pair, jobs))
    assert await settle(cluster, jobs) == {"succeeded": pairs}
    ((race.effects,),) = await cluster.rows(
        "SELECT count(*) FROM job_events WHERE job_id = ANY(:jobs) AND type = 'questions.answered'", jobs=jobs
    )
    race.ended, race.results = await versions(cluster, jobs)
    return race


def answers(job: dict[str, Any]) -> dict[str, Any]:
    """What somebody in a hurry says: the last choice of each, "other" where a vendor is asked for."""
    return {question["id"]: question["choices"][-1] for question in job["questions"]}


# Workers die.


@dataclass(slots=True)
class Kills:
    runs: int
    ended: int = 0
    results: int = 0
    astray: list[Any] = field(default_factory=list)
    """Jobs that stand otherwise: status, questions, problem."""
    node_at_most: int = 0
    asked_at_most: int = 0
    too_late: int = 0
    """The run had ended when its worker was killed."""
    without_forecast: int = 0
    """Results that had to do without, though their provider answers."""
    recoveries: list[float] = field(default_factory=list)
    """From the kill to the claim of another worker. [s]"""
    ends: list[float] = field(default_factory=list)
    """From the kill to the result. [s]"""

    @property
    def median(self) -> float:
        return statistics.median(self.recoveries)


async def kill_workers(cluster: Cluster, runs: int, *, seed: int = 1) -> Kills:
    """One run after another; the worker that has it is killed at a random moment, and replaced."""
    chance = random.Random(seed)
    kills, jobs = Kills(runs), []
    cluster.weather.seconds = 0.6
    cluster.weather.asked.clear()
    for _ in range(runs):
        job = await cluster.start()
        jobs.append(job)
        worker = await cluster.holder(job)
        await asyncio.sleep(chance.uniform(0, 0.9))
        killed_at = time.time()
        worker.kill()
        await cluster.add_worker(wait=False)
        await cluster.settled(job)
        taken: list[tuple[datetime]] = await cluster.rows(
            "SELECT at FROM job_events WHERE job_id = :job AND type = 'run.taken_over' ORDER BY id", job=job
        )
        kills.recoveries += [at.timestamp() - killed_at for (at,) in taken[:1]]
        kills.too_late += not taken
        if taken:
            ((ended_at,),) = await cluster.rows("SELECT finished_at FROM runs WHERE job_id = :job", job=job)
            kills.ends.append(ended_at.timestamp() - killed_at)
    kills.ended, kills.results = await versions(cluster, jobs)
    kills.astray = await astray(cluster, jobs)
    kills.astray += [
        line["exception"] for worker in cluster.workers for line in worker.logged("graph.run.crashed")
    ]
    ((kills.node_at_most,),) = await cluster.rows(MOST_OFTEN, jobs=jobs)
    ((kills.without_forecast,),) = await cluster.rows(WITHOUT_FORECAST, jobs=jobs)
    kills.asked_at_most = max(cluster.weather.asked.values())
    cluster.weather.seconds = 0
    return kills


async def astray(cluster: Cluster, jobs: list[str]) -> list[Any]:
    """Those that did not end once and well: what their rows say, or that there is none."""
    return await cluster.rows(
        "SELECT wanted.id::text, status::text, questions::text, problem::text, result_version"
        " FROM unnest(CAST(:jobs AS uuid[])) AS wanted (id) LEFT JOIN jobs USING (id)"
        " WHERE (status = 'succeeded' AND result_version = 1) IS NOT TRUE",
        jobs=jobs,
    )


# Somebody cancels while a step runs.


@dataclass(slots=True)
class Cancels:
    runs: int
    cancelled: int = 0
    left: int = 0
    """What is still queued."""
    delays: list[float] = field(default_factory=list)
    """From the cancellation to the end of the step in its worker. [s]"""


async def cancel_running(cluster: Cluster, runs: int, *, step: float) -> Cancels:
    """One run after another, each cancelled through the API while a worker is in a step of so many seconds."""
    found = Cancels(runs)
    cluster.weather.seconds = step
    for _ in range(runs):
        job = await cluster.start()
        worker = await cluster.holder(job)
        (await cluster.client.post(f"/jobs/{job}/cancel")).raise_for_status()
        await until(partial(worker.logged, "graph.run.stopped", job_id=job))
        [line] = worker.logged("graph.run.stopped", job_id=job)
        ((at,),) = await cluster.rows(
            "SELECT at FROM job_events WHERE job_id = :job AND type = 'job.cancelled'", job=job
        )
        found.delays.append((datetime.fromisoformat(line["timestamp"]) - at).total_seconds())
        found.cancelled += await settle(cluster, [job]) == {"cancelled": 1}
    found.left = len(await cluster.rows("SELECT 1 FROM pgqueuer"))
    cluster.weather.seconds = 0
    return found


# A worker sleeps through its lease.


@dataclass(slots=True)
class Zombies:
    runs: int
    taken_over: int = 0
    ended: int = 0
    results: int = 0
    astray: list[Any] = field(default_factory=list)
    written_after_waking: int = 0


async def wake_zombies(cluster: Cluster, redis: Redis, runs: int) -> Zombies:
    """A worker is stopped with runs in hand, another one finishes them, the first goes on."""
    found = Zombies(runs)
    cluster.weather.seconds = min(9.0, 1.0 + runs / 2)  # until all of them are under way
    zombie = cluster.workers[-1]
    jobs = []
    for _ in range(runs):
        jobs.append(await cluster.start())
        await cluster.holder(jobs[-1])
    zombie.pause()
    cluster.weather.seconds = 1.0
    try:
        await cluster.add_worker(concurrency=runs)
        await settle(cluster, jobs)
        before = await _everything(cluster, redis, jobs)
    finally:
        zombie.wake()
    await given_up(zombie, runs)
    await asyncio.sleep(LEASE_SECONDS / 2)
    after = await _everything(cluster, redis, jobs)
    found.written_after_waking = sum(one != other for one, other in zip(before, after, strict=True))
    ((found.taken_over,),) = await cluster.rows(
        "SELECT count(DISTINCT job_id) FROM job_events WHERE job_id = ANY(:jobs) AND type = 'run.taken_over'",
        jobs=jobs,
    )
    found.ended, found.results = await versions(cluster, jobs)
    found.astray = await astray(cluster, jobs)
    cluster.weather.seconds = 0
    return found


async def given_up(worker: Part, runs: int) -> None:
    """Waits until the worker knows that it has lost so many runs; after a minute's sleep it ends itself."""

    def gone() -> bool:
        told = len(worker.logged("graph.run.stopped")) + len(worker.logged("graph.run.lost"))
        return told >= runs or not worker.alive

    await until(gone)


async def _everything(cluster: Cluster, redis: Redis, jobs: list[str]) -> list[Any]:
    """All that a worker may write about each job: its row, events, runs, results and checkpoints."""
    rows = await cluster.rows(
        "SELECT jobs.id, jobs::text, (SELECT count(*) FROM job_events WHERE job_id = jobs.id),"
        " (SELECT string_agg(runs::text, '' ORDER BY id) FROM runs WHERE job_id = jobs.id),"
        " (SELECT count(*) FROM results WHERE job_id = jobs.id) FROM jobs WHERE id = ANY(:jobs) ORDER BY id",
        jobs=jobs,
    )
    revisions = [await redis.hget(thread_key(str(row[0])), REVISION) for row in rows]
    assert all(revisions), "a finished job has a checkpoint"
    return [(*row, revision) for row, revision in zip(rows, revisions, strict=True)]
