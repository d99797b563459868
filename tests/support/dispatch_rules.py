"""What a visit must keep, checked as a person would: step by step through it, without the engine's arithmetic."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from nodes.dispatch.crew import skill_key
from nodes.dispatch.settings import DispatchSettings
from nodes.dispatch.travel import great_circle_km
from state.dispatch import DispatchResult, Technician, Visit
from state.site import Site
from state.weather import Window

STEP = timedelta(minutes=15)
SLACK = timedelta(milliseconds=1)


def violations(result: DispatchResult, crew: dict[Any, Technician], asked: dict[str, Any]) -> list[str]:
    """Hard conditions that the visit of `result` breaks; a deadline that no safe hour precedes is named, not kept."""
    if result.technician is None or result.visit is None:
        return []
    visit, technician = result.visit, crew[result.technician.id]
    broken = list(_hard(technician, visit, asked))
    late = asked["respond_by"] and visit.start > asked["respond_by"]
    if late and not any("before which no hour is safe" in reason for reason in result.reasons):
        broken.append("deadline")
    return broken


def _hard(technician: Technician, visit: Visit, asked: dict[str, Any]) -> list[str]:
    settings: DispatchSettings = asked["settings"]
    site: Site = asked["site"]
    km = great_circle_km(site.latitude, site.longitude, technician.base_latitude, technician.base_longitude)
    travel = timedelta(hours=float(km) / settings.travel_speed_km_h)
    away, back = visit.start - travel, visit.end + travel
    schedule = asked["schedule"]
    checks = {
        "skills": set(map(skill_key, asked["skills"])) <= set(map(skill_key, technician.skills)),
        "notice": away >= asked["now"] + timedelta(hours=settings.notice_h) - SLACK,
        "schedule": (schedule.earliest is None or visit.start >= schedule.earliest)
        and (schedule.latest is None or visit.end <= schedule.latest + SLACK),
        "visits": not _meets(away, back, technician.planned_visits),
        "leave": not _meets(away, back, technician.leave),
        "weather": all(_safe(moment, asked["windows"]) for moment in _steps(visit.start, visit.end)),
        "working hours": all(_at_work(moment, technician) for moment in _steps(away, back)),
    }
    return [name for name, kept in checks.items() if not kept]


def _steps(start: datetime, end: datetime) -> list[datetime]:
    """Every quarter of an hour, just inside both ends."""
    first, last = start + SLACK, end - SLACK
    return [*(first + number * STEP for number in range(int((last - first) / STEP) + 1)), last]


def _meets(start: datetime, end: datetime, taken: list[Any]) -> bool:
    return any(start + SLACK < each.end and each.start < end - SLACK for each in taken)


def _safe(moment: datetime, windows: list[Window]) -> bool:
    here = {each.verdict for each in windows if each.start <= moment < each.end}
    return bool(here) and here <= {"go", "caution"}


def _at_work(moment: datetime, technician: Technician) -> bool:
    local = moment.astimezone(ZoneInfo(technician.timezone))
    hours, now = technician.working_hours, local.time()
    today, yesterday = local.weekday() in hours.weekdays, (local.weekday() - 1) % 7 in hours.weekdays
    if hours.start < hours.end:
        return today and hours.start <= now < hours.end
    return (today and now >= hours.start) or (yesterday and now < hours.end)
