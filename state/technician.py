"""Who can be sent, as a dispatcher describes them."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field

from state.base import Given, JsonObject, Readable
from state.dispatch import WorkingHours
from state.site import Latitude, Longitude, TimeZoneName

Name = Annotated[str, Field(min_length=1, max_length=200)]
Skills = Annotated[list[Annotated[str, Field(min_length=1, max_length=60)]], Field(max_length=50)]
Contact = Annotated[JsonObject, Readable]


class NewTechnician(Given):
    name: Name
    skills: Skills
    base_latitude: Latitude
    base_longitude: Longitude
    timezone: TimeZoneName
    working_hours: WorkingHours = WorkingHours()
    contact: Contact = {}
    user_id: UUID | None = None


def _without_defaults(schema: dict[str, Any]) -> None:
    for described in schema["properties"].values():
        described.pop("default", None)


class TechnicianChanges(Given):
    """What is left out stays as it is."""

    # A generated client sends the defaults that it reads: it would move whom it gives a new skill to 0° N, 0° E.
    model_config = ConfigDict(json_schema_extra=_without_defaults)

    name: Name = ""
    skills: Skills = []
    base_latitude: Latitude = 0.0
    base_longitude: Longitude = 0.0
    timezone: TimeZoneName = "UTC"
    working_hours: WorkingHours = WorkingHours()
    contact: Contact = {}
    user_id: UUID | None = None
    is_active: bool = True


class TechnicianView(NewTechnician):
    id: UUID
    is_active: bool
