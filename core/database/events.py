"""A job's events: the audit trail, and what live streams are read from.

Ids have to become visible in their order, or a reader who has seen the later of two would never look for the
earlier. A sequence gives its numbers out before the commit, so every writer holds the job's row from its first number
to its commit: `telling`, of which every statement that writes an event is made, draws the numbers from a row that is
locked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from core.database.models import JobEventRow
from core.queue import queueing_deliveries
from core.webhooks.subscriptions import EVERY_EVENT

JOBS_CHANNEL = "solarsync_jobs"
"""Names each job that has changed, once the change is committed."""

SETTLED_CHANNEL = "solarsync_settled"
"""Names each job whose run has ended, well or not, or has stopped to ask."""

SERVICE = "service"
"""Who tells of what workers do."""

LARGEST_ID = 2**63 - 1


def telling(job: str, data: str = "told.event -> 'data'", *, whose: str = "true") -> str:
    """Parts of a statement that add `:events` to the job whose locked row `job` holds; nothing where it holds none.

    Where it holds several, `whose` says which event is for which.

    The time is that of the event and not of its transaction, which may have waited for the row: times grow with ids.
    The outbox is filled and queued by the same statement, so that no round trip is paid for webhooks.
    """
    return f"""
    written AS (
        INSERT INTO job_events (job_id, run_id, at, type, actor, data)
        SELECT job.id, CAST(:event_run_id AS uuid), clock_timestamp(), told.event ->> 'type', :actor, {data}
        FROM {job} AS job, jsonb_array_elements(:events) WITH ORDINALITY AS told (event, place)
        WHERE {whose}
        ORDER BY told.place
        RETURNING id, type, pg_notify('{JOBS_CHANNEL}', CAST(job_id AS text))
    ), outbox AS (
        INSERT INTO webhook_deliveries (webhook_id, event_id)
        SELECT webhooks.id, written.id
        FROM written JOIN webhooks
            ON is_active AND webhooks.events && ARRAY[CAST(written.type AS text), '{EVERY_EVENT}']
        ORDER BY written.id
        RETURNING id
    ), messages AS ({queueing_deliveries("outbox")})
    """  # noqa: S608  constants


def events_to_tell(
    events: Sequence["Event | Mapping[str, Any]"], *, actor: str, run_id: UUID | None = None
) -> dict[str, Any]:
    """What `telling` leaves open; a mapping is an event with what its `whose` asks for."""
    return {
        "event_run_id": run_id,
        "actor": actor,
        "events": orjson.dumps(events).decode(),
    }


@dataclass(frozen=True, slots=True)
class Event:
    """Something to tell of a job; the row adds who, when and in which run."""

    type: str
    data: dict[str, Any] = field(default_factory=dict)


async def append_events(
    session: AsyncSession, job_id: UUID, events: Sequence[Event], *, actor: str, run_id: UUID | None = None
) -> None:
    """Add events in their order, in the transaction of the change they tell of.

    Wakes who waits for the job, and queues a message for every webhook that wants to be told.
    """
    if events:
        await session.execute(
            _APPEND, {"job_id": job_id, **events_to_tell(events, actor=actor, run_id=run_id)}
        )


_APPEND = text(
    f"""
    WITH job AS (SELECT id FROM jobs WHERE id = :job_id FOR NO KEY UPDATE), {telling("job")}
    SELECT count(*) FROM written
    """  # noqa: S608  constants
)


async def append_to_each(
    session: AsyncSession, told: Sequence[tuple[UUID, Event]], *, actor: str, run_id: UUID | None = None
) -> None:
    """`append_events` for many jobs in one statement."""
    if told:
        events = [{"job_id": str(job), "type": event.type, "data": event.data} for job, event in told]
        jobs = list({str(job) for job, _ in told})
        await session.execute(
            _APPEND_TO_EACH, {"jobs": jobs, **events_to_tell(events, actor=actor, run_id=run_id)}
        )


# The rows are locked in the order of their ids, and before a number is drawn.
_APPEND_TO_EACH = text(
    f"""
    WITH job AS MATERIALIZED (
        SELECT id FROM jobs WHERE id = ANY(CAST(:jobs AS uuid[])) ORDER BY id FOR NO KEY UPDATE
    ), {telling("job", whose="job.id = CAST(told.event ->> 'job_id' AS uuid)")}
    SELECT count(*) FROM written
    """  # noqa: S608  constants
)


class JobEvents:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def after(self, job_id: UUID, event_id: int, *, limit: int | None = None) -> list[JobEventRow]:
        """The job's events that follow `event_id`, in order; 0 precedes them all."""
        query = select(JobEventRow).where(JobEventRow.job_id == job_id, JobEventRow.id > event_id)
        return list(await self._session.scalars(query.order_by(JobEventRow.id).limit(limit)))

    async def told(self, job_id: UUID, event_type: str) -> bool:
        """Whether there is an event of the type."""
        query = select(JobEventRow.id).where(JobEventRow.job_id == job_id, JobEventRow.type == event_type)
        return await self._session.scalar(query.limit(1)) is not None

    async def has(self, job_id: UUID, event_id: int) -> bool:
        """Whether this is an event of the job that is still kept."""
        if not 0 < event_id <= LARGEST_ID:
            return False
        query = select(JobEventRow.id).where(JobEventRow.id == event_id, JobEventRow.job_id == job_id)
        return await self._session.scalar(query) is not None
