"""The search for a technician the plain way: everybody's every start is tried, and nothing is left out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from nodes.dispatch.crew import Crew
from nodes.dispatch.ranking import Order, Proposal, Verdict, proposed
from nodes.dispatch.settings import DispatchSettings
from state.dispatch import Leave, Technician, Visit

DAY = timedelta(days=1)
Stretches = Sequence[tuple[float, float]]


def plain_best(crew: Crew, order: Order, settings: DispatchSettings, count: int) -> list[Proposal]:
    """What `best` finds, by a start on each step of the grid for each technician."""
    offers = [_offer(crew, place, order, settings) for place in range(len(crew))]
    return sorted((offer for offer in offers if offer), key=lambda offer: offer.rank)[:count]


def _offer(crew: Crew, place: int, order: Order, settings: DispatchSettings) -> Proposal | None:
    reach = crew.reach(place)
    if reach.missing and "skills" not in order.waived:
        return None
    earliest, latest = (-math.inf, math.inf) if "schedule" in order.waived else (order.earliest, order.latest)
    starts = _starts(max(order.ready + reach.travel, earliest), order, settings.start_grid)
    diary = _diary(reach.technician, starts, reach.travel, order)
    free = [start for start in starts if start + order.length <= latest and diary.allows(start)]
    kinds: list[tuple[Verdict, Stretches]] = [("go", order.go), ("caution", order.usable)]
    for verdict, safe in kinds:
        for start in free:
            if _within(start, start + order.length, safe):
                return proposed(reach, start, verdict, order, settings)
    return None


def _starts(first: float, order: Order, grid: float) -> list[float]:
    last = min(order.last_start, max((end for _, end in order.usable), default=-math.inf))
    if first > last:
        return []
    return [step * grid for step in range(math.ceil(first / grid), math.floor(last / grid) + 1)]


@dataclass(frozen=True)
class _Diary:
    worked: Stretches
    taken: Stretches
    travel: float
    length: float

    def allows(self, start: float) -> bool:
        """Compared as the engine rounds: on site from the end of one journey to the start of the other."""
        end = start + self.length
        if any(start < till + self.travel and begin - self.travel < end for begin, till in self.taken):
            return False
        return any(start >= begin + self.travel and end <= till - self.travel for begin, till in self.worked)


def _diary(technician: Technician, starts: list[float], travel: float, order: Order) -> _Diary:
    spans: list[Visit | Leave] = [*technician.planned_visits, *technician.leave]
    taken = [(each.start.timestamp(), each.end.timestamp()) for each in spans]
    hours: Stretches = [(-math.inf, math.inf)]
    if "working_hours" not in order.waived and starts:
        hours = worked(technician, starts[0] - travel, starts[-1] + order.length + travel)
    return _Diary(hours, [span for span in taken if span[0] < span[1]], travel, order.length)


def worked(technician: Technician, away: float, back: float) -> Stretches:
    """The technician's shifts around that time [s], those that meet made one."""
    zone, hours = ZoneInfo(technician.timezone), technician.working_hours
    day = datetime.fromtimestamp(away, zone).date() - 2 * DAY
    stretches: list[tuple[float, float]] = []
    while day <= datetime.fromtimestamp(back, zone).date() + 2 * DAY:
        until = day if hours.start < hours.end else day + DAY
        begin = datetime.combine(day, hours.start, zone).timestamp()
        end = datetime.combine(until, hours.end, zone).timestamp()
        if day.weekday() in hours.weekdays and begin < end:
            if stretches and begin <= stretches[-1][1]:
                begin = stretches.pop()[0]
            stretches.append((begin, end))
        day += DAY
    return stretches


def _within(start: float, end: float, stretches: Stretches) -> bool:
    return any(begin <= start and end <= finish for begin, finish in stretches)
