"""What a refresh found that somebody has to act on."""

from datetime import datetime

from typing_extensions import TypedDict

from state.dispatch import Visit
from state.weather import Alert, WeatherResult, Window

RESOURCE_MOVED = 0.05
"""Change of the annual sum beyond which a system is sized anew. [unitless]"""


class WeatherChange(TypedDict):
    """`resource_moved` calls for a new sizing, `visit_unsafe` for a new visit; `new_alerts` are told."""

    resource_moved: bool
    visit_unsafe: bool
    new_alerts: bool


def material_change(
    previous: WeatherResult | None, new: WeatherResult, visit: Visit | None, now: datetime
) -> WeatherChange:
    """Compare two results; `visit` is the one that is planned.

    A fallback never moves the resource, and weather that became unknown does not cancel a visit: only weather
    known to be dangerous does.
    """
    return WeatherChange(
        resource_moved=_moved(previous, new),
        visit_unsafe=visit is not None
        and visit.end > now
        and _stops(new.windows, visit)
        and not (previous is not None and _stops(previous.windows, visit)),
        new_alerts=any(not _known(alert, previous) for alert in new.alerts),
    )


def _moved(previous: WeatherResult | None, new: WeatherResult) -> bool:
    if previous is None or new.resource.fallback:
        return False
    before, after = previous.resource.annual_ghi_kwh_m2, new.resource.annual_ghi_kwh_m2
    return abs(after - before) > RESOURCE_MOVED * before


def _stops(windows: list[Window], visit: Visit) -> bool:
    return any(w.verdict == "stop" and w.start < visit.end and visit.start < w.end for w in windows)


def _known(alert: Alert, previous: WeatherResult | None) -> bool:
    """Whether somebody was already told of it, and of it being as bad."""
    return previous is not None and any(
        old.kind == alert.kind
        and old.start < alert.end
        and alert.start < old.end
        and old.severity in {alert.severity, "stop"}
        for old in previous.alerts
    )
