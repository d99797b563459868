"""What a refresh found that somebody has to act on."""

from collections.abc import Sequence
from datetime import datetime

from typing_extensions import TypedDict

from state.dispatch import Visit
from state.weather import Resource, WeatherResult, Window

RESOURCE_MOVED = 0.05
"""Change of the annual sum beyond which a system is sized anew. [unitless]"""


class WeatherChange(TypedDict):
    """`resource_moved` calls for a new sizing, `visit_unsafe` for a new visit."""

    resource_moved: bool
    visit_unsafe: bool


def material_change(
    previous: WeatherResult | None,
    new: WeatherResult,
    visit: Visit | None,
    now: datetime,
    *,
    sized_for: Resource | None = None,
) -> WeatherChange:
    """Compare two results; `visit` is the one that is planned, `sized_for` what the present design rests on.

    Without `sized_for` it rests on the previous result.

    A fallback never moves the resource, and weather that became unknown does not cancel a visit: only weather
    known to be dangerous does.
    """
    sized = sized_for or (previous.resource if previous is not None else None)
    return WeatherChange(
        resource_moved=sized is not None and resource_moved(sized, new.resource),
        visit_unsafe=visit is not None
        and visit.end > now
        and stops_visit(new.windows, visit.start, visit.end)
        and not (previous is not None and stops_visit(previous.windows, visit.start, visit.end)),
    )


def resource_moved(before: Resource, now: Resource) -> bool:
    """Whether a design has to be made anew; for a fallback it never is."""
    apart = abs(now.annual_ghi_kwh_m2 - before.annual_ghi_kwh_m2)
    return not now.fallback and apart > RESOURCE_MOVED * before.annual_ghi_kwh_m2


def stops_visit(windows: Sequence[Window], start: datetime, end: datetime) -> bool:
    """Whether a visit of that stretch lies in weather that is known to be dangerous."""
    return any(w.verdict == "stop" and w.start < end and start < w.end for w in windows)
