"""Jobs: start, list, look, wait, answer, cancel, retry."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response, status
from pydantic import Field

from api.deps import CurrentViewer, ServicesDep, Session
from api.idempotency import Once, without_key
from api.waiting import settled
from core.database.jobs import JobFilter, Jobs
from core.database.models import JobKind, JobPriority, RunStatus
from core.database.session import single_statement
from graph.views import job_view
from state.base import JsonObject, Model, Readable
from state.job import Job, JobInput

router = APIRouter(prefix="/jobs", tags=["jobs"])


class JobPage(Model):
    items: list[Job]
    next_cursor: str | None


class Answers(Model):
    answers: Annotated[JsonObject, Field(min_length=1, max_length=100), Readable]


@router.post("", status_code=status.HTTP_202_ACCEPTED, response_model=Job)
@single_statement(when=without_key)
async def start_job(
    job_input: JobInput, once: Once, session: Session, viewer: CurrentViewer, services: ServicesDep
) -> Response:
    """Accept a job; a worker carries it out."""
    return await once.accept(partial(services.runner.start, session, viewer, job_input))


@router.get("")
async def list_jobs(  # one parameter per filter of the contract
    session: Session,
    viewer: CurrentViewer,
    status: RunStatus | None = None,
    kind: JobKind | None = None,
    priority: JobPriority | None = None,
    technician_id: UUID | None = None,
    q: Annotated[str | None, Query(max_length=200)] = None,
    cursor: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> JobPage:
    """List the jobs one may see, newest first."""
    wanted = JobFilter(status, kind, priority, technician_id, q)
    rows, next_cursor = await Jobs(session).page(viewer, wanted, cursor=cursor, limit=limit)
    return JobPage(items=[job_view(row) for row in rows], next_cursor=next_cursor)


@router.get("/{job_id}")
async def get_job(
    job_id: UUID,
    session: Session,
    viewer: CurrentViewer,
    services: ServicesDep,
    wait: Annotated[float, Query(ge=0, le=60, description="Seconds to wait for a person or an end.")] = 0,
) -> Job:
    """Show the job; with `wait`, as soon as it waits for a person or has ended."""
    return await settled(session, services, job_id, viewer, wait)


@router.post("/{job_id}/resume", status_code=status.HTTP_202_ACCEPTED, response_model=Job)
async def resume_job(
    job_id: UUID, body: Answers, once: Once, session: Session, viewer: CurrentViewer, services: ServicesDep
) -> Response:
    """Answer the open questions."""
    return await once.accept(partial(services.runner.resume, session, viewer, job_id, body.answers))


@router.post("/{job_id}/cancel")
async def cancel_job(job_id: UUID, session: Session, viewer: CurrentViewer, services: ServicesDep) -> Job:
    """Stop the job for good."""
    return job_view(await services.runner.cancel(session, viewer, job_id))


@router.post("/{job_id}/retry", status_code=status.HTTP_202_ACCEPTED)
async def retry_job(job_id: UUID, session: Session, viewer: CurrentViewer, services: ServicesDep) -> Job:
    """Try a failed job again."""
    return job_view(await services.runner.retry(session, viewer, job_id))
