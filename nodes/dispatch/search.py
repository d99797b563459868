"""The search for the best technicians for one visit, which works out as little as it can.

Distance, skills and workload are known of everyone and bound the score from one side. Shifts are worked out for the
most promising, some at a time, and give the first start that each could make were nothing planned. Only the
diaries of those who then still beat the best found are opened.
"""

from bisect import insort
from collections.abc import Iterator, Mapping
from math import inf

import numpy as np
from numpy.typing import NDArray

from nodes.dispatch.crew import HOUR, Crew
from nodes.dispatch.hours import busy_intervals
from nodes.dispatch.intervals import ALWAYS, Intervals, first_start, intersect, longest, shrink, subtract
from nodes.dispatch.ranking import Order, Proposal, Rank, Verdict, proposed, waiting_points
from nodes.dispatch.settings import DispatchSettings
from nodes.dispatch.shifts import Instants, Shifts

Places = NDArray[np.int_]
Safe = Mapping[Verdict, Intervals]

FIRST, GROWTH = 32, 4
"""How many shifts are worked out at first, and how many times more each time that did not do."""


class Diaries:
    """When technicians can be on site, the journeys there and back kept free as well."""

    def __init__(self, crew: Crew, order: Order) -> None:
        self.crew = crew
        self._now = order.now
        self._horizon = order.usable[-1][1] if order.usable else order.now
        # A journey begins before the first safe hour and ends after the last: hence the day more on either side.
        self._shifts = Shifts(crew.technicians, self._now, self._horizon)

    def shifts(self, places: Places, order: Order) -> tuple[Instants, Instants]:
        """From when until when each could be on site, were nothing planned."""
        if "working_hours" in order.waived:
            return np.full((len(places), 1), -inf), np.full((len(places), 1), inf)
        starts, ends = self._shifts.of(places)
        travel = self.crew.travel[places][:, None]
        return starts + travel, ends - travel

    def on_site(self, place: int, order: Order) -> Intervals:
        technician, travel = self.crew.technicians[place], float(self.crew.travel[place])
        free = ALWAYS if "working_hours" in order.waived else self._shifts.stretches(place)
        for taken in (technician.planned_visits, technician.leave):
            if taken:
                free = subtract(free, busy_intervals(taken, self._now, self._horizon + travel))
        return shrink(free, travel)


def best(diaries: Diaries, order: Order, settings: DispatchSettings, count: int) -> list[Proposal]:
    """The `count` best proposals, best first."""
    safe: Safe = {"go": order.within_schedule(order.go), "caution": order.within_schedule(order.usable)}
    if longest(safe["caution"]) < order.length:
        return []
    found: list[Proposal] = []

    def beaten(bound: Rank) -> bool:
        return len(found) >= count and found[count - 1].rank <= bound

    for bound, places in _by_distance(diaries.crew, order, safe, settings):
        if beaten(bound):
            break
        for rank, place in _by_first_start(places, diaries, order, safe, settings):
            if beaten(rank):
                break
            if proposal := _visit(place, diaries, order, safe, settings):
                insort(found, proposal, key=lambda each: each.rank)
    return found[:count]


def _by_distance(
    crew: Crew, order: Order, safe: Safe, settings: DispatchSettings
) -> Iterator[tuple[Rank, Places]]:
    """Who may be able to go, the most promising first, in growing groups, each with the best rank it can reach."""
    soonest = np.maximum(crew.arrivals(order.ready), safe["caution"][0][0])
    able = (soonest <= order.last_start) & (soonest + order.length <= safe["caution"][-1][1])
    if "skills" not in order.waived:
        able &= crew.missing == 0
    everyone = np.flatnonzero(able)
    points = _points(everyone, soonest[everyone], crew, order, settings)
    places = everyone[np.lexsort((crew.distance_km[everyone], points, crew.missing[everyone]))]
    least = dict(zip(everyone.tolist(), points.tolist(), strict=True))
    careful = longest(safe["go"]) < order.length
    done, size = 0, FIRST
    while done < len(places):
        first = int(places[done])
        bound = (int(crew.missing[first]), careful, least[first] - 100, float(crew.distance_km[first]), "")
        yield bound, places[done : done + size]
        done, size = done + size, size * GROWTH


def _by_first_start(
    places: Places, diaries: Diaries, order: Order, safe: Safe, settings: DispatchSettings
) -> list[tuple[Rank, int]]:
    """Those whose shifts leave time for the visit, the best first, as they would rank were nothing planned."""
    crew = diaries.crew
    soonest = crew.arrivals(order.ready)[places]
    starts, ends = diaries.shifts(places, order)
    usable = _first_starts(starts, ends, soonest, safe["caution"], order, settings)
    able = np.isfinite(usable)
    places = places[able]
    go = _first_starts(starts[able], ends[able], soonest[able], safe["go"], order, settings)
    careful = np.isinf(go)
    points = _points(places, np.where(careful, usable[able], go), crew, order, settings)
    ranks = zip(
        crew.missing[places].tolist(),
        careful.tolist(),
        (points - 100).tolist(),
        crew.distance_km[places].tolist(),
        (str(crew.technicians[place].id) for place in places.tolist()),
        strict=True,
    )
    return sorted(zip(ranks, places.tolist(), strict=True))


def _first_starts(
    starts: Instants,
    ends: Instants,
    soonest: NDArray[np.float64],
    hours: Intervals,
    order: Order,
    settings: DispatchSettings,
) -> NDArray[np.float64]:
    """The first start on the grid within each one's shifts and `hours`; infinite where there is none."""
    grid, first = settings.start_grid, np.full(len(starts), inf)
    not_before = np.maximum(starts, soonest[:, None])
    for start, end in hours:
        if end - start >= order.length:
            begin = np.ceil(np.maximum(not_before, start) / grid) * grid
            fits = (begin + order.length <= np.minimum(ends, end)) & (begin <= order.last_start)
            first = np.minimum(first, np.where(fits, begin, inf).min(axis=1))
    return first


def _points(
    places: Places, soonest: NDArray[np.float64], crew: Crew, order: Order, settings: DispatchSettings
) -> NDArray[np.float64]:
    """What each loses by a start then."""
    points: NDArray[np.float64] = (
        settings.points_per_travel_hour * 2 * crew.travel[places] / HOUR
        + waiting_points(soonest - order.now, order, settings)
        + settings.points_per_planned_hour * crew.planned_hours[places]
    )
    return points


def _visit(
    place: int, diaries: Diaries, order: Order, safe: Safe, settings: DispatchSettings
) -> Proposal | None:
    """The earliest visit in a "go" window, else the earliest that needs "caution"."""
    reach, on_site = diaries.crew.reach(place), diaries.on_site(place, order)
    for verdict, hours in safe.items():
        start = first_start(
            intersect(hours, on_site),
            order.length,
            not_before=order.ready + reach.travel,
            not_after=order.last_start,
            grid=settings.start_grid,
        )
        if start is not None:
            return proposed(reach, start, verdict, order, settings)
    return None
