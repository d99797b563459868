"""Technicians, whom dispatch chooses from."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, status
from pydantic import Field

from api.deps import Session
from core.database.models import TechnicianRow
from core.database.technicians import Technicians
from state.base import JsonObject, Model
from state.dispatch import WorkingHours
from state.site import Latitude, Longitude, TimeZoneName

router = APIRouter(prefix="/technicians", tags=["technicians"])


class NewTechnician(Model):
    name: Annotated[str, Field(min_length=1, max_length=200)]
    skills: Annotated[list[Annotated[str, Field(min_length=1, max_length=60)]], Field(max_length=50)]
    base_latitude: Latitude
    base_longitude: Longitude
    timezone: TimeZoneName
    working_hours: WorkingHours = WorkingHours()
    contact: JsonObject = {}
    user_id: UUID | None = None


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
