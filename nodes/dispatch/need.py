"""What visit a job needs: none, the repair its ticket asks for, or a survey for the system that was sized."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from nodes.dispatch.settings import DispatchSettings
from state.dispatch import DispatchResult
from state.sizing import SizingResult
from state.triage import Priority, TriageResult
from state.weather import Window


@dataclass(frozen=True, slots=True)
class VisitNeed:
    skills: Sequence[str]
    duration_h: float
    respond_by: datetime | None = None
    priority: Priority | None = None


def visit_need(
    *,
    sizing: SizingResult | None,
    triage: TriageResult | None,
    previous: DispatchResult | None,
    now: datetime,
    settings: DispatchSettings,
) -> VisitNeed | str:
    """The visit, or why none is needed.

    A fault that needs hands comes first; a survey has no deadline.
    """
    if triage and triage.truck_roll:
        return VisitNeed(
            skills=triage.skills,
            duration_h=triage.estimated_duration_h,
            respond_by=_respond_by(triage, previous, now),
            priority=triage.priority,
        )
    if sizing and sizing.status == "infeasible":
        return "the design must change before anybody surveys the site"
    if sizing:
        return VisitNeed(skills=settings.survey_skills, duration_h=settings.survey_duration_h)
    if triage:
        return "the fault can be dealt with from afar"
    return "there is neither a design nor a fault to plan a visit from"


def stands(previous: DispatchResult, windows: Sequence[Window], now: datetime) -> bool:
    """Whether a plan made earlier is kept when the weather is looked at again.

    People count on a visit once it is planned: only weather known to be dangerous moves it, not a better hour and
    not a forecast that became unknown. What a dispatcher decided stands unless they decided to wait.
    """
    visit = previous.visit
    if visit is None:
        return not previous.wants_visit
    if previous.unsafe_by_decision:
        return True
    stops = (w for w in windows if w.verdict == "stop" and w.start < visit.end and visit.start < w.end)
    return visit.start <= now or not any(stops)


def _respond_by(triage: TriageResult, previous: DispatchResult | None, now: datetime) -> datetime | None:
    """A deadline stands once it is set: planning again does not move it, only another priority does."""
    if previous and previous.priority == triage.priority:
        return previous.respond_by
    if triage.respond_within_hours is None:
        return None
    return now + timedelta(hours=triage.respond_within_hours)
