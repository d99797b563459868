"""Many short jobs while everything that can be interrupted is: connections cut, processes stopped for a moment."""

import asyncio
import random
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import uuid4

import httpx
from redis.asyncio import Redis

from tests.support.cluster import Api, Cluster
from tests.support.faults import PATIENCE, versions

WAIT = 30.0
"""How long a client holds on for its job at a time. [s]"""


@dataclass(slots=True)
class Storm:
    jobs: int
    ended: int = 0
    results: int = 0
    answers: Counter[int] = field(default_factory=Counter)
    """To the jobs' starts, which are sent again under their key until they are accepted."""
    slowest: float = 0.0
    """From a job's acceptance to the answer that it has ended. [s]"""
    woken_late: int = 0
    """Clients whose wait ran out although their job had ended before."""
    interruptions: Counter[str] = field(default_factory=Counter)


async def storm(
    cluster: Cluster, redis: Redis, jobs: int, *, at_once: int = 16, every: float = 0.25, seed: int = 1
) -> Storm:
    """Start jobs and wait for each, while every `every` seconds something is interrupted."""
    found, turn = Storm(jobs), asyncio.Semaphore(at_once)

    async def one(number: int) -> str:
        api = cluster.apis[number % len(cluster.apis)]
        async with turn:
            job = await _started(cluster, api, found.answers)
            began = time.monotonic()
            while True:
                asked = time.monotonic()
                answer = None
                with suppress(httpx.TransportError):
                    answer = await api.client.get(f"/jobs/{job}", params={"wait": WAIT})
                if answer is None or answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
                    await asyncio.sleep(0.2)
                    continue
                if answer.raise_for_status().json()["status"] == "succeeded":
                    break
            found.woken_late += time.monotonic() - asked >= WAIT
            found.slowest = max(found.slowest, time.monotonic() - began)
            return job

    # Told and not cancelled: on Python 3.11 redis-py sends within a wait_for that may swallow a cancellation.
    calm = asyncio.Event()
    interrupting = asyncio.create_task(_interrupt(cluster, redis, found.interruptions, every, seed, calm))
    try:
        async with asyncio.timeout(PATIENCE + WAIT * jobs):
            ids = await asyncio.gather(*map(one, range(jobs)))
    finally:
        calm.set()
        await asyncio.gather(interrupting, return_exceptions=True)
    found.ended, found.results = await versions(cluster, list(ids))
    return found


async def _started(cluster: Cluster, api: Api, answers: Counter[int]) -> str:
    body, key = cluster.triage(), {"Idempotency-Key": str(uuid4())}
    async with asyncio.timeout(PATIENCE):
        while True:
            with suppress(httpx.TransportError):
                answer = await api.client.post("/jobs", json=body, headers=key)
                answers[answer.status_code] += 1
                if answer.status_code == httpx.codes.ACCEPTED:
                    return str(answer.json()["id"])
            await asyncio.sleep(0.2)


async def _interrupt(
    cluster: Cluster,
    redis: Redis,
    interruptions: Counter[str],
    every: float,
    seed: int,
    calm: asyncio.Event,
) -> None:
    chance = random.Random(seed)
    parts = [*cluster.apis, *cluster.workers]
    while not calm.is_set():
        await asyncio.sleep(every)
        what = chance.choice(("backend", "backend", "redis", "pause"))
        if what == "backend":  # any of them: a pool's, a listener's, the queue's own
            await cluster.rows(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1"
            )
        elif what == "redis":
            await redis.client_kill_filter(_type="normal", skipme=True)
        else:  # every system call under way is interrupted, and timers are late
            part = chance.choice(parts)
            part.pause()
            await asyncio.sleep(chance.uniform(0.01, 0.3))
            part.wake()
        interruptions[what] += 1
