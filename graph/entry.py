"""Rows as the state the graph is entered with, and the state it left as values of the job's row."""

from datetime import datetime
from typing import Any
from uuid import UUID

from langgraph.types import Command, StateSnapshot

from core.database.models import JobPriority, JobRow, ResultRow
from nodes.intake.engine import complete_site
from state.base import JsonObject
from state.dispatch import DispatchResult
from state.job import JobInput
from state.workflow import JobState

Entry = JsonObject | Command[Any] | None
"""What the graph is given: a fresh state, the answers to its open form, or nothing, to go on."""

BEFORE_DISPATCH = "clarify"
"""The node after which a run is taken up again that has to plan its visit anew."""

CARRIED_OVER = ("weather", "sizing", "triage", "dispatch", "report")
"""What a refresh takes over from the latest result."""


def start_state(job: JobRow) -> JsonObject:
    """The state of a job that starts, or starts over: its recorded input and every recorded answer."""
    state = JobState(
        job_id=str(job.id),
        trigger="start",
        input=job.input,
        answers=job.answers,
        open_questions={},
        messages=[],
    )
    return dict(state)


def refresh_state(job: JobRow, latest: ResultRow | None) -> JsonObject:
    """The state in which only the weather is looked at again; what was decided comes from the latest result."""
    document = latest.document if latest is not None else {}
    carried = {key: document[key] for key in CARRIED_OVER if document.get(key) is not None}
    return {
        **start_state(job),
        **carried,
        "trigger": "refresh",
        "input": complete_site(JobInput.model_validate(job.input)).to_json(),
        "previous_weather": job.weather or document.get("weather") or {},
    }


def answers_for(job: JobRow, snapshot: StateSnapshot) -> Command[Any] | None:
    """The recorded answers to the form the graph stopped at; None where it did not stop to ask."""
    asked = asked_in(snapshot)
    if not asked or not asked <= job.answers.keys():
        return None
    return Command(resume={key: job.answers[key] for key in asked})


def asked_in(snapshot: StateSnapshot) -> set[str]:
    """The questions of the form that the graph stopped at."""
    return {q["id"] for interrupt in snapshot.interrupts for q in interrupt.value["questions"]}


def fault_found(state: JsonObject) -> JsonObject:
    """What triage made of the ticket, in a run that waits too: other jobs at the site and the queue ask for it."""
    triage = state.get("triage")
    if not triage:
        return {}
    return {
        "asset": triage["asset"],
        "failure_mode": triage["failure_mode"],
        "priority": JobPriority(triage["priority"]),
    }


def climate_stands_in(state: JsonObject) -> bool:
    """Whether the job was sized for a climate that another provider was to give, and may give later."""
    if not (weather := state.get("weather")):
        return False
    job, resource = state["input"], weather["resource"]
    known = job.get("resource") or {}
    given = known.get("weather_file_id") is not None or known.get("peak_sun_hours") is not None
    failed = resource.get("fallback") or resource.get("warnings")
    return job["kind"] != "triage" and not given and bool(failed)


def job_values(state: JsonObject) -> JsonObject:
    """What the job's row repeats of the result, so that lists and plans need not open documents."""
    values = fault_found(state)
    if dispatch := state.get("dispatch"):
        technician, visit = dispatch.get("technician"), dispatch.get("visit")
        values["technician_id"] = UUID(technician["id"]) if technician else None
        values["visit_start"] = datetime.fromisoformat(visit["start"]) if visit else None
        values["visit_end"] = datetime.fromisoformat(visit["end"]) if visit else None
        values["wants_visit"] = DispatchResult.from_json(dispatch).wants_visit
    return values
