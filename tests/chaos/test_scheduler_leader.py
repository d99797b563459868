"""Scheduler processes that are killed and frozen while they lead: every slot is executed once."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from core.database.leadership import current_leader
from core.database.session import AsyncSessionLocal
from tests.chaos.conftest import Judge

REPLICA = Path(__file__).with_name("scheduler_replica.py")
ROOT = Path(__file__).parents[2]
SLOTS = 60
SECONDS_PER_SLOT = 0.5
KILL_AFTER = (20, 40)


@contextmanager
def _replica(database_url: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        [sys.executable, str(REPLICA), database_url, str(SECONDS_PER_SLOT)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:
        try:
            yield process
        finally:
            process.kill()


async def _record_executions(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "CREATE TABLE executions (id serial PRIMARY KEY, slot timestamptz NOT NULL, pid int NOT NULL)"
            )
        )


async def _until_finished(engine: AsyncEngine, count: int) -> None:
    async with asyncio.timeout(3 * SLOTS * SECONDS_PER_SLOT):
        while True:
            if await _finished(engine) >= count:
                return
            await asyncio.sleep(0.02)


async def _finished(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        found = await connection.scalar(text("SELECT count(finished_at) FROM schedule_ticks"))
    return int(found or 0)


async def _leader_pid(engine: AsyncEngine, *, other_than: int = 0) -> int:
    async with asyncio.timeout(10):
        while True:
            async with AsyncSessionLocal(bind=engine) as session:
                name = await current_leader(session)
            if name is not None:
                pid = int(name.split()[1].split("@")[0])
                if pid != other_than:
                    return pid
            await asyncio.sleep(0.005)


async def _executions(engine: AsyncEngine) -> list[tuple[datetime, int]]:
    async with engine.connect() as connection:
        rows = await connection.execute(text("SELECT slot, pid FROM executions ORDER BY slot, id"))
        return [(row.slot, row.pid) for row in rows]


async def test_sixty_slots_are_executed_once_each_although_the_leader_is_killed_twice(
    database_url: str, engine: AsyncEngine, judge: Judge
) -> None:
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "CREATE TABLE executions (id serial PRIMARY KEY, slot timestamptz NOT NULL, pid int NOT NULL)"
            )
        )
    killed: list[int] = []
    succession: list[float] = []
    with ExitStack() as replicas:
        for _ in range(4):
            replicas.enter_context(_replica(database_url))
        for count in KILL_AFTER:
            await _until_finished(engine, count)
            killed.append(await _leader_pid(engine))
            began = time.perf_counter()
            os.kill(killed[-1], signal.SIGKILL)
            await _leader_pid(engine, other_than=killed[-1])
            succession.append(time.perf_counter() - began)
        await _until_finished(engine, SLOTS)
        executions = (await _executions(engine))[:SLOTS]

    slots = [slot for slot, _ in executions]
    missed = round((slots[-1] - slots[0]).total_seconds() / SECONDS_PER_SLOT) + 1 - len(set(slots))
    held = (
        len(set(killed)) == len(KILL_AFTER),
        len(slots) == len(set(slots)) == SLOTS,
        missed == 0,
        set(killed) < {pid for _, pid in executions},
    )
    counted = {
        "slots": SLOTS,
        "executions": len(slots),
        "twice": len(slots) - len(set(slots)),
        "missed": missed,
        "leaders_killed": len(killed),
        "succession": succession,
        "by_process": sorted(Counter(pid for _, pid in executions).values()),
    }
    judge("8", "four schedulers, leader killed twice", held, counted)


async def test_a_frozen_leader_is_succeeded_and_executes_nothing_when_it_thaws(
    database_url: str, engine: AsyncEngine, judge: Judge
) -> None:
    await _record_executions(engine)
    with _replica(database_url), _replica(database_url):
        await _until_finished(engine, 4)
        frozen = await _leader_pid(engine)
        began = time.perf_counter()
        os.kill(frozen, signal.SIGSTOP)
        successor = await _leader_pid(engine, other_than=frozen)
        succession = time.perf_counter() - began
        before = await _finished(engine)
        await _until_finished(engine, before + 4)
        os.kill(frozen, signal.SIGCONT)
        await _until_finished(engine, before + 10)
        executions = await _executions(engine)
    slots = [slot for slot, _ in executions]
    held = (len(slots) == len(set(slots)), {pid for _, pid in executions[before:]} == {successor})
    counted = {
        "slots": len(set(slots)),
        "twice": len(slots) - len(set(slots)),
        "succession": succession,
        "by_the_thawed": sum(pid == frozen for _, pid in executions[before:]),
    }
    judge("8", "leader frozen, succeeded, thawed", held, counted)
