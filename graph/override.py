"""A result as a dispatcher changes it: what follows from the change, and what it breaks."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from nodes.dispatch.assessment import assess
from nodes.dispatch.settings import DispatchSettings
from nodes.report.node import compose
from nodes.report.results import Results
from nodes.triage.settings import TriageSettings
from state.base import JsonObject
from state.dispatch import Candidate, DispatchResult, Technician, Visit
from state.job import JobInput, JobResult
from state.override import Changes, Override
from state.triage import Priority, TriageResult
from state.weather import WeatherResult

PATHS = {"priority": "triage.priority", "technician": "dispatch.technician", "visit": "dispatch.visit"}


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a result is overridden in."""

    job: JobInput
    answers: JsonObject
    weather: WeatherResult | None
    """The newest that is known."""
    technician: Technician | None
    """Who goes after the override, with the visits that stand against this one."""
    by: str
    now: datetime
    triage: TriageSettings
    dispatch: DispatchSettings


@dataclass(frozen=True, slots=True)
class Overridden:
    """The parts of the new result, and what to tell of it."""

    parts: JsonObject
    """By the keys of a result, those that may be new."""
    changed: dict[str, dict[str, Any]]
    """By the path in the result, what it was and what it is."""
    broken: list[str]
    """Conditions that the visit does not keep, in words."""


def overridden(result: JobResult, override: Override, circumstances: Circumstances) -> Overridden:
    """The result after the override.

    What a person decides is carried out, whatever it breaks; but everything that it breaks is named.
    """
    changes, triage, dispatch = override.changes, result.triage, result.dispatch
    if changes.priority and triage:
        triage = _urgent(triage, changes.priority, override.reason, circumstances)
        dispatch = dispatch and _due(dispatch, triage, circumstances)
    broken: list[str] = []
    if changes.move_the_visit:
        before = dispatch or DispatchResult(technician=None, visit=None, reasons=[], alternatives=[])
        dispatch, broken = _sent(before, triage, override, circumstances)
    report = compose(
        Results(
            job=circumstances.job,
            weather=result.weather,
            sizing=result.sizing,
            triage=triage,
            dispatch=dispatch,
            answers=circumstances.answers,
        )
    )
    parts = {
        "triage": triage.to_json() if triage else None,
        "dispatch": dispatch.to_json() if dispatch else None,
        "report": report.to_json(),
    }
    return Overridden(parts, _changed(result, parts, changes), broken)


def _urgent(
    triage: TriageResult, priority: Priority, reason: str, circumstances: Circumstances
) -> TriageResult:
    told = f"priority {priority} instead of {triage.priority}: {circumstances.by} decided: {reason}"
    return triage.model_copy(
        update={
            "priority": priority,
            "respond_within_hours": circumstances.triage.respond_within_hours[priority],
            "assumptions": [*triage.assumptions, told],
        }
    )


def _due(dispatch: DispatchResult, triage: TriageResult, circumstances: Circumstances) -> DispatchResult:
    """Another priority sets another deadline, from now; a planned visit stands, and the report says if it is late."""
    hours = triage.respond_within_hours
    respond_by = circumstances.now + timedelta(hours=hours) if hours is not None else None
    return dispatch.model_copy(update={"priority": triage.priority, "respond_by": respond_by})


def _sent(
    before: DispatchResult, triage: TriageResult | None, override: Override, circumstances: Circumstances
) -> tuple[DispatchResult, list[str]]:
    """The visit as decided, and the conditions that it breaks."""
    told = f"{circumstances.by} decided: {override.reason}"
    update: dict[str, Any] = {
        "technician": None,
        "visit": None,
        "verdict": None,
        "unsafe_by_decision": False,
        "reasons": [told],
        "alternatives": _with_given_up(before),
        "decision": told,
        "plan_again": False,
    }
    broken: list[str] = []
    given = override.changes.visit
    visit = Visit(start=given.start, end=given.end) if given else before.visit
    if circumstances.technician and visit:
        needs_repair = triage is not None and triage.truck_roll
        found = assess(
            circumstances.technician,
            visit,
            skills=triage.skills if triage and needs_repair else circumstances.dispatch.survey_skills,
            site=circumstances.job.site,
            windows=circumstances.weather.windows if circumstances.weather else [],
            respond_by=before.respond_by,
            schedule=circumstances.job.schedule,
            settings=circumstances.dispatch,
        )
        broken = found.broken
        update |= {
            "visit_needed": True,
            "technician": found.technician,
            "visit": visit,
            "verdict": found.verdict,
            "unsafe_by_decision": found.verdict is None,
            "reasons": [told, *(f"allowed although: {each}" for each in broken)],
        }
    return before.model_copy(update=update), broken


def _with_given_up(before: DispatchResult) -> list[Candidate]:
    """The plan that was given up stays in sight."""
    if before.technician is None:
        return before.alternatives
    planned = Candidate(
        technician=before.technician,
        visit=before.visit,
        verdict=before.verdict,
        score=None,
        missing=["given up by a dispatcher"],
        reasons=before.reasons,
    )
    return [planned, *before.alternatives]


def _changed(result: JobResult, parts: JsonObject, changes: Changes) -> dict[str, dict[str, Any]]:
    """What was and what is, at the paths that were given and at those that follow from them."""
    old = result.to_json()
    changed = {}
    for name, path in PATHS.items():
        part, field = path.split(".")
        was, now = (document[part][field] if document[part] else None for document in (old, parts))
        if was != now or changes.gives(name):
            changed[path] = {"from": was, "to": now}
    return changed
