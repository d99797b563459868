"""Workers that stop at the worst of moments: within a transaction, with rows locked that their successors need."""

import asyncio
import random
import time
from dataclasses import dataclass, field
from typing import Any

from tests.support.cluster import Cluster, Part
from tests.support.faults import astray, given_up, settle, versions

HELD_OPEN = """
SELECT 1 FROM pg_stat_activity JOIN pg_locks USING (pid)
WHERE datname = current_database() AND state_change < now() - interval '8 ms'
AND relation = 'jobs'::regclass AND mode = 'RowExclusiveLock'
"""
STANDS_STILL = f"{HELD_OPEN} AND state = 'idle in transaction'"
PREPARES = f"{HELD_OPEN} AND state = 'active' AND wait_event = 'ClientRead' AND backend_xid IS NOT NULL"
"""A statement is prepared and not yet told to run: PostgreSQL takes the session for busy."""
JOBS = 16
PAUSES = 300
"""After these a worker has prepared on each of its connections whatever it needs."""
WORKERS = 40
"""So many are tried before it is given up to catch one."""


@dataclass(slots=True)
class Freezes:
    runs: int
    jobs: int = 0
    ended: int = 0
    results: int = 0
    astray: list[Any] = field(default_factory=list)
    """Jobs that stand otherwise: status, questions, problem."""
    crashes: int = 0
    seconds: list[float] = field(default_factory=list)
    """From a worker's freeze until each job has ended. [s]"""


async def freeze_workers(cluster: Cluster, runs: int, held: str) -> Freezes:
    """Freeze one worker after another where it holds rows as `held` says, until all jobs ended without it."""
    freezes, started = Freezes(runs), list[str]()
    for _ in range(runs):
        frozen, jobs = await _caught(cluster, held)
        frozen_at = time.monotonic()
        await cluster.add_worker()
        assert await settle(cluster, jobs) == {"succeeded": len(jobs)}
        freezes.seconds.append(time.monotonic() - frozen_at)
        frozen.wake()
        await given_up(frozen, 1)
        freezes.crashes += len(frozen.logged("graph.run.crashed"))
        frozen.kill()
        started += jobs
    freezes.jobs = len(started)
    freezes.ended, freezes.results = await versions(cluster, started)
    freezes.astray = await astray(cluster, started)
    return freezes


async def _caught(cluster: Cluster, held: str) -> tuple[Part, list[str]]:
    """A worker that stands still within a transaction, and the jobs begun until it was caught."""
    started: list[str] = []
    cluster.weather.seconds = 0.3  # a run that lasts tells of its progress before it ends
    for _ in range(WORKERS):
        worker, jobs = cluster.workers[-1], [await cluster.start() for _ in range(JOBS)]
        started += jobs
        for _ in range(PAUSES):
            worker.pause()
            await asyncio.sleep(0.01)  # until nothing is under way but what it has begun
            if await cluster.rows(held):
                cluster.weather.seconds = 0
                return worker, started
            worker.wake()
            await asyncio.sleep(random.uniform(0.0005, 0.003))
        await settle(cluster, jobs)  # a run that loses its worker again and again would be suspected itself
        worker.kill()
        await cluster.add_worker()
    raise AssertionError("no worker was caught within a transaction")
