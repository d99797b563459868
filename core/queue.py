"""PgQueuer, written to: runs and messages are put into the queue, or taken out, within the session's transaction."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

import structlog
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.core.tm import TaskManager
from pgqueuer.types import JobId
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.database.models import JobPriority, RunKind
from core.ids import new_id

log = structlog.get_logger(__name__)

REQUEST_ID = "request_id"
EXECUTE_RUN = "execute_run"
DELIVER = "deliver"
REFRESH_WEATHER = "refresh_weather"

APART = timedelta(milliseconds=10)
"""Between messages that are hastened: all at once, they would keep new jobs from the workers."""

Priority = Literal[20, 10, 7, 5, 1]
DANGER: Priority = 20
"""A run of a P1 job that a person has answered or tries again."""
PERSON_WAITS: Priority = 10
MESSAGE: Priority = 7
"""To people and webhooks: messages have places of their own in a worker and keep no run from one."""
NEW_JOB: Priority = 5
SCHEDULED: Priority = 1


def priority_of(kind: RunKind, job: JobPriority | None) -> Priority:
    """A run's place in the queue, by what it is for and how urgent its job has been found to be."""
    match kind:
        case RunKind.START:
            return NEW_JOB
        case RunKind.REFRESH:
            return SCHEDULED
        case RunKind.RESUME | RunKind.RETRY:
            return DANGER if job is JobPriority.P1 else PERSON_WAITS


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
    SELECT 'queued', {MESSAGE}, '{DELIVER}', uuid_send(id) FROM {deliveries}
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


async def enqueue_run(session: AsyncSession, run_id: UUID, priority: Priority) -> None:
    """Queue a run in the session's transaction; a run that is queued already is not queued twice."""
    await Queries(_SessionDriver(session)).enqueue(
        EXECUTE_RUN,
        run_id.bytes,
        priority=priority,
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
        [MESSAGE] * len(deliveries),
    )


_HASTEN = text(
    f"""
    UPDATE pgqueuer SET execute_after = now() + hastened.turn * CAST(:apart AS interval)
    FROM unnest(CAST(:deliveries AS uuid[])) WITH ORDINALITY AS hastened (id, turn)
    WHERE entrypoint = '{DELIVER}' AND status = 'queued' AND payload = uuid_send(hastened.id)
    """  # noqa: S608  constants
)


async def hasten_deliveries(session: AsyncSession, deliveries: Sequence[UUID]) -> None:
    """Have messages that are queued for later sent soon, in this order, and others in between."""
    await session.execute(_HASTEN, {"deliveries": list(deliveries), "apart": APART})


async def withdraw_run(session: AsyncSession, run_id: UUID) -> None:
    """Take a run out of the queue; the worker that has it in hand stops it as soon as this is committed."""
    rows = await session.scalars(
        text("DELETE FROM pgqueuer WHERE dedupe_key = :run AND status IN ('queued', 'picked') RETURNING id"),
        {"run": str(run_id)},
    )
    if ids := [JobId(row) for row in rows]:
        await Queries(_SessionDriver(session)).notify_job_cancellation(ids)


async def forgotten_runs(session: AsyncSession, *, at_most: int) -> list[tuple[UUID, Priority]]:
    """Runs that are to be done and have no row in the queue. Both are written together, so there should be none."""
    rows = await session.execute(
        text(
            "SELECT runs.id, runs.kind, jobs.priority FROM runs JOIN jobs ON jobs.id = runs.job_id"
            " WHERE runs.status IN ('queued', 'running') AND NOT EXISTS ("
            " SELECT FROM pgqueuer WHERE pgqueuer.dedupe_key = runs.id::text"
            " AND pgqueuer.status IN ('queued', 'picked')) LIMIT :at_most"
        ),
        {"at_most": at_most},
    )
    return [
        (row.id, priority_of(RunKind(row.kind), JobPriority(row.priority) if row.priority else None))
        for row in rows
    ]


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
