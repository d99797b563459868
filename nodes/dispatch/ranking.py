"""What a visit must keep to, and what makes one better than another.

Hard conditions come first: the skills, a safe hour, the technician's free working hours with both journeys
inside them, the customer's times, the deadline. Among those who meet them a "go" window beats a "caution"
one, then the score decides.
"""

from dataclasses import dataclass, replace
from math import inf, isinf
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from nodes.dispatch.crew import DAY, HOUR, Reach
from nodes.dispatch.intervals import ALWAYS, Intervals, first_start, intersect, longest
from nodes.dispatch.settings import DispatchSettings

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


def proposed(
    reach: Reach, start: float, verdict: Verdict, order: Order, settings: DispatchSettings
) -> Proposal:
    return Proposal(
        reach,
        start,
        verdict,
        travel_points=settings.points_per_travel_hour * 2 * reach.travel / HOUR,
        waiting_points=waiting_points(start - order.now, order, settings),
        workload_points=settings.points_per_planned_hour * reach.planned_hours,
        waived=order.waived,
    )


Seconds = TypeVar("Seconds", float, NDArray[np.float64])


def waiting_points(waiting: Seconds, order: Order, settings: DispatchSettings) -> Seconds:
    if isinf(order.deadline):
        return settings.points_per_waiting_day * waiting / DAY
    # A deadline that has passed already still tells the sooner visit from the later one.
    allowed = max(order.deadline - order.now, HOUR)
    return settings.points_until_deadline * waiting / allowed
