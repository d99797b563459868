"""The best technicians for one visit.

Hard conditions come first: the skills, a safe hour, the technician's free working hours with both journeys
inside them, the customer's times, the deadline. Among those who meet them a "go" window beats a "caution"
one, then the score decides. An optimistic bound on the score ends the search before it has looked into every
diary.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import inf, isinf
from typing import Literal

from nodes.dispatch.hours import busy_intervals, working_intervals
from nodes.dispatch.intervals import ALWAYS, Intervals, first_start, intersect, shrink, subtract
from nodes.dispatch.settings import DispatchSettings
from nodes.dispatch.travel import great_circle_km
from state.dispatch import Technician
from state.site import Site

HOUR = 3600.0
DAY = 24 * HOUR

Condition = Literal["deadline", "schedule", "working_hours", "skills"]
Verdict = Literal["go", "caution"]


@dataclass(frozen=True, slots=True)
class Order:
    """What a visit must keep to; times in seconds since the epoch."""

    length: float
    now: float
    ready: float
    """Nobody departs before."""
    earliest: float
    latest: float
    """The customer's times."""
    deadline: float
    """The visit starts by then; infinite where nothing presses."""
    go: Intervals
    usable: Intervals
    """Safe hours: "go" alone, and with "caution"."""
    waived: frozenset[Condition] = frozenset()

    def without(self, *conditions: Condition) -> "Order":
        return replace(self, waived=self.waived | set(conditions))

    def within_schedule(self, hours: Intervals) -> Intervals:
        times = ALWAYS if "schedule" in self.waived else [(self.earliest, self.latest)]
        return intersect(intersect(hours, times), [(self.ready, inf)])

    @property
    def last_start(self) -> float:
        return inf if "deadline" in self.waived else self.deadline

    def deadline_can_be_met(self, grid: float) -> bool:
        """Whether a safe visit could start by the deadline, were somebody on the spot and the customer there."""
        start = first_start(
            self.usable, self.length, not_before=self.ready, not_after=self.deadline, grid=grid
        )
        return start is not None

    @property
    def longest_safe(self) -> float:
        """The longest safe stretch ahead, whenever the customer is there [s]."""
        ahead = intersect(self.usable, [(self.ready, inf)])
        return max((end - start for start, end in ahead), default=0.0)


@dataclass(frozen=True, slots=True)
class Reach:
    """A technician seen from the site."""

    technician: Technician
    distance_km: float
    travel: float
    """One way [s]."""
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A technician and a start that meet every condition that is not waived."""

    reach: Reach
    start: float
    verdict: Verdict
    travel_points: float
    waiting_points: float
    waived: frozenset[Condition]

    @property
    def score(self) -> float:
        return 100 - self.travel_points - self.waiting_points

    @property
    def rank(self) -> "Rank":
        reach = self.reach
        return (
            len(reach.missing),
            self.verdict == "caution",
            -self.score,
            reach.distance_km,
            str(reach.technician.id),
        )


Rank = tuple[int, bool, float, float, str]
"""Smaller is better; the id at its end makes the order of equals repeatable."""


def reaches(
    technicians: Iterable[Technician], site: Site, skills: frozenset[str], settings: DispatchSettings
) -> list[Reach]:
    """Everyone, with distance, journey and the skills they lack."""
    found = []
    for technician in technicians:
        distance = great_circle_km(
            site.latitude, site.longitude, technician.base_latitude, technician.base_longitude
        )
        missing = skills - {skill_key(skill) for skill in technician.skills}
        travel = distance / settings.travel_speed_km_h * HOUR
        found.append(Reach(technician, distance, travel, tuple(sorted(missing))))
    return found


def skill_key(skill: str) -> str:
    """The form in which skills are equal: "High voltage" is "high_voltage"."""
    return "_".join(skill.casefold().replace("-", " ").replace("_", " ").split())


def best(candidates: Iterable[Reach], order: Order, settings: DispatchSettings, count: int) -> list[Proposal]:
    """The `count` best proposals, best first."""
    usable = order.within_schedule(order.usable)
    if not usable:
        return []
    safe: dict[Verdict, Intervals] = {"go": order.within_schedule(order.go), "caution": usable}
    bounded = []
    for reach in candidates:
        if reach.missing and "skills" not in order.waived:
            continue
        soonest = max(order.ready + reach.travel, usable[0][0])
        if soonest <= order.last_start:
            bounded.append((_proposal(reach, soonest, "go", order, settings).rank, reach))
    bounded.sort(key=lambda pair: pair[0])

    diaries = Diaries(order, horizon=usable[-1][1])
    found: list[Proposal] = []
    for bound, reach in bounded:
        if len(found) >= count and found[count - 1].rank <= bound:
            break
        proposal = _visit(reach, order, diaries.on_site(reach), safe, settings)
        if proposal:
            found.append(proposal)
            found.sort(key=lambda each: each.rank)
    return found[:count]


class Diaries:
    """When technicians can be on site, the journeys there and back kept free as well."""

    def __init__(self, order: Order, horizon: float) -> None:
        self._order = order
        self._horizon = horizon
        self._shifts: dict[object, Intervals] = {}

    def on_site(self, reach: Reach) -> Intervals:
        technician = reach.technician
        worked = ALWAYS if "working_hours" in self._order.waived else self._shifts_of(technician)
        ahead = self._order.now, self._horizon + reach.travel
        visits, leave = (busy_intervals(t, *ahead) for t in (technician.planned_visits, technician.leave))
        return shrink(subtract(subtract(worked, visits), leave), reach.travel)

    def _shifts_of(self, technician: Technician) -> Intervals:
        """Colleagues with the same hours share one calculation."""
        hours = technician.working_hours
        key = (technician.timezone, tuple(hours.weekdays), hours.start, hours.end)
        if key not in self._shifts:
            self._shifts[key] = working_intervals(hours, technician.timezone, self._order.now, self._horizon)
        return self._shifts[key]


def _visit(
    reach: Reach, order: Order, on_site: Intervals, safe: dict[Verdict, Intervals], settings: DispatchSettings
) -> Proposal | None:
    """The earliest visit in a "go" window, else the earliest that needs "caution"."""
    for verdict, hours in safe.items():
        start = first_start(
            intersect(hours, on_site),
            order.length,
            not_before=order.ready + reach.travel,
            not_after=order.last_start,
            grid=settings.start_grid,
        )
        if start is not None:
            return _proposal(reach, start, verdict, order, settings)
    return None


def _proposal(
    reach: Reach, start: float, verdict: Verdict, order: Order, settings: DispatchSettings
) -> Proposal:
    waiting = start - order.now
    if isinf(order.deadline):
        waiting_points = settings.points_per_waiting_day * waiting / DAY
    else:
        # A deadline that has passed already still tells the sooner visit from the later one.
        allowed = max(order.deadline - order.now, HOUR)
        waiting_points = settings.points_until_deadline * waiting / allowed
    travel_points = settings.points_per_travel_hour * 2 * reach.travel / HOUR
    return Proposal(reach, start, verdict, travel_points, waiting_points, order.waived)
