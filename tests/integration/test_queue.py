import asyncio
import json
from datetime import timedelta
from unittest.mock import AsyncMock
from uuid import UUID

import asyncpg
import pytest
from pgqueuer.core.qm import QueueManager
from sqlalchemy.ext.asyncio import AsyncEngine

from core.database.session import AsyncSessionLocal, asyncpg_options
from core.ids import new_id
from core.queue import DANGER, NEW_JOB, PERSON_WAITS, SCHEDULED, enqueue_run, queue_depth, queued_runs
from core.queue_worker import QueueWorker, TryAgain


async def _enqueue(engine: AsyncEngine, *runs: UUID) -> None:
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        for run in runs:
            await enqueue_run(session, run, NEW_JOB)


async def _queued(engine: AsyncEngine) -> int:
    async with AsyncSessionLocal(bind=engine) as session:
        return await queued_runs(session, at_most=100)


async def _taken(engine: AsyncEngine, count: int) -> None:
    async with asyncio.timeout(20):
        while True:
            async with AsyncSessionLocal(bind=engine) as session:
                if (await queue_depth(session)).in_hand == count:
                    return
            await asyncio.sleep(0.02)


async def test_a_run_is_queued_with_its_transaction_and_dropped_with_it(engine: AsyncEngine) -> None:
    async with AsyncSessionLocal(bind=engine) as session:
        await session.begin()
        await enqueue_run(session, new_id(), NEW_JOB)
        assert await _queued(engine) == 0
        await session.rollback()
    assert await _queued(engine) == 0
    await _enqueue(engine, new_id())
    assert await _queued(engine) == 1


async def test_a_run_is_queued_once(engine: AsyncEngine) -> None:
    run = new_id()
    await _enqueue(engine, run)
    await _enqueue(engine, run)
    assert await _queued(engine) == 1


async def test_counting_stops_at_the_limit(engine: AsyncEngine) -> None:
    await _enqueue(engine, *(new_id() for _ in range(5)))
    async with AsyncSessionLocal(bind=engine) as session:
        assert await queued_runs(session, at_most=3) == 3


class Seen:
    """A handler that remembers what it was given."""

    def __init__(self, fail_first: BaseException | None = None) -> None:
        self.runs: list[UUID] = []
        self.changed = asyncio.Event()
        self._fail_first = fail_first

    async def handle(self, run: UUID) -> None:
        self.runs.append(run)
        self.changed.set()
        if self._fail_first is not None:
            error, self._fail_first = self._fail_first, None
            raise error

    async def until(self, count: int) -> None:
        async with asyncio.timeout(20):
            while len(self.runs) < count:
                self.changed.clear()
                await self.changed.wait()


@pytest.fixture
def seen() -> Seen:
    return Seen()


def _worker(engine: AsyncEngine, seen: Seen) -> QueueWorker:
    return QueueWorker(engine, seen.handle, concurrency=1, heartbeat_interval=0.5)


async def _stop(worker: QueueWorker, task: asyncio.Task[None]) -> None:
    worker.stop()
    async with asyncio.timeout(20):
        await task


async def test_a_worker_hears_of_a_run_as_soon_as_it_is_committed(engine: AsyncEngine, seen: Seen) -> None:
    worker = _worker(engine, seen)
    task = asyncio.create_task(worker.run())
    run = new_id()
    await _enqueue(engine, run)
    await seen.until(1)
    await _stop(worker, task)
    assert seen.runs == [run]
    assert await _queued(engine) == 0


async def test_danger_goes_first_and_a_person_who_waits_before_new_jobs(
    engine: AsyncEngine, seen: Seen
) -> None:
    refreshed, new, answered, dangerous = (new_id() for _ in range(4))
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        await enqueue_run(session, refreshed, SCHEDULED)
        await enqueue_run(session, new, NEW_JOB)
        await enqueue_run(session, answered, PERSON_WAITS)
        await enqueue_run(session, dangerous, DANGER)
    worker = _worker(engine, seen)
    task = asyncio.create_task(worker.run())
    await seen.until(4)
    await _stop(worker, task)
    assert seen.runs == [dangerous, answered, new, refreshed]


async def test_danger_goes_before_runs_that_a_busy_worker_has_taken_already(engine: AsyncEngine) -> None:
    may_end = asyncio.Event()

    class Busy(Seen):
        async def handle(self, run: UUID) -> None:
            await super().handle(run)
            await may_end.wait()

    seen, dangerous = Busy(), new_id()
    await _enqueue(engine, *(new_id() for _ in range(4)))
    worker = _worker(engine, seen)
    task = asyncio.create_task(worker.run())
    await _taken(engine, 4)
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        await enqueue_run(session, dangerous, DANGER)
    await _taken(engine, 5)
    may_end.set()
    await seen.until(5)
    await _stop(worker, task)
    assert seen.runs[1] == dangerous


async def test_a_run_that_asks_to_be_tried_again_comes_again(engine: AsyncEngine) -> None:
    seen = Seen(fail_first=TryAgain(timedelta(0)))
    worker = _worker(engine, seen)
    task = asyncio.create_task(worker.run())
    run = new_id()
    await _enqueue(engine, run)
    await seen.until(2)
    await _stop(worker, task)
    assert seen.runs == [run, run]


async def test_a_run_that_is_handed_back_is_told_to_every_worker(engine: AsyncEngine) -> None:
    """One tried again later is not: it is found by the poll, `POLL_SECONDS` after it is due at most."""
    heard: list[str] = []
    listener = await asyncpg.connect(**asyncpg_options(engine))
    await listener.add_listener("ch_pgqueuer", lambda *told: heard.append(json.loads(told[-1])["operation"]))
    seen = Seen(fail_first=TryAgain(timedelta(0)))
    worker = _worker(engine, seen)
    task = asyncio.create_task(worker.run())
    await _enqueue(engine, new_id())
    await seen.until(2)
    await _stop(worker, task)
    await listener.execute("SELECT 1")
    assert heard.count("update") == 1
    await listener.close()


async def test_what_the_queue_did_is_not_counted_up_in_a_table_that_only_grows(
    engine: AsyncEngine, seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    counting = AsyncMock()
    monkeypatch.setattr(QueueManager, "_run_periodic_log_aggregation", counting)
    worker = _worker(engine, seen)
    task = asyncio.create_task(worker.run())
    await _enqueue(engine, new_id())
    await seen.until(1)
    await _stop(worker, task)
    counting.assert_not_called()
