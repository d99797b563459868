"""What happens to a job: as a list, and live."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query

from api.deps import CurrentViewer, ServicesDep, Session
from api.event_stream import HEADERS, EventStream, frames, resume_point, timeline_event
from core.database.jobs import Jobs
from state.timeline import TimelineEvent

router = APIRouter(prefix="/jobs/{job_id}", tags=["jobs"])

EXAMPLE = """\
id: 42
event: node.finished
data: {"id":42,"at":"…","type":"node.finished","actor":"service","run_id":"…","data":{"node":"weather"}}

event: job.ended
data: {"status":"succeeded","result_version":1,"problem":null}

"""
EVENT = {
    "type": "object",
    "description": "One event of the stream, by its fields.",
    "required": ["event", "data"],
    "properties": {
        "id": {"type": "string", "description": "For `Last-Event-ID`; `job.ended` and `resync` have none."},
        "event": {"type": "string"},
        "data": {"type": "string", "contentMediaType": "application/json"},
    },
}


@router.get("/timeline")
async def timeline(job_id: UUID, session: Session, viewer: CurrentViewer) -> list[TimelineEvent]:
    """Show everything that happened to the job, in order."""
    await Jobs(session).standing(job_id, viewer)
    return [timeline_event(row) for row in await Jobs(session).timeline(job_id)]


@router.get(
    "/events",
    response_class=EventStream,
    responses={
        200: {
            "description": "Server-Sent Events. `data` is an event of the timeline.",
            "content": {"text/event-stream": {"schema": EVENT, "example": EXAMPLE}},
        }
    },
)
async def events(
    job_id: UUID,
    session: Session,
    viewer: CurrentViewer,
    services: ServicesDep,
    last_event_id: Annotated[str | None, Header(description="The last event seen; the next follows.")] = None,
    after: Annotated[
        str | None, Query(alias="last_event_id", description="The same, as a parameter.")
    ] = None,
) -> EventStream:
    """Follow the job: every event from the beginning or after `Last-Event-ID`, until it is final.

    The stream always ends with `job.ended`. Where the given id is not one that is kept, `resync` comes first and
    everything follows. Comments keep a quiet stream alive while the job waits.
    """
    await Jobs(session).standing(job_id, viewer)
    resume_after = await resume_point(session, job_id, last_event_id or after)
    return EventStream(frames(services, viewer, job_id, resume_after), headers=HEADERS)
