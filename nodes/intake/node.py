"""The front door: a job is checked, and what can be looked up about its site is."""

from typing import Any, Literal

from langchain_core.messages import AIMessage
from typing_extensions import NotRequired, TypedDict

from core.errors import FieldError, InvalidInput
from core.ids import new_id
from core.validation import parse_job_input
from nodes.intake.engine import check_input, complete_site
from state.base import JsonObject
from state.job import JobInput


class IntakeReads(TypedDict):
    input: JsonObject
    job_id: NotRequired[str]
    trigger: NotRequired[Literal["start", "refresh"]]


class IntakeWrites(TypedDict):
    job_id: str
    trigger: Literal["start", "refresh"]
    input: JsonObject
    answers: JsonObject
    open_questions: dict[str, list[JsonObject]]
    messages: list[AIMessage]


async def intake(state: IntakeReads) -> IntakeWrites:
    """Checks again what HTTP has checked: Studio, and whoever else starts the graph, does not.

    No question is open when a job starts, whatever an earlier run on this thread left.
    """
    if "input" not in state:
        raise InvalidInput([FieldError("/input", "is required: the job, under this key")])
    job = _accepted(state["input"])
    job_id = state.get("job_id") or str(new_id())
    return {
        "job_id": job_id,
        "trigger": state.get("trigger", "start"),
        "input": job.to_json(),
        "answers": {},
        "open_questions": {"sizing": [], "triage": []},
        "messages": [AIMessage(content=_account(job), name="intake", id=f"{job_id}:intake")],
    }


def _accepted(document: Any) -> JobInput:  # noqa: ANN401  what Studio hands in may be anything
    job = parse_job_input(document)
    check_input(job)
    return complete_site(job)


def _account(job: JobInput) -> str:
    wanted = {
        "sizing": "size a system",
        "triage": "triage a fault",
        "full": "size a system and triage a fault",
    }
    return (
        f"Accepted: {wanted[job.kind]} ({job.system_type.replace('_', '-')})"
        f" at {job.site.elevation_m:.0f} m above the sea, time zone {job.site.timezone}."
    )
