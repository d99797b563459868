"""Who goes, and when."""

from datetime import datetime, time
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, Field, ValidationInfo

from state.base import Given, Model, NonNegative
from state.site import Latitude, Longitude, TimeZoneName
from state.times import GivenTime, LocalTime
from state.triage import Priority


class Schedule(Model):
    """When the customer can receive somebody."""

    earliest: GivenTime | None = None
    latest: GivenTime | None = None


class Visit(Model):
    start: AwareDatetime
    end: AwareDatetime


class PlannedVisit(Visit):
    """A visit somebody already has. A job's own visit never stands in its own way, so it says whose it is."""

    job_id: UUID | None = None


def _after_the_start(end: datetime, given: ValidationInfo) -> datetime:
    start = given.data.get("start")
    if start and end <= start:
        raise ValueError("must be after start")
    return end


class Period(Model):
    start: GivenTime
    end: Annotated[GivenTime, AfterValidator(_after_the_start)]


class Leave(Period):
    """When a technician is not to be sent: holidays, illness, training."""


class WorkingHours(Given):
    """Local hours of one technician; weekday 0 is Monday (ISO 8601, minus one).

    An `end` that is not after `start` is on the following day.
    """

    weekdays: Annotated[list[Annotated[int, Field(ge=0, le=6)]], Field(min_length=1, max_length=7)] = [
        0,
        1,
        2,
        3,
        4,
    ]
    start: LocalTime = time(8, 0)
    end: LocalTime = time(17, 0)


class Technician(Model):
    """Who can be sent, with the visits already planned."""

    id: UUID
    name: str
    skills: list[str]
    base_latitude: Latitude
    base_longitude: Longitude
    timezone: TimeZoneName
    working_hours: WorkingHours = WorkingHours()
    planned_visits: list[PlannedVisit] = []
    leave: list[Leave] = []


class AssignedTechnician(Model):
    id: UUID
    name: str
    distance_km: NonNegative
    skills: list[str]


class Candidate(Model):
    """A technician looked at, and why they were or were not chosen."""

    technician: AssignedTechnician
    visit: Visit | None
    verdict: Literal["go", "caution"] | None = Field(
        default=None, description="Of the weather window the visit lies in; never stop, never unknown."
    )
    score: float | None = Field(description="100 minus points for travel and waiting, which `reasons` list.")
    missing: list[str] = Field(
        default=[], description="Conditions this visit breaks; none for a suitable one."
    )
    missing_skills: list[str] = []
    reasons: list[str]


class DispatchResult(Model):
    """The visit proposed. Where nobody is suitable, `alternatives` are those who come closest."""

    visit_needed: bool = True
    technician: AssignedTechnician | None
    visit: Visit | None
    verdict: Literal["go", "caution"] | None = None
    reasons: list[str]
    alternatives: list[Candidate]
    decision: str | None = Field(
        default=None, description="What a dispatcher decided, in their own choice's words."
    )
    unsafe_by_decision: bool = Field(
        default=False,
        description="A dispatcher chose hours that are not known to be safe; no forecast moves the visit.",
    )
    plan_again: bool = Field(
        default=False, description="A dispatcher waits for better weather: each refresh plans anew."
    )
    respond_by: AwareDatetime | None = None
    priority: Priority | None = None

    @property
    def wants_visit(self) -> bool:
        """Whether a visit is still to be found: none could be planned, and nobody decided to go on without."""
        settled = self.decision is not None and not self.plan_again
        return self.visit_needed and self.visit is None and not settled
