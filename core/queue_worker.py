"""PgQueuer, worked off: runs, messages and refreshes are handed to whoever carries them out, each under its lease."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import structlog
from pgqueuer import PgQueuer
from pgqueuer.adapters.drivers.asyncpg import AsyncpgPoolDriver
from pgqueuer.errors import RetryRequested
from pgqueuer.models import Context, Job
from sqlalchemy.ext.asyncio import AsyncEngine

from core.database.errors import LOST
from core.database.session import asyncpg_options
from core.errors import TransientError
from core.leases import LeasedQueries, LeaseEnded, Leases, Turn
from core.queue import DELIVER, EXECUTE_RUN, REFRESH_WEATHER, REQUEST_ID
from core.turnstile import Turnstile

log = structlog.get_logger(__name__)

DELIVERIES = 8
"""Messages to webhooks a worker sends at a time."""
POLL_SECONDS = 1.5
"""A retry and a redelivery send no NOTIFY; this is how late they are noticed at most."""
RESTART_SECONDS = 1.0
CONNECT_SECONDS = 5.0
COMMAND_SECONDS = 10.0
"""Every statement of the queue takes milliseconds; one that takes this long has lost its server."""
AT_ONCE = timedelta(0)
SOON = timedelta(seconds=2)
WHEN_FREE = timedelta(seconds=10)
"""A message takes no longer, and to look sooner would only be work for the queue."""
BEATS_PER_LEASE = 3
"""How many heartbeat intervals a lease lasts: a worker under full load beats late, and is not dead."""

Handler = Callable[[UUID], Coroutine[Any, Any, None]]


class TryAgain(Exception):
    """Raised by a handler to have the run or message delivered again after `delay`."""

    def __init__(self, delay: timedelta) -> None:
        super().__init__(f"again in {delay}")
        self.delay = delay


async def _leave(_: asyncpg.Connection) -> None:
    """PgQueuer leaves nothing behind on a connection; to reset it is a round trip after every statement."""


async def _made_quick(connection: asyncpg.Connection) -> None:
    """Plan the queue's few statements once, and have none of them wait for the disk.

    What it loses with a crash of PostgreSQL comes back: a row taken is taken again, and the claim of a run decides.
    """
    await connection.execute("SET synchronous_commit = off; SET plan_cache_mode = force_generic_plan")


class _Driver(AsyncpgPoolDriver):
    """PgQueuer's driver, which says when it has begun to listen."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        super().__init__(pool)
        self.listening = asyncio.Event()

    async def add_listener(self, channel: str, callback: Callable[[str | bytes | bytearray], None]) -> None:
        await super().add_listener(channel, callback)
        self.listening.set()


class QueueWorker:
    """Works the queue off until stopped; survives a restart of PostgreSQL."""

    def __init__(
        self,
        engine: AsyncEngine,
        handle: Handler,
        *,
        concurrency: int,
        heartbeat_interval: float,
        deliver: Handler | None = None,
        refresh: Handler | None = None,
    ) -> None:
        self._engine = engine
        self._handle = handle
        self._deliver = deliver
        self._refresh = refresh
        self._lease = timedelta(seconds=BEATS_PER_LEASE * heartbeat_interval)
        self._leases = Leases(self._lease)
        self._concurrency = concurrency
        # PgQueuer's own limit frees its slots only when its log buffer is flushed.
        self._turnstile = Turnstile(concurrency)
        self._delivery_slots = asyncio.Semaphore(DELIVERIES)
        self._refresh_slots = asyncio.Semaphore(1)
        self._stopping = asyncio.Event()
        self._queue: PgQueuer | None = None

    def stop(self) -> None:
        """Take no further runs; `run` returns when those in hand are done."""
        self._stopping.set()
        self._leases.end(waiting_only=True)
        if self._queue is not None:
            self._queue.shutdown.set()

    def hand_back(self) -> int:
        """Stop the runs in hand and put them back into the queue, for another worker; returns how many."""
        return self._leases.end()

    async def run(self) -> None:
        watch = asyncio.create_task(self._leases.end_expired(), name="lease-watch")
        try:
            while not self._stopping.is_set():
                try:
                    await self._run_until_lost()
                except (*LOST, RuntimeError) as error:
                    log.warning("core.queue.connection_lost", error=type(error).__name__, detail=str(error))
                except Exception:
                    log.exception("core.queue.failed")
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), RESTART_SECONDS)
        finally:
            watch.cancel()

    async def _run_until_lost(self) -> None:
        async with asyncpg.create_pool(
            **asyncpg_options(self._engine),
            min_size=2,
            max_size=6,
            timeout=CONNECT_SECONDS,
            command_timeout=COMMAND_SECONDS,
            init=_made_quick,
            reset=_leave,
        ) as pool:
            driver = _Driver(pool)
            queries = LeasedQueries(driver, self._leases, driver.listening)
            queue = PgQueuer(driver, queries=queries)
            queries.holder = queue.qm.queue_manager_id
            queue.entrypoint(EXECUTE_RUN, accepts_context=True)(self._execute)
            if self._deliver is not None:
                queue.entrypoint(DELIVER, accepts_context=True)(self._send)
            if self._refresh is not None:
                queue.entrypoint(REFRESH_WEATHER, accepts_context=True)(self._look_again)
            self._queue = queue
            watch = asyncio.create_task(self._hand_back_when_lost(queue), name="queue-watch")
            try:
                if not self._stopping.is_set():
                    await queue.run(
                        dequeue_timeout=timedelta(seconds=POLL_SECONDS),
                        batch_size=max(1, self._concurrency // 2),
                        max_concurrent_tasks=2 * max(1, self._concurrency // 2)
                        + self._concurrency
                        + DELIVERIES
                        + 1,
                        heartbeat_timeout=self._lease,
                        shutdown_on_listener_failure=True,
                        log_aggregation_interval=timedelta(0),  # into a table that nothing reads or prunes
                    )
            except BaseException:
                pool.terminate()  # closing would wait for answers of a server that may be gone
                raise
            finally:
                self._queue = None
                watch.cancel()

    async def _hand_back_when_lost(self, queue: PgQueuer) -> None:
        """PgQueuer stops when nobody hears its notifications any more, but lets go only of what has ended."""
        await queue.shutdown.wait()
        if not self._stopping.is_set():
            log.warning("core.queue.lost", handed_back=self._leases.end())

    async def _execute(self, job: Job, context: Context) -> None:
        await self._carry_out(job, context, self._handle, self._turnstile.turn(job.priority))

    async def _send(self, job: Job, context: Context) -> None:
        assert self._deliver is not None  # noqa: S101  registered only with it
        if self._delivery_slots.locked():  # to wait here would keep a run from being taken
            raise RetryRequested(WHEN_FREE)
        await self._carry_out(job, context, self._deliver, self._delivery_slots)

    async def _look_again(self, job: Job, context: Context) -> None:
        assert self._refresh is not None  # noqa: S101  registered only with it
        await self._carry_out(job, context, self._refresh, self._refresh_slots)

    async def _carry_out(self, job: Job, context: Context, handle: Handler, turn: Turn) -> None:
        if job.payload is None:
            return
        if self._queue is None or self._queue.shutdown.is_set():
            raise RetryRequested(AT_ONCE)
        if request_id := (job.headers or {}).get(REQUEST_ID):
            structlog.contextvars.bind_contextvars(request_id=request_id)  # PgQueuer gives each job a task
        try:
            await self._leases.carry(job.id, handle(UUID(bytes=job.payload)), context.cancellation, turn)
        except TryAgain as again:
            raise RetryRequested(again.delay) from again
        except LeaseEnded as ended:
            raise RetryRequested(AT_ONCE) from ended  # where the row is ours still
        except TransientError as error:
            raise RetryRequested(SOON) from error
