"""The weather of a job: as it is forecast now, what its array is to deliver, and a look at it on request."""

from uuid import UUID

from fastapi import APIRouter, status

from api.deps import CurrentViewer, ServicesDep, Session
from core.database.jobs import Jobs
from core.errors import Conflict
from graph.views import job_view
from state.job import Job
from state.weather import ProductionForecast, WeatherResult

router = APIRouter(prefix="/jobs/{job_id}", tags=["weather"])


@router.post("/refresh", status_code=status.HTTP_202_ACCEPTED)
async def refresh_job(job_id: UUID, session: Session, viewer: CurrentViewer, services: ServicesDep) -> Job:
    """Look at the job's weather now, and plan its visit anew where it has to be."""
    job = await Jobs(session).get(job_id, viewer, lock=True)
    if not await services.runner.refresh(session, job):
        state = "closed" if job.closed_at is not None else f"{job.status.value}, or a refresh is under way"
        raise Conflict(f"Only a job that has ended and is still open is looked at again: it is {state}.")
    return job_view(job)


@router.get("/weather")
async def job_weather(
    job_id: UUID, session: Session, viewer: CurrentViewer, services: ServicesDep
) -> WeatherResult:
    """Show the latest forecast for the job, judged now; the result keeps the one that it rests on."""
    return await services.weather.weather(session, viewer, job_id)


@router.get("/forecast")
async def production(
    job_id: UUID, session: Session, viewer: CurrentViewer, services: ServicesDep
) -> ProductionForecast:
    """Show what the job's sized array is to deliver in each of the next 168 hours, with a band; null where unknown."""
    return await services.weather.production(session, viewer, job_id)
