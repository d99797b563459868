"""When technicians are not to be sent."""

from uuid import UUID

from fastapi import APIRouter, status

from api.deps import Session
from core.database.models import LeaveRow
from core.database.technicians import Technicians
from state.base import Model
from state.dispatch import Leave, PlannedVisit

router = APIRouter(prefix="/technicians/{technician_id}/leave", tags=["technicians"])


class LeaveView(Leave):
    id: UUID


class NewLeave(Model):
    leave: LeaveView
    visits: list[PlannedVisit]
    """Planned for those days before; they stand until somebody overrides them."""


def _view(row: LeaveRow) -> LeaveView:
    return LeaveView(id=row.id, start=row.starts_at, end=row.ends_at)


@router.post("", status_code=status.HTTP_201_CREATED)
async def add_leave(technician_id: UUID, body: Leave, session: Session) -> NewLeave:
    """Send the technician nowhere from `start` to `end`; names the visits that are planned then already."""
    technicians = Technicians(session)
    row = await technicians.add_leave(technician_id, body)
    return NewLeave(leave=_view(row), visits=await technicians.visits_during(technician_id, body))


@router.get("")
async def list_leave(technician_id: UUID, session: Session) -> list[LeaveView]:
    """List a technician's leave."""
    await Technicians(session).get(technician_id)
    return [_view(row) for row in await Technicians(session).leave_of(technician_id)]


@router.delete("/{leave_id}", status_code=status.HTTP_204_NO_CONTENT)
async def remove_leave(technician_id: UUID, leave_id: UUID, session: Session) -> None:
    """Take a leave back."""
    await Technicians(session).remove_leave(technician_id, leave_id)
