"""When work is possible: a technician's hours in their own time zone, and the safe hours at the site."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from nodes.dispatch.intervals import Interval, Intervals, subtract, union
from state.dispatch import Leave, Visit, WorkingHours
from state.weather import Verdict, Window

DAY = timedelta(days=1)


def working_intervals(hours: WorkingHours, timezone: str, start: float, end: float) -> Intervals:
    """The working hours of every local day that touches `start` … `end` [s since the epoch]."""
    zone = ZoneInfo(timezone)
    # One day more on either side: a shift may begin the evening before.
    day = datetime.fromtimestamp(start, zone).date() - DAY
    last = datetime.fromtimestamp(end, zone).date() + DAY
    shifts: list[Interval] = []
    while day <= last:
        if day.weekday() in hours.weekdays:
            shifts.append(_shift(hours, zone, day))
        day += DAY
    return union(shifts)


def _shift(hours: WorkingHours, zone: ZoneInfo, day: date) -> Interval:
    last_day = day if hours.start < hours.end else day + DAY
    start = datetime.combine(day, hours.start, zone)
    return start.timestamp(), datetime.combine(last_day, hours.end, zone).timestamp()


def busy_intervals(taken: Iterable[Visit] | Iterable[Leave], start: float, end: float) -> Intervals:
    """The visits and days of leave that overlap `start` … `end` [s since the epoch]."""
    spans = ((visit.start.timestamp(), visit.end.timestamp()) for visit in taken)
    return union(span for span in spans if span[1] > start and span[0] < end)


def safe_intervals(windows: Sequence[Window]) -> tuple[Intervals, Intervals]:
    """The hours that are "go", and those that are "go" or "caution".

    An hour that another window calls "stop" or "unknown" is in neither, and nor is one that no window covers.
    """
    forbidden = _spans(windows, "stop", "unknown")
    careful = _spans(windows, "caution")
    usable = subtract(union([*_spans(windows, "go"), *careful]), forbidden)
    return subtract(usable, careful), usable


def _spans(windows: Sequence[Window], *verdicts: Verdict) -> Intervals:
    return union((w.start.timestamp(), w.end.timestamp()) for w in windows if w.verdict in verdicts)
