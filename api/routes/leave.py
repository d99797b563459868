"""When technicians are not to be sent."""

from uuid import UUID

from fastapi import APIRouter, status

from api.deps import CurrentViewer, Session
from core.database.models import LeaveRow
from core.database.technicians import Technicians
from core.database.users import Viewer
from core.errors import NotFound
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
async def list_leave(technician_id: UUID, session: Session, viewer: CurrentViewer) -> list[LeaveView]:
    """List a technician's leave; one's own, or anybody's for a dispatcher."""
    _may_see(technician_id, viewer)
    await Technicians(session).get(technician_id)
    return [_view(row) for row in await Technicians(session).leave_of(technician_id)]


@router.delete("/{leave_id}", status_code=status.HTTP_204_NO_CONTENT)
async def remove_leave(technician_id: UUID, leave_id: UUID, session: Session) -> None:
    """Take a leave back."""
    await Technicians(session).remove_leave(technician_id, leave_id)


def _may_see(technician_id: UUID, viewer: Viewer) -> None:
    if not viewer.sees_everything and viewer.technician_id != technician_id:
        raise NotFound
