"""The weather of all jobs: looked at on request, the alerts that are open, the visits and their windows."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, status
from pydantic import AwareDatetime

from api.deps import CurrentViewer, ServicesDep, Session
from core.database.alerts import Alerts
from core.errors import FieldError, InvalidInput
from core.queue import enqueue_refresh
from state.base import Model
from state.dispatch import Visit
from state.times import GivenTime
from state.triage import Priority
from state.weather import Alert, Window

router = APIRouter(tags=["weather"])

AHEAD = timedelta(days=14)


class RefreshAccepted(Model):
    queued: bool
    """False where such a look is under way or about to be."""


class OpenAlertView(Model):
    id: UUID
    job_id: UUID
    opened_at: AwareDatetime
    updated_at: AwareDatetime
    alert: Alert


class AlertPage(Model):
    items: list[OpenAlertView]
    next_cursor: UUID | None


class VisitTechnician(Model):
    id: UUID
    name: str


class VisitView(Model):
    job_id: UUID
    priority: Priority | None
    technician: VisitTechnician
    visit: Visit
    windows: list[Window]


@router.post("/weather/refresh", status_code=status.HTTP_202_ACCEPTED)
async def refresh_all(session: Session) -> RefreshAccepted:
    """Look at the weather of all active jobs now; forecasts that are still good are not fetched again."""
    return RefreshAccepted(queued=await enqueue_refresh(session))


@router.get("/alerts")
async def open_alerts(
    session: Session,
    viewer: CurrentViewer,
    job_id: UUID | None = None,
    cursor: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> AlertPage:
    """List the open alerts of the jobs one may see, newest first."""
    rows, next_cursor = await Alerts(session).page(viewer, job_id=job_id, cursor=cursor, limit=limit)
    items = [
        OpenAlertView(
            id=row.id,
            job_id=row.job_id,
            opened_at=row.opened_at,
            updated_at=row.updated_at,
            alert=Alert.model_validate(row.document),
        )
        for row in rows
    ]
    return AlertPage(items=items, next_cursor=next_cursor)


@router.get("/schedule")
async def schedule(
    session: Session,
    viewer: CurrentViewer,
    services: ServicesDep,
    begin: Annotated[GivenTime | None, Query(alias="from")] = None,
    to: GivenTime | None = None,
    technician_id: UUID | None = None,
) -> list[VisitView]:
    """List planned visits with the weather windows they lie in: two weeks from now, or the stretch asked for."""
    begin = begin or services.clock.now()
    to = to or begin + AHEAD
    if to <= begin:
        raise InvalidInput([FieldError("/to", "must be after `from`")])
    found = await services.weather.visits(session, viewer, begin, to, technician_id)
    return [
        VisitView(
            job_id=visit.job_id,
            priority=visit.priority.value if visit.priority else None,
            technician=VisitTechnician(id=visit.technician_id, name=visit.technician),
            visit=Visit(start=visit.start, end=visit.end),
            windows=windows,
        )
        for visit, windows in found
    ]
