"""Technicians, whom dispatch chooses from."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, status
from pydantic import ConfigDict, Field

from api.deps import Session
from core.database.models import TechnicianRow
from core.database.technicians import Technicians
from state.base import JsonObject, Model
from state.dispatch import WorkingHours
from state.site import Latitude, Longitude, TimeZoneName

router = APIRouter(prefix="/technicians", tags=["technicians"])


Name = Annotated[str, Field(min_length=1, max_length=200)]
Skills = Annotated[list[Annotated[str, Field(min_length=1, max_length=60)]], Field(max_length=50)]


class NewTechnician(Model):
    name: Name
    skills: Skills
    base_latitude: Latitude
    base_longitude: Longitude
    timezone: TimeZoneName
    working_hours: WorkingHours = WorkingHours()
    contact: JsonObject = {}
    user_id: UUID | None = None


def _without_defaults(schema: dict[str, Any]) -> None:
    for described in schema["properties"].values():
        described.pop("default", None)


class TechnicianChanges(Model):
    """What is left out stays as it is."""

    # A generated client sends the defaults that it reads: it would move whom it gives a new skill to 0° N, 0° E.
    model_config = ConfigDict(json_schema_extra=_without_defaults)

    name: Name = ""
    skills: Skills = []
    base_latitude: Latitude = 0.0
    base_longitude: Longitude = 0.0
    timezone: TimeZoneName = "UTC"
    working_hours: WorkingHours = WorkingHours()
    contact: JsonObject = {}
    user_id: UUID | None = None
    is_active: bool = True


class TechnicianView(NewTechnician):
    id: UUID
    is_active: bool


def _view(row: TechnicianRow) -> TechnicianView:
    return TechnicianView.model_validate(row, from_attributes=True, extra="ignore")


@router.post("", status_code=status.HTTP_201_CREATED)
async def add_technician(body: NewTechnician, session: Session) -> TechnicianView:
    """Add somebody who can be sent."""
    row = TechnicianRow(
        **body.model_dump(mode="json", exclude={"user_id"}), user_id=body.user_id, is_active=True
    )
    return _view(await Technicians(session).add(row))


@router.get("")
async def list_technicians(session: Session) -> list[TechnicianView]:
    """List the technicians by name."""
    return [_view(row) for row in await Technicians(session).all()]


@router.get("/{technician_id}")
async def get_technician(technician_id: UUID, session: Session) -> TechnicianView:
    """Show one technician."""
    return _view(await Technicians(session).get(technician_id))


@router.patch("/{technician_id}")
async def change_technician(technician_id: UUID, body: TechnicianChanges, session: Session) -> TechnicianView:
    """Change what is given; whoever is not active is not sent any more, and keeps the visits that are planned."""
    changes = body.model_dump(mode="json", exclude_unset=True, exclude={"user_id"})
    if "user_id" in body.model_fields_set:
        changes["user_id"] = body.user_id
    return _view(await Technicians(session).change(technician_id, changes))
