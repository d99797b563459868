"""Sizing and triage without a job: answered at once, stored nowhere."""

from fastapi import APIRouter

from api.deps import ServicesDep
from state.job import JobInput
from state.sizing import SizingAnswer
from state.triage import TriageAnswer

router = APIRouter(tags=["immediate"])


@router.post("/sizing")
async def size_now(job_input: JobInput, services: ServicesDep) -> SizingAnswer:
    """Size a system. What a job would have asked comes back as `questions`."""
    return await services.immediate.sizing(job_input)


@router.post("/triage")
async def triage_now(job_input: JobInput, services: ServicesDep) -> TriageAnswer:
    """Triage a ticket. What a job would have asked comes back as `questions`."""
    return await services.immediate.triage(job_input)
