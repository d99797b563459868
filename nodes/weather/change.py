"""What a refresh found that somebody has to act on."""

from datetime import datetime

from typing_extensions import TypedDict

from nodes.weather.alert_changes import alert_changes
from state.dispatch import Visit
from state.weather import Resource, WeatherResult, Window

RESOURCE_MOVED = 0.05
"""Change of the annual sum beyond which a system is sized anew. [unitless]"""


class WeatherChange(TypedDict):
    """`resource_moved` calls for a new sizing, `visit_unsafe` for a new visit; `new_alerts` are told."""

    resource_moved: bool
    visit_unsafe: bool
    new_alerts: bool


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
        and _stops(new.windows, visit)
        and not (previous is not None and _stops(previous.windows, visit)),
        new_alerts=_has_news(previous, new),
    )


def resource_moved(before: Resource, now: Resource) -> bool:
    """Whether a design has to be made anew; for a fallback it never is."""
    apart = abs(now.annual_ghi_kwh_m2 - before.annual_ghi_kwh_m2)
    return not now.fallback and apart > RESOURCE_MOVED * before.annual_ghi_kwh_m2


def _stops(windows: list[Window], visit: Visit) -> bool:
    return any(w.verdict == "stop" and w.start < visit.end and visit.start < w.end for w in windows)


def _has_news(previous: WeatherResult | None, new: WeatherResult) -> bool:
    """Whether an alert opened, or changed so that somebody should hear; one that closed calls for nothing."""
    changes = alert_changes([] if previous is None else previous.alerts, new.alerts)
    return bool(changes.opened or changes.updated)
