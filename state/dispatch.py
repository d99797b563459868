"""Who goes, and when."""

from datetime import datetime, time
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from state.base import Model, NonNegative
from state.site import Latitude, Longitude, TimeZoneName
from state.triage import Priority


class Schedule(Model):
    """When the customer can receive somebody."""

    earliest: AwareDatetime | None = None
    latest: AwareDatetime | None = None


class Visit(Model):
    start: AwareDatetime
    end: AwareDatetime


class WorkingHours(Model):
    """Local hours of one technician; weekday 0 is Monday (ISO 8601, minus one)."""

    weekdays: Annotated[list[Annotated[int, Field(ge=0, le=6)]], Field(min_length=1, max_length=7)] = [
        0,
        1,
        2,
        3,
        4,
    ]
    start: time = time(8, 0)
    end: time = time(17, 0)


class Technician(Model):
    """Who can be sent, with the visits already planned."""

    id: UUID
    name: str
    skills: list[str]
    base_latitude: Latitude
    base_longitude: Longitude
    timezone: TimeZoneName
    working_hours: WorkingHours = WorkingHours()
    planned_visits: list[Visit] = []


class AssignedTechnician(Model):
    id: UUID
    name: str
    distance_km: NonNegative
    skills: list[str]


class Candidate(Model):
    """A technician looked at, and why they were or were not chosen."""

    technician: AssignedTechnician
    visit: Visit | None
    score: float | None
    reasons: list[str]


class DispatchResult(Model):
    technician: AssignedTechnician | None
    visit: Visit | None
    reasons: list[str]
    alternatives: list[Candidate]
    respond_by: datetime | None = None
    priority: Priority | None = None
