"""A worker and its hold on what it has in hand, over a real queue."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from core.database.session import AsyncSessionLocal
from core.ids import new_id
from core.queue import NEW_JOB, enqueue_run, queued_runs, withdraw_run
from core.queue_worker import QueueWorker

BEAT = 0.4
PATIENCE = 20


class Slow:
    """A handler that works until it is told to end, and remembers how each run went."""

    def __init__(self) -> None:
        self.started: list[UUID] = []
        self.stopped: list[UUID] = []
        self.done = asyncio.Event()
        self._changed = asyncio.Event()

    async def handle(self, run: UUID) -> None:
        self._add(self.started, run)
        try:
            await self.done.wait()
        except asyncio.CancelledError:
            self._add(self.stopped, run)
            raise

    def _add(self, runs: list[UUID], run: UUID) -> None:
        runs.append(run)
        self._changed.set()

    async def until(self, runs: list[UUID], count: int = 1) -> None:
        async with asyncio.timeout(PATIENCE):
            while len(runs) < count:
                self._changed.clear()
                await self._changed.wait()


@asynccontextmanager
async def working(engine: AsyncEngine, handler: Slow, concurrency: int = 1) -> AsyncIterator[QueueWorker]:
    worker = QueueWorker(engine, handler.handle, concurrency=concurrency, heartbeat_interval=BEAT)
    task = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        worker.stop()
        worker.hand_back()
        async with asyncio.timeout(PATIENCE):
            await task


@pytest.fixture
def slow() -> Slow:
    return Slow()


async def _enqueue(engine: AsyncEngine, *runs: UUID) -> None:
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        for run in runs:
            await enqueue_run(session, run, NEW_JOB)


async def _sql(engine: AsyncEngine, statement: str) -> object:
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        return (await session.execute(text(statement))).scalars().first()


async def test_a_run_that_went_to_another_worker_is_stopped_and_its_row_left_alone(
    engine: AsyncEngine, slow: Slow
) -> None:
    await _enqueue(engine, new_id())
    async with working(engine, slow):
        await slow.until(slow.started)
        successor = await _sql(
            engine, "UPDATE pgqueuer SET queue_manager_id = gen_random_uuid() RETURNING queue_manager_id"
        )
        await slow.until(slow.stopped)
    held = await _sql(engine, "SELECT queue_manager_id FROM pgqueuer WHERE status = 'picked'")
    assert held == successor


async def test_a_worker_that_finishes_late_leaves_its_successor_s_row(
    engine: AsyncEngine, slow: Slow
) -> None:
    await _enqueue(engine, new_id())
    async with working(engine, slow):
        await slow.until(slow.started)
        await _sql(engine, "UPDATE pgqueuer SET queue_manager_id = gen_random_uuid() RETURNING 1")
        slow.done.set()
    assert await _sql(engine, "SELECT count(*) FROM pgqueuer WHERE status = 'picked'") == 1


async def test_a_worker_that_cannot_renew_its_lease_stops_by_itself(engine: AsyncEngine, slow: Slow) -> None:
    await _enqueue(engine, new_id())
    async with working(engine, slow):
        await slow.until(slow.started)
        async with engine.connect() as connection, connection.begin():
            await connection.execute(text("LOCK TABLE pgqueuer IN ACCESS EXCLUSIVE MODE"))
            await slow.until(slow.stopped)
        await slow.until(slow.started, 2)  # the row was still its own, and it goes on when it can


async def test_a_withdrawn_run_is_stopped_at_once(engine: AsyncEngine, slow: Slow) -> None:
    run = new_id()
    await _enqueue(engine, run)
    async with working(engine, slow):
        await slow.until(slow.started)
        async with AsyncSessionLocal(bind=engine) as session, session.begin():
            await withdraw_run(session, run)
        await slow.until(slow.stopped)
        assert await _sql(engine, "SELECT count(*) FROM pgqueuer") == 0
    assert slow.started == [run]


async def test_what_a_stopping_worker_has_in_hand_goes_back_into_the_queue(
    engine: AsyncEngine, slow: Slow
) -> None:
    runs = [new_id() for _ in range(3)]
    await _enqueue(engine, *runs)
    async with working(engine, slow) as worker:
        await slow.until(slow.started)
        worker.stop()
        assert worker.hand_back() >= 1
    async with AsyncSessionLocal(bind=engine) as session:
        assert await queued_runs(session, at_most=9) == len(runs)
    assert len(slow.started) == 1
