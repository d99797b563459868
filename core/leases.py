"""Work in hand for as long as its row in the queue is ours.

PgQueuer renews, finishes and returns a row by its number alone. A worker that stalled beyond its lease would so
delete the row on which its successor works. Here each of the three names its holder, and a holder whose row
went to somebody else, or who could not renew it in time, stops that work by itself.
"""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import anyio
import structlog
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.models import Job
from pgqueuer.ports.driver import Driver

from core.database.errors import LOST
from core.metrics import LEASE_LOSSES
from core.queue import DELIVER

log = structlog.get_logger(__name__)

RENEW = """
WITH ours AS (
    SELECT id FROM pgqueuer WHERE id = ANY($1::bigint[]) AND queue_manager_id = $2 AND status = 'picked'
), free AS (
    SELECT id FROM pgqueuer WHERE id = ANY($1::bigint[]) AND queue_manager_id = $2 AND status = 'picked'
    FOR NO KEY UPDATE SKIP LOCKED
), renewed AS (
    UPDATE pgqueuer SET heartbeat = now() FROM free WHERE pgqueuer.id = free.id
)
SELECT id FROM ours
"""
"""A row that is being withdrawn is nobody else's for as long as it is locked, and holds up none of the others."""
FINISH = """
WITH ended AS (
    SELECT unnest($1::bigint[]) AS id, unnest($2::pgqueuer_status[]) AS status, unnest($3::jsonb[]) AS traceback
), free AS (
    SELECT id FROM pgqueuer WHERE id = ANY($1::bigint[]) AND queue_manager_id = $4 FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM pgqueuer AS held USING free, ended WHERE held.id = free.id AND ended.id = free.id
    RETURNING held.id, ended.status, held.entrypoint, held.priority, ended.traceback
)
INSERT INTO pgqueuer_log (job_id, status, entrypoint, priority, traceback) SELECT * FROM gone
"""
"""As above; a row whose withdrawal comes to nothing is delivered once more, and found to be done."""
RETURN = """
WITH returned AS (
    UPDATE pgqueuer
    SET status = 'queued', execute_after = now() + $2, attempts = attempts + 1, updated = now(),
        queue_manager_id = NULL
    WHERE id = $1 AND queue_manager_id = $4
    RETURNING id, status, entrypoint, priority, CASE WHEN $2 <= interval '0' THEN CAST(pg_notify('ch_pgqueuer',
        json_build_object('channel', 'ch_pgqueuer', 'operation', 'update', 'sent_at', now(), 'table', 'pgqueuer',
                          'type', 'table_changed_event')::text) AS text) END AS told
)
INSERT INTO pgqueuer_log (job_id, status, entrypoint, priority, traceback)
SELECT id, status, entrypoint, priority, $3::jsonb FROM returned WHERE entrypoint <> $5
"""
"""PgQueuer's trigger tells of inserts only; what is handed back is for another worker, now.

Messages are handed back for want of a place, or until later, and the outbox has a record of each attempt."""
OUTLOOK = """
SELECT EXISTS (
    SELECT FROM pgqueuer WHERE entrypoint = ANY($1) AND status = 'queued' AND execute_after <= now()
) AS eligible, (
    SELECT execute_after - now() FROM pgqueuer
    WHERE entrypoint = ANY($1) AND status = 'queued' AND execute_after > now() ORDER BY execute_after LIMIT 1
) AS eta
"""
OUTLOOK_SECONDS = 0.5

Turn = AbstractAsyncContextManager[None]


class LeaseEnded(Exception):
    """The work was stopped: its row was withdrawn, is another worker's, or is to be given back."""


@dataclass(slots=True)
class _Lease:
    renewed_at: float
    work: asyncio.Task[None] = field(init=False)
    started: bool = False


class Leases:
    """What this worker has in hand, by the number of its row."""

    def __init__(self, duration: timedelta) -> None:
        self._seconds = duration.total_seconds()
        self._held: dict[int, _Lease] = {}

    async def carry(
        self, row: int, work: Coroutine[Any, Any, None], withdrawn: anyio.CancelScope, turn: Turn
    ) -> None:
        """Do `work` when it is its turn; raises `LeaseEnded` where it was stopped before it was done."""
        loop = asyncio.get_running_loop()
        lease = self._held[row] = _Lease(loop.time())
        task = lease.work = loop.create_task(self._in_turn(lease, work, turn))
        try:
            with withdrawn:
                await asyncio.wait({task})
            if not task.done():
                task.cancel()
                await asyncio.wait({task})
        finally:
            task.cancel()
            if not lease.started:
                work.close()
            if self._held.get(row) is lease:
                del self._held[row]
        if task.cancelled():
            raise LeaseEnded
        task.result()

    async def _in_turn(self, lease: "_Lease", work: Coroutine[Any, Any, None], turn: Turn) -> None:
        async with turn:
            lease.started = True
            await work

    def in_hand(self, rows: list[int]) -> list[int]:
        return list(self._held.keys() & rows)

    def renewed(self, asked: list[int], ours: set[int]) -> None:
        """Of the rows asked for these are still ours; work on the others stops."""
        now = asyncio.get_running_loop().time()
        for row in asked:
            if lease := self._held.get(row):
                if row in ours:
                    lease.renewed_at = now
                else:
                    if not lease.work.cancelling():
                        LEASE_LOSSES.labels("taken").inc()
                    lease.work.cancel()

    async def end_expired(self) -> None:
        """Stop, for as long as it runs, whatever was not renewed in time; a worker cut off does not go on."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self._seconds / 8)
            for lease in self._held.values():
                if loop.time() - lease.renewed_at > self._seconds:
                    if not lease.work.cancelling():
                        LEASE_LOSSES.labels("not_renewed").inc()
                    lease.work.cancel()

    def end(self, *, waiting_only: bool = False) -> int:
        """Stop what is in hand, or only what waits for its turn; returns how many."""
        ended = [lease for lease in self._held.values() if not (waiting_only and lease.started)]
        for lease in ended:
            lease.work.cancel()
        return len(ended)


class LeasedQueries(Queries):
    """PgQueuer's statements; those of a holder change nothing that is another's."""

    def __init__(self, driver: Driver, leases: Leases, listening: asyncio.Event) -> None:
        super().__init__(driver)
        self._listening = listening
        self._renewing = asyncio.Lock()
        self.holder: UUID | None = None
        self._leases = leases
        self._eligible = False
        self._eta: timedelta | None = None
        self._outlook_at = 0.0

    async def dequeue(self, *args: Any, **limits: Any) -> list[Job]:  # noqa: ANN401  PgQueuer's
        with self._asking():
            return await super().dequeue(*args, **limits)
        return []

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """A connection that breaks is replaced by the pool, and the queue asked again; what is in hand goes on.

        Any other error ends PgQueuer, which waits for all that is in hand before it says so: it is given back.
        """
        try:
            yield
        except LOST as error:
            log.warning("core.queue.not_asked", error=type(error).__name__, detail=str(error))
        except Exception:
            self._leases.end()
            raise

    async def eligible_queued_work(self, entrypoints: list[Any]) -> int:
        """Whether something could be taken now, looked up at most every `OUTLOOK_SECONDS`.

        Asked, with the two questions below, each time the queue has been found empty. What is put into it is
        told by a notification, and where all hands are full, by the end of what they hold: only for what is
        deferred is there anything to see, and a busy worker looks into the queue again sooner than that.
        """
        now = asyncio.get_running_loop().time()
        self._eligible, self._eta = False, None
        if now - self._outlook_at >= OUTLOOK_SECONDS:
            self._outlook_at = now
            with self._asking():
                (found,) = await self.driver.fetch(OUTLOOK, entrypoints)
                self._eligible, self._eta = found["eligible"], found["eta"]  # type: ignore[assignment]  # as below
        return int(self._eligible)

    async def next_deferred_eta(self, entrypoints: list[Any]) -> timedelta | None:  # noqa: ARG002  PgQueuer's
        return self._eta

    async def queued_work(self, entrypoints: list[Any]) -> int:  # noqa: ARG002  PgQueuer's
        """Asked for what becomes eligible between the other two questions, which are one here."""
        return int(self._eligible or self._eta is not None)

    async def notify_health_check(self, health_check_event_id: Any) -> None:  # noqa: ANN401  PgQueuer's
        """Not before there is somebody to hear it: without an answer the queue stops after ten seconds."""
        await self._listening.wait()
        await super().notify_health_check(health_check_event_id)

    async def update_heartbeat(self, job_ids: list[Any]) -> None:
        async with self._renewing:
            if rows := self._leases.in_hand(job_ids):
                ours = {row["id"] for row in await self.driver.fetch(RENEW, rows, self.holder)}
                self._leases.renewed(rows, ours)  # type: ignore[arg-type]  # a driver's rows are untyped

    async def log_jobs(self, job_status: list[tuple[Job, Any, Any]]) -> None:
        async with self._renewing:  # what was in hand when that began is locked by it, and would be skipped
            pass
        await self.driver.execute(
            FINISH,
            [job.id for job, _, _ in job_status],
            [status for _, status, _ in job_status],
            [traceback.model_dump_json() if traceback else None for _, _, traceback in job_status],
            self.holder,
        )

    async def retry_job(self, job: Job, delay: timedelta, traceback_record: Any) -> None:  # noqa: ANN401  PgQueuer's record
        """Put the row back. Where that fails it stays ours until its lease has run out, and then is anybody's.

        PgQueuer would finish a row that it cannot put back, and its run would wait to be missed.
        """
        record = traceback_record.model_dump_json() if traceback_record else None
        try:
            await self.driver.execute(RETURN, job.id, delay, record, self.holder, DELIVER)
        except LOST as error:
            log.warning("core.queue.not_returned", error=type(error).__name__)
