"""What can happen to the servers behind a running service, as bounded experiments that return what they counted."""

import asyncio
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
import psutil
from redis.asyncio import Redis

from tests.support.cluster import Api, Cluster, until
from tests.support.faults import PATIENCE, answers, astray, settle, versions

# Redis forgets.


@dataclass(slots=True)
class Flushes:
    waiting: int
    running: int
    ended: int = 0
    right: int = 0
    rebuilt: int = 0
    astray: list[Any] = field(default_factory=list)


async def flush(cluster: Cluster, redis: Redis, waiting: int, running: int) -> Flushes:
    """FLUSHALL while jobs wait for answers, and again while others run; each result beside an untouched one."""
    found = Flushes(waiting, running)
    control = [await cluster.start_asking(), await cluster.start()]
    await settle(cluster, control)
    await _answer(cluster, control[0])
    await settle(cluster, control)

    asking = [await cluster.start_asking() for _ in range(waiting)]
    assert await settle(cluster, asking) == {"waiting": waiting}
    await redis.flushall()
    for job in asking:
        await _answer(cluster, job)
    await settle(cluster, asking)

    cluster.weather.seconds = 1.0
    under_way = [await cluster.start() for _ in range(running)]
    await asyncio.gather(*map(cluster.holder, under_way))
    await redis.flushall()
    await settle(cluster, under_way)
    cluster.weather.seconds = 0

    found.ended, _ = await versions(cluster, asking + under_way)
    found.astray = await astray(cluster, asking + under_way)
    for jobs, untouched in ((asking, control[0]), (under_way, control[1])):
        right = await _result(cluster, untouched)
        found.right += [await _result(cluster, job) for job in jobs].count(right)
    ((found.rebuilt,),) = await cluster.rows(
        "SELECT count(DISTINCT job_id) FROM job_events WHERE job_id = ANY(:jobs) AND type = 'run.rebuilt'",
        jobs=asking + under_way,
    )
    return found


async def _answer(cluster: Cluster, job: str) -> None:
    form = {"answers": answers(await cluster.settled(job))}
    (await cluster.client.post(f"/jobs/{job}/resume", json=form)).raise_for_status()


async def _result(cluster: Cluster, job: str) -> Any:
    """What the job found out, apart from where and when."""
    return (await cluster.client.get(f"/jobs/{job}/result")).json().get("triage")


# A server goes away under load.


@dataclass(slots=True)
class Outage:
    accepted: int = 0
    ended: int = 0
    results: int = 0
    astray: list[Any] = field(default_factory=list)
    answers: Counter[int] = field(default_factory=Counter)
    longest: float = 0.0
    """Of all requests. [s]"""
    ready_after: float = 0.0
    """From the server's return to the last API process that says it is ready. [s]"""


async def outage(
    cluster: Cluster, server: psutil.Process, *, down: float, load: float, silent: bool = False
) -> Outage:
    """`server` is killed, or only falls silent, and is back after `down`; jobs are started for `load` seconds [s]."""
    found, jobs = Outage(), []
    ending = time.monotonic() + load

    async def ask(api: Api) -> None:
        while time.monotonic() < ending:
            began = time.monotonic()
            with suppress(httpx.TransportError):
                answer = await api.client.post("/jobs", json=cluster.triage())
                found.answers[answer.status_code] += 1
                if answer.status_code == 202:
                    jobs.append(answer.json()["id"])
            found.longest = max(found.longest, time.monotonic() - began)
            await asyncio.sleep(0.2)

    asking = [asyncio.create_task(ask(api)) for api in cluster.apis]
    await asyncio.sleep(min(2.0, load / 4))
    async with silenced(server) if silent else _gone(server):
        await asyncio.sleep(down)
    back = time.monotonic()
    await asyncio.gather(*asking)
    for api in cluster.apis:
        await until(api.ready)
    found.ready_after = time.monotonic() - max(back, ending)
    found.accepted = len(jobs)
    deadline = time.monotonic() + PATIENCE
    while found.ended < found.accepted and time.monotonic() < deadline:
        await asyncio.sleep(0.5)
        found.ended, found.results = await versions(cluster, jobs)
    found.astray = await astray(cluster, jobs)
    return found


@asynccontextmanager
async def _gone(server: psutil.Process) -> AsyncIterator[None]:
    """Killed, and its guard kept from starting it again."""
    guard = server.parent()
    assert guard is not None
    guard.suspend()
    server.send_signal(signal.SIGKILL)
    try:
        yield
    finally:
        guard.resume()


@asynccontextmanager
async def silenced(server: psutil.Process) -> AsyncIterator[None]:
    """It and all its children hear, and say nothing."""
    silenced = [*server.children(), server]
    for process in silenced:
        process.suspend()
    try:
        yield
    finally:
        for process in silenced:
            process.resume()
