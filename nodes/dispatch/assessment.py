"""What a visit that a dispatcher sets by hand keeps and breaks: each condition looked at by itself."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from nodes.dispatch.crew import HOUR, Crew, Reach, skill_keys
from nodes.dispatch.hours import busy_intervals, safe_intervals
from nodes.dispatch.intervals import Interval, Intervals, intersect
from nodes.dispatch.ranking import Verdict
from nodes.dispatch.settings import DispatchSettings
from nodes.dispatch.shifts import Shifts
from nodes.dispatch.wording import assigned, lacked
from state.dispatch import AssignedTechnician, Schedule, Technician, Visit
from state.site import Site
from state.weather import Window


@dataclass(frozen=True, slots=True)
class Assessment:
    """A technician and a visit as they stand."""

    technician: AssignedTechnician
    verdict: Verdict | None
    """`go` or `caution` where every hour of the visit is known to be safe."""
    broken: list[str]
    """In words, the conditions it does not keep."""


def assess(
    technician: Technician,
    visit: Visit,
    *,
    skills: Iterable[str],
    site: Site,
    windows: Sequence[Window],
    respond_by: datetime | None,
    schedule: Schedule,
    settings: DispatchSettings,
) -> Assessment:
    """Every condition that the visit breaks; `technician` with the visits that stand against this one."""
    reach = Crew([technician], site, skill_keys(skills), settings, visit.start.timestamp()).reach(0)
    span = visit.start.timestamp(), visit.end.timestamp()
    away = span[0] - reach.travel, span[1] + reach.travel
    go, usable = safe_intervals(windows)
    verdict: Verdict | None = "go" if _within(span, go) else "caution" if _within(span, usable) else None
    broken = [
        *([lacked(reach)] if reach.missing else []),
        *_diary(reach, span, away),
        *([] if verdict else [_weather(visit, windows)]),
        *_times(visit, respond_by, schedule),
    ]
    return Assessment(assigned(reach), verdict, broken)


def _diary(reach: Reach, span: Interval, away: Interval) -> Iterator[str]:
    technician = reach.technician
    zone = ZoneInfo(technician.timezone)
    for busy in technician.planned_visits:
        if _overlap(away, (busy.start.timestamp(), busy.end.timestamp())):
            meets = _overlap(span, (busy.start.timestamp(), busy.end.timestamp()))
            what = "has another visit" if meets else "has no time for the journey: another visit is"
            yield f"{what} at {busy.start.astimezone(zone):%d %b %H:%M}"
    if busy_intervals(technician.leave, *away):
        yield "is on leave"
    if not _within(away, Shifts([technician], *away).stretches(0)):
        yield "outside the technician's working hours"


def _times(visit: Visit, respond_by: datetime | None, schedule: Schedule) -> Iterator[str]:
    if respond_by and visit.start > respond_by:
        yield f"starts {(visit.start - respond_by).total_seconds() / HOUR:.1f} h after the deadline"
    early = schedule.earliest and visit.start < schedule.earliest
    if early or (schedule.latest and visit.end > schedule.latest):
        yield "outside the customer's times"


def _weather(visit: Visit, windows: Sequence[Window]) -> str:
    met = [each for each in windows if each.start < visit.end and visit.start < each.end]
    stops = [each for each in met if each.verdict == "stop"]
    if stops:
        reasons = dict.fromkeys(reason for each in stops for reason in each.reasons)
        return f"the forecast says stop: {', '.join(reasons)}"
    return "the weather then is not known"


def _within(span: Interval, hours: Intervals) -> bool:
    return intersect([span], hours) == [span]


def _overlap(one: Interval, other: Interval) -> bool:
    return one[0] < other[1] and other[0] < one[1]
