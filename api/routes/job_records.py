"""What a job leaves behind: results, runs, the checkpointed state."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter

from api.deps import CurrentViewer, ServicesDep, Session
from core.checkpoint import get_job_state
from core.database.jobs import Jobs
from core.errors import NotFound
from state.base import JsonObject, Model
from state.job import JobResult

router = APIRouter(prefix="/jobs/{job_id}", tags=["jobs"])


class Run(Model):
    id: UUID
    kind: str
    status: str
    attempt: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    problem: JsonObject | None


@router.get("/result")
async def latest_result(job_id: UUID, session: Session, viewer: CurrentViewer) -> JobResult:
    """Show the latest result."""
    await Jobs(session).get(job_id, viewer)
    row = await Jobs(session).latest_result(job_id)
    if row is None:
        raise NotFound("This job has no result yet.")
    return JobResult.model_validate(row.document)


@router.get("/results")
async def all_results(job_id: UUID, session: Session, viewer: CurrentViewer) -> list[JobResult]:
    """Show every version of the result, newest first."""
    await Jobs(session).get(job_id, viewer)
    return [JobResult.model_validate(row.document) for row in await Jobs(session).results(job_id)]


@router.get("/runs")
async def runs(job_id: UUID, session: Session, viewer: CurrentViewer) -> list[Run]:
    """Show each execution on the job."""
    await Jobs(session).get(job_id, viewer)
    return [
        Run(
            id=row.id,
            kind=row.kind,
            status=row.status,
            attempt=row.attempt,
            created_at=row.created_at,
            started_at=row.started_at,
            finished_at=row.finished_at,
            problem=row.problem,
        )
        for row in await Jobs(session).runs(job_id)
    ]


@router.get("/state")
async def checkpointed_state(
    job_id: UUID, session: Session, viewer: CurrentViewer, services: ServicesDep
) -> JsonObject:
    """Show the state the workflow last checkpointed."""
    await Jobs(session).get(job_id, viewer)
    state = await get_job_state(services.saver, str(job_id))
    if state is None:
        raise NotFound("The checkpoint has expired; the result and the timeline remain.")
    return state
