"""A job's events as Server-Sent Events: those on record, then each as it is committed, until the job is final.

The ids of the stream are those of the rows, so a client may go on from any of them at any process.
"""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import StreamingResponse

from api.services import Services
from core.database.api_keys import still
from core.database.events import JobEvents
from core.database.jobs import Jobs, Standing
from core.database.models import JobEventRow
from core.database.session import open_session
from core.database.users import Viewer
from core.errors import AuthenticationFailed, NotFound, StorageUnavailable
from state.timeline import TimelineEvent

PAGE = 200
RECONNECT_MILLISECONDS = 1000
HEARTBEAT = b": heartbeat\n\n"
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class EventStream(StreamingResponse):
    media_type = "text/event-stream"


def timeline_event(row: JobEventRow) -> TimelineEvent:
    return TimelineEvent(
        id=row.id, at=row.at, type=row.type, actor=row.actor, run_id=row.run_id, data=row.data
    )


async def resume_point(session: AsyncSession, job_id: UUID, last_event_id: str | None) -> int | None:
    """The id to go on after, 0 for the beginning; None where the client's id is not one that is kept."""
    if not last_event_id:
        return 0
    known = (
        last_event_id.isascii() and last_event_id.isdigit() and len(last_event_id) < 20
    )  # digits of a bigint
    if known and await JobEvents(session).has(job_id, int(last_event_id)):
        return int(last_event_id)
    return None


async def frames(
    services: Services, viewer: Viewer, job_id: UUID, resume_after: int | None
) -> AsyncGenerator[bytes]:
    """The stream itself. It holds a connection only while it reads, and rides out a restart of the database."""
    yield b"retry: %d\n\n" % RECONNECT_MILLISECONDS
    if resume_after is None:
        yield _frame("resync", {"reason": "Last-Event-ID is not an event that is kept; all of them follow."})
    last = resume_after or 0
    async with services.notifications.changes(job_id) as changed:
        while not services.notifications.released:
            changed.clear()
            try:
                standing, rows = await _news(services, viewer, job_id, last)
            except StorageUnavailable:
                standing, rows = None, []
            except (AuthenticationFailed, NotFound):  # locked out, or not this viewer's any more
                return
            for row in rows:
                yield _frame(row.type, timeline_event(row).to_json(), row.id)
                last = row.id
            if len(rows) == PAGE:
                continue
            if standing is not None and standing.final:
                yield _ended(standing)
                return
            if not await _set_within(changed, services.settings.event_heartbeat_seconds):
                yield HEARTBEAT


async def _news(
    services: Services, viewer: Viewer, job_id: UUID, last: int
) -> tuple[Standing, list[JobEventRow]]:
    async with open_session(services.reading) as session:
        # Asked each time: a stream lasts for days, and whoever is locked out meanwhile hears no more.
        now = await still(session, viewer, services.clock.now())
        if now is None:
            raise AuthenticationFailed
        # In this order: the events of a job that was final before they were read are all there.
        standing = await Jobs(session).standing(job_id, now)
        return standing, await JobEvents(session).after(job_id, last, limit=PAGE)


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False


def _ended(standing: Standing) -> bytes:
    """The terminal event. It has no id: whoever comes again after it is told again that this is the end."""
    return _frame(
        "job.ended",
        {
            "status": standing.status.value,
            "result_version": standing.result_version,
            "problem": standing.problem,
        },
    )


def _frame(event: str, data: dict[str, Any], event_id: int | None = None) -> bytes:
    head = f"event: {event}\n" if event_id is None else f"id: {event_id}\nevent: {event}\n"
    return head.encode() + b"data: " + orjson.dumps(data) + b"\n\n"
