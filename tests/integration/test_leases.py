"""A worker and its hold on what it has in hand, over a real queue."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partialmethod
from unittest.mock import Mock
from uuid import UUID

import pytest
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.core.qm import QueueManager
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
async def working(
    engine: AsyncEngine, handler: Slow, concurrency: int = 1, beat: float = BEAT
) -> AsyncIterator[QueueWorker]:
    worker = QueueWorker(engine, handler.handle, concurrency=concurrency, heartbeat_interval=beat)
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


async def _until(engine: AsyncEngine, statement: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await _sql(engine, statement):  # noqa: ASYNC110  a row has no event
            await asyncio.sleep(0.02)


async def _end(engine: AsyncEngine, backends: str) -> None:
    """Wait until there is one of these, and end it."""
    await _until(engine, f"SELECT pg_terminate_backend(pid, 5000) FROM {backends}")


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


async def test_what_is_in_hand_goes_on_beside_a_connection_that_breaks(
    engine: AsyncEngine, slow: Slow
) -> None:
    """First one that takes from the queue, then one that asks what is to come."""
    await _enqueue(engine, new_id())
    async with working(engine, slow, concurrency=2, beat=10):
        await slow.until(slow.started)
        async with engine.connect() as connection, connection.begin():
            await connection.execute(text("LOCK TABLE pgqueuer IN ACCESS EXCLUSIVE MODE"))
            for _ in range(2):
                await _end(engine, "pg_locks WHERE relation = 'pgqueuer'::regclass AND NOT granted")
        await _enqueue(engine, new_id())
        await slow.until(slow.started, 2)
        assert not slow.stopped


async def test_a_withdrawal_that_stands_still_holds_up_no_other_run(engine: AsyncEngine, slow: Slow) -> None:
    """The API's process stands still between its statement and its commit."""
    withdrawn, other = new_id(), new_id()
    await _enqueue(engine, withdrawn, other)
    async with working(engine, slow, concurrency=2):
        await slow.until(slow.started, 2)
        async with AsyncSessionLocal(bind=engine) as session, session.begin():
            await withdraw_run(session, withdrawn)
            renewed = (
                f"heartbeat > timestamptz '{await _sql(engine, 'SELECT now()')}' + interval '{5 * BEAT} s'"
            )
            await _until(engine, f"SELECT true FROM pgqueuer WHERE {renewed}")
            assert not slow.stopped
            slow.done.set()
            await _until(engine, "SELECT count(*) = 1 FROM pgqueuer")
    assert await _sql(engine, "SELECT count(*) FROM pgqueuer") == 0


@pytest.fixture
def soon_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """PgQueuer asks itself every ten seconds whether it hears; waiting for that would show no more."""
    check = partialmethod(QueueManager._run_periodic_health_check, timedelta(seconds=0.5))
    monkeypatch.setattr(QueueManager, "_run_periodic_health_check", check)


@pytest.mark.usefixtures("soon_noticed")
async def test_a_worker_that_hears_nothing_any_more_begins_anew_with_what_it_had_in_hand(
    engine: AsyncEngine, slow: Slow
) -> None:
    run = new_id()
    await _enqueue(engine, run)
    async with working(engine, slow):
        await slow.until(slow.started)
        await _end(engine, "pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'")
        await slow.until(slow.started, 2)
    assert slow.started == [run, run]
    assert slow.stopped[0] == run


async def test_an_error_of_the_queue_keeps_no_run_from_being_taken(
    engine: AsyncEngine, slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _enqueue(engine, new_id())
    async with working(engine, slow):
        await slow.until(slow.started)
        with monkeypatch.context() as broken:
            broken.setattr(Queries, "dequeue", Mock(side_effect=ValueError))
            await slow.until(slow.stopped)
        await slow.until(slow.started, 2)
