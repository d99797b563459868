"""What people decide about a job that has its result."""

from uuid import UUID

from fastapi import APIRouter

from api.deps import CurrentViewer, ServicesDep, Session
from core.database.completions import Completions
from core.database.jobs import Jobs
from graph.views import job_view
from state.completion import CompletedJob, Completion, HitRate
from state.job import Job
from state.override import Override

router = APIRouter()


@router.post("/jobs/{job_id}/complete", tags=["jobs"])
async def complete_job(
    job_id: UUID, body: Completion, session: Session, viewer: CurrentViewer, services: ServicesDep
) -> Job:
    """Close the job: how it ended, what was found on site and what was used."""
    return job_view(await services.decisions.complete(session, viewer, job_id, body))


@router.post("/jobs/{job_id}/override", tags=["jobs"])
async def override_result(
    job_id: UUID, body: Override, session: Session, viewer: CurrentViewer, services: ServicesDep
) -> Job:
    """Change priority, technician or visit, with a reason; the result gets a new version."""
    return job_view(await services.decisions.override(session, viewer, job_id, body))


@router.get("/jobs/{job_id}/completion", tags=["jobs"])
async def show_completion(job_id: UUID, session: Session, viewer: CurrentViewer) -> CompletedJob:
    """Show how the job ended, beside what triage had said."""
    await Jobs(session).get(job_id, viewer)
    return await Completions(session).get(job_id)


@router.get("/system/hit-rate", tags=["system"])
async def triage_hit_rate(session: Session) -> HitRate:
    """Say how often triage named what was confirmed on site."""
    return await Completions(session).hit_rate()
