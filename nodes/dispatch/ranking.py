"""The best technicians for one visit.

Hard conditions come first: the skills, a safe hour, the technician's free working hours with both journeys
inside them, the customer's times, the deadline. Among those who meet them a "go" window beats a "caution"
one, then the score decides. An optimistic bound on the score ends the search before it has looked into every
diary.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf, isinf
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from nodes.dispatch.crew import DAY, HOUR, Crew, Reach
from nodes.dispatch.hours import busy_intervals, working_intervals
from nodes.dispatch.intervals import ALWAYS, Intervals, first_start, intersect, longest, shrink, subtract
from nodes.dispatch.settings import DispatchSettings
from state.dispatch import Technician

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
        return longest(intersect(self.usable, [(self.ready, inf)]))


@dataclass(frozen=True, slots=True)
class Proposal:
    """A technician and a start that meet every condition that is not waived."""

    reach: Reach
    start: float
    verdict: Verdict
    travel_points: float
    waiting_points: float
    workload_points: float
    waived: frozenset[Condition]

    @property
    def score(self) -> float:
        return 100 - (self.travel_points + self.waiting_points + self.workload_points)

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


def best(crew: Crew, order: Order, settings: DispatchSettings, count: int) -> list[Proposal]:
    """The `count` best proposals, best first."""
    safe: dict[Verdict, Intervals] = {
        "go": order.within_schedule(order.go),
        "caution": order.within_schedule(order.usable),
    }
    if longest(safe["caution"]) < order.length:
        return []
    diaries = Diaries(crew, order, safe)
    places, points = _by_bound(crew, order, diaries, settings)
    without_go = longest(safe["go"]) < order.length
    found: list[Proposal] = []
    for place, bound in zip(places.tolist(), points.tolist(), strict=True):
        reach = crew.reach(place)
        if len(found) >= count:
            optimistic = (len(reach.missing), without_go, bound - 100, reach.distance_km, "")
            if found[count - 1].rank <= optimistic:
                break
        proposal = _visit(reach, order, diaries.on_site(place, reach), safe, settings)
        if proposal:
            found.append(proposal)
            found.sort(key=lambda each: each.rank)
    return found[:count]


def _by_bound(
    crew: Crew, order: Order, diaries: "Diaries", settings: DispatchSettings
) -> tuple[NDArray[np.int_], NDArray[np.float64]]:
    """Who may be able to go, the most promising first, and the fewest points that each can lose."""
    soonest = np.maximum(order.ready + crew.travel, diaries.first_safe)
    points = (
        settings.points_per_travel_hour * 2 * crew.travel / HOUR
        + _waiting_points(soonest - order.now, order, settings)
        + settings.points_per_planned_hour * crew.planned_hours
    )
    able = (soonest <= order.last_start) & diaries.long_enough()
    if "skills" not in order.waived:
        able &= crew.missing == 0
    places = np.flatnonzero(able)
    promising = np.lexsort((crew.distance_km[places], points[places], crew.missing[places]))
    return places[promising], points[places[promising]]


class Diaries:
    """When technicians can be on site, the journeys there and back kept free as well."""

    def __init__(self, crew: Crew, order: Order, safe: Mapping[Verdict, Intervals]) -> None:
        self._crew = crew
        self._order = order
        usable = safe["caution"]
        self.first_safe = usable[0][0]
        self._horizon = usable[-1][1]
        self._usable = usable
        self._shifts = [self._worked(each) for each in crew.shift_examples]

    def long_enough(self) -> NDArray[np.bool_]:
        """Whose shifts are long enough for both journeys and the work, and meet safe hours for the work."""
        stay = self._order.length
        shift = np.array([longest(worked) for worked in self._shifts], dtype=float)
        meets = np.array([longest(intersect(worked, self._usable)) for worked in self._shifts], dtype=float)
        crew = self._crew
        if not len(crew):
            return np.zeros(0, dtype=bool)
        enough: NDArray[np.bool_] = (shift[crew.shift] >= stay + 2 * crew.travel) & (
            meets[crew.shift] >= stay
        )
        return enough

    def on_site(self, place: int, reach: Reach) -> Intervals:
        technician = reach.technician
        free = self._shifts[self._crew.shift[place]]
        for taken in (technician.planned_visits, technician.leave):
            if taken:
                free = subtract(free, busy_intervals(taken, self._order.now, self._horizon + reach.travel))
        return shrink(free, reach.travel)

    def _worked(self, technician: Technician) -> Intervals:
        if "working_hours" in self._order.waived:
            return ALWAYS
        # A journey begins before the first safe hour and ends after the last: hence the day on either side.
        return working_intervals(
            technician.working_hours, technician.timezone, self._order.now, self._horizon
        )


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
    return Proposal(
        reach,
        start,
        verdict,
        travel_points=settings.points_per_travel_hour * 2 * reach.travel / HOUR,
        waiting_points=_waiting_points(start - order.now, order, settings),
        workload_points=settings.points_per_planned_hour * reach.planned_hours,
        waived=order.waived,
    )


Seconds = TypeVar("Seconds", float, NDArray[np.float64])


def _waiting_points(waiting: Seconds, order: Order, settings: DispatchSettings) -> Seconds:
    if isinf(order.deadline):
        return settings.points_per_waiting_day * waiting / DAY
    # A deadline that has passed already still tells the sooner visit from the later one.
    allowed = max(order.deadline - order.now, HOUR)
    return settings.points_until_deadline * waiting / allowed
