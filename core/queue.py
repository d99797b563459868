"""PgQueuer, behind two verbs: put a run or a message into the queue within a transaction, and work the queue off."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

import asyncpg
import structlog
from pgqueuer import PgQueuer
from pgqueuer.adapters.drivers.asyncpg import AsyncpgPoolDriver
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.core.tm import TaskManager
from pgqueuer.errors import RetryRequested
from pgqueuer.models import Context, Job
from pgqueuer.types import JobId
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from core.database.session import asyncpg_options
from core.errors import TransientError
from core.ids import new_id
from core.leases import LeasedQueries, LeaseEnded, Leases

log = structlog.get_logger(__name__)

REQUEST_ID = "request_id"
EXECUTE_RUN = "execute_run"
DELIVER = "deliver"
REFRESH_WEATHER = "refresh_weather"
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
BEATS_PER_LEASE = 3
"""How many heartbeat intervals a lease lasts: a worker under full load beats late, and is not dead."""

Priority = Literal[10, 5, 1]
PERSON_WAITS: Priority = 10
NEW_JOB: Priority = 5
SCHEDULED: Priority = 1


def queueing_run(run: str) -> str:
    """Part of a statement that queues a new job's run: `run` names what holds its `id`, `:headers` is `asked_by()`."""
    return f"""
    INSERT INTO pgqueuer (status, priority, entrypoint, payload, dedupe_key, headers)
    SELECT 'queued', {NEW_JOB}, '{EXECUTE_RUN}', uuid_send(id), CAST(id AS text), :headers FROM {run}
    """  # noqa: S608  constants


def queueing_deliveries(deliveries: str) -> str:
    """Part of a statement that queues messages to webhooks: `deliveries` names what holds their ids."""
    return f"""
    INSERT INTO pgqueuer (status, priority, entrypoint, payload)
    SELECT 'queued', {SCHEDULED}, '{DELIVER}', uuid_send(id) FROM {deliveries}
    """  # noqa: S608  constants


RUNS_WAITING = f"""
    SELECT count(*) AS runs FROM (SELECT FROM pgqueuer WHERE status = 'queued'
    AND entrypoint = '{EXECUTE_RUN}' AND execute_after <= now() LIMIT :at_most) AS waiting
"""  # noqa: S608  constants
"""How many runs wait for a worker, counted no further than `at_most`; those of a later time do not wait yet."""


class _SessionDriver:
    """A PgQueuer driver on a session's own connection, so that what it writes commits with the session.

    Through a raw connection it would commit at once: SQLAlchemy sends its BEGIN lazily.
    """

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self.shutdown = asyncio.Event()
        self.tm = TaskManager()

    async def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        connection = await self._session.connection()
        return [dict(row) for row in (await connection.exec_driver_sql(query, args)).mappings()]

    async def execute(self, query: str, *args: object) -> str:
        connection = await self._session.connection()
        await connection.exec_driver_sql(query, args)
        return ""

    async def add_listener(self, channel: str, callback: Any) -> None:  # noqa: ANN401  the protocol's type
        raise NotImplementedError("a session does not listen")

    async def notify(self, channel: str, payload: str) -> None:
        await self.execute("SELECT pg_notify($1, $2)", channel, payload)

    async def __aenter__(self) -> "_SessionDriver":
        return self

    async def __aexit__(self, *_: object) -> None: ...


async def enqueue_run(
    session: AsyncSession, run_id: UUID, priority: Priority, *, after: timedelta | None = None
) -> None:
    """Queue a run in the session's transaction; a run that is queued already is not queued twice."""
    await Queries(_SessionDriver(session)).enqueue(
        EXECUTE_RUN,
        run_id.bytes,
        priority=priority,
        execute_after=after,
        dedupe_key=str(run_id),
        headers=asked_by(),
        on_conflict="skip",
    )


async def enqueue_runs(session: AsyncSession, runs: Sequence[tuple[UUID, timedelta]]) -> None:
    """Queue refresh runs in the session's transaction, each to start after its delay."""
    await Queries(_SessionDriver(session)).enqueue(
        [EXECUTE_RUN] * len(runs),
        [run_id.bytes for run_id, _ in runs],
        [SCHEDULED] * len(runs),
        execute_after=[after for _, after in runs],
        dedupe_key=[str(run_id) for run_id, _ in runs],
        on_conflict="skip",
    )


async def enqueue_refresh(session: AsyncSession) -> bool:
    """Queue a look at the weather of all jobs; False where one is queued or under way."""
    ids = await Queries(_SessionDriver(session)).enqueue(
        REFRESH_WEATHER,
        new_id().bytes,
        priority=SCHEDULED,
        dedupe_key=REFRESH_WEATHER,
        on_conflict="skip",
    )
    return ids != [None]


def asked_by() -> dict[str, str]:
    """The request in hand, for the log lines of the worker that carries the run out."""
    request_id = structlog.contextvars.get_contextvars().get(REQUEST_ID)
    return {} if request_id is None else {REQUEST_ID: str(request_id)}


async def enqueue_deliveries(session: AsyncSession, deliveries: Sequence[UUID]) -> None:
    """Queue messages to webhooks in the session's transaction."""
    await Queries(_SessionDriver(session)).enqueue(
        [DELIVER] * len(deliveries),
        [delivery.bytes for delivery in deliveries],
        [SCHEDULED] * len(deliveries),
    )


async def withdraw_run(session: AsyncSession, run_id: UUID) -> None:
    """Take a run out of the queue; the worker that has it in hand stops it as soon as this is committed."""
    rows = await session.scalars(
        text("DELETE FROM pgqueuer WHERE dedupe_key = :run AND status IN ('queued', 'picked') RETURNING id"),
        {"run": str(run_id)},
    )
    if ids := [JobId(row) for row in rows]:
        await Queries(_SessionDriver(session)).notify_job_cancellation(ids)


async def forgotten_runs(session: AsyncSession, *, at_most: int) -> list[UUID]:
    """Runs that are to be done and have no row in the queue. Both are written together, so there should be none."""
    return list(
        await session.scalars(
            text(
                "SELECT runs.id FROM runs WHERE runs.status IN ('queued', 'running') AND NOT EXISTS ("
                " SELECT FROM pgqueuer WHERE pgqueuer.dedupe_key = runs.id::text"
                " AND pgqueuer.status IN ('queued', 'picked')) LIMIT :at_most"
            ),
            {"at_most": at_most},
        )
    )


async def queued_runs(session: AsyncSession, *, at_most: int) -> int:
    """`RUNS_WAITING`, by itself."""
    return await session.scalar(text(RUNS_WAITING), {"at_most": at_most}) or 0


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """Runs, messages and refreshes that wait for a worker now; `later` are not due yet."""

    waiting: int
    in_hand: int
    later: int
    oldest_seconds: float
    """How long the first of those that wait has been due."""


async def queue_depth(session: AsyncSession) -> QueueDepth:
    row = (
        await session.execute(
            text(
                "SELECT count(*) FILTER (WHERE status = 'queued' AND execute_after <= now()) AS waiting,"
                " count(*) FILTER (WHERE status = 'picked') AS in_hand,"
                " count(*) FILTER (WHERE status = 'queued' AND execute_after > now()) AS later,"
                " coalesce(extract(epoch FROM now() - min(execute_after)"
                " FILTER (WHERE status = 'queued' AND execute_after <= now())), 0) AS oldest FROM pgqueuer"
            )
        )
    ).one()
    return QueueDepth(row.waiting, row.in_hand, row.later, float(row.oldest))


Handler = Callable[[UUID], Coroutine[Any, Any, None]]


class TryAgain(Exception):
    """Raised by a handler to have the run or message delivered again after `delay`."""

    def __init__(self, delay: timedelta) -> None:
        super().__init__(f"again in {delay}")
        self.delay = delay


async def _leave(_: asyncpg.Connection) -> None:
    """PgQueuer leaves nothing behind on a connection; to reset it is a round trip after every statement."""


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
        self._slots = asyncio.Semaphore(concurrency)
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
                except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, RuntimeError) as error:
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
                    )
            except BaseException:
                pool.terminate()  # closing would wait for answers of a server that may be gone
                raise
            finally:
                self._queue = None

    async def _execute(self, job: Job, context: Context) -> None:
        await self._carry_out(job, context, self._handle, self._slots)

    async def _send(self, job: Job, context: Context) -> None:
        assert self._deliver is not None  # noqa: S101  registered only with it
        if self._delivery_slots.locked():  # to wait here would keep a run from being taken
            raise RetryRequested(SOON)
        await self._carry_out(job, context, self._deliver, self._delivery_slots)

    async def _look_again(self, job: Job, context: Context) -> None:
        assert self._refresh is not None  # noqa: S101  registered only with it
        await self._carry_out(job, context, self._refresh, self._refresh_slots)

    async def _carry_out(self, job: Job, context: Context, handle: Handler, slots: asyncio.Semaphore) -> None:
        if job.payload is None:
            return
        if self._stopping.is_set():
            raise RetryRequested(AT_ONCE)
        if request_id := (job.headers or {}).get(REQUEST_ID):
            structlog.contextvars.bind_contextvars(request_id=request_id)  # PgQueuer gives each job a task
        try:
            await self._leases.carry(job.id, handle(UUID(bytes=job.payload)), context.cancellation, slots)
        except TryAgain as again:
            raise RetryRequested(again.delay) from again
        except LeaseEnded as ended:
            raise RetryRequested(AT_ONCE) from ended  # where the row is ours still
        except TransientError as error:
            raise RetryRequested(SOON) from error
