"""When work is not possible: a technician's visits and leave, and the unsafe hours at the site."""

from collections.abc import Iterable, Sequence

from nodes.dispatch.intervals import Intervals, subtract, union
from state.dispatch import Leave, Visit
from state.weather import Verdict, Window


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
