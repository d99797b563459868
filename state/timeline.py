"""What happened to a job, one entry after the other."""

from uuid import UUID

from pydantic import AwareDatetime

from state.base import JsonObject, Model


class TimelineEvent(Model):
    """Something that happened to a job."""

    id: int
    at: AwareDatetime
    type: str
    actor: str
    run_id: UUID | None
    data: JsonObject
