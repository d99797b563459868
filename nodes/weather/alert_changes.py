"""Which alerts are the same one at two looks at a place, and whether what changed of one is worth telling."""

from collections.abc import Sequence
from datetime import timedelta

from state.weather import Alert

SLACK = timedelta(hours=2)
"""A stretch of the same kind that moved by no more is the same stretch; a forecast wavers that much from run to run."""


def matched(previous: Sequence[Alert], current: Sequence[Alert]) -> list[tuple[int, int]]:
    """Numbers of the alerts that are the same one, before and now; each is matched once, the closest pair first.

    An authority's alert is followed by its own name of the event. A forecast's has no name: it is followed by its kind,
    where the two stretches overlap or lie within the slack.
    """
    candidates = sorted(
        (_apart(old, new), number, other)
        for number, old in enumerate(previous)
        for other, new in enumerate(current)
        if _may_be_one(old, new)
    )
    pairs: list[tuple[int, int]] = []
    for _, old, new in candidates:
        if all(old != taken and new != used for taken, used in pairs):
            pairs.append((old, new))
    return pairs


def _may_be_one(old: Alert, new: Alert) -> bool:
    if old.source != new.source:
        return False
    if old.track is not None or new.track is not None:
        return old.track == new.track
    return old.kind == new.kind and old.start <= new.end + SLACK and new.start <= old.end + SLACK


def _apart(old: Alert, new: Alert) -> timedelta:
    return abs(old.start - new.start) + abs(old.end - new.end)


def differs(old: Alert, new: Alert) -> bool:
    """Whether that is worth telling: not that it only says the same in other figures.

    The start of an alert in force is now, at every look: only an earlier one is news.
    """
    return (
        old.severity != new.severity
        or old.event != new.event
        or old.start - new.start > SLACK
        or abs(old.end - new.end) > SLACK
    )
