"""Technicians, whom dispatch chooses from."""

from uuid import UUID

from fastapi import APIRouter, status

from api.deps import Session
from core.database.models import TechnicianRow
from core.database.technicians import Technicians
from state.technician import NewTechnician, TechnicianChanges, TechnicianView

router = APIRouter(prefix="/technicians", tags=["technicians"])


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
