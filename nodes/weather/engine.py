"""From a resource and a forecast, or the reason why there is none, to what a job needs to know of its weather."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from nodes.weather.alerts import alerts
from nodes.weather.findings import SLOT, judge
from nodes.weather.thresholds import WindowThresholds
from nodes.weather.windows import work_windows, zone_of
from state.site import Site
from state.weather import Alert, Forecast, Resource, WeatherResult


def weather_result(
    site: Site,
    resource: Resource,
    forecast: Forecast | None,
    problem: str | None,
    now: datetime,
    thresholds: WindowThresholds,
    official: Sequence[Alert] = (),
    warnings: Sequence[str] = (),
) -> WeatherResult:
    """Judge the coming days; an hour without a forecast is unknown, and never safe.

    `official` are the warnings of authorities: they stop work or ask for caution as a forecast does, and never lift
    what a forecast says. `warnings` is what went wrong when the others were asked.
    """
    slots = [] if forecast is None else judge(forecast, thresholds)
    missing = (problem or "no forecast") if forecast is None else "the forecast does not reach this far"
    days = work_windows(slots, site, now, thresholds, missing=missing, official=official)
    zone = zone_of(site)
    since = now - SLOT
    raised = alerts([slot for slot in slots if slot.start > since], thresholds, zone)
    found = sorted(
        [*raised, *(_local(each, zone) for each in official)], key=lambda alert: (alert.start, alert.kind)
    )
    return WeatherResult(
        resource=resource,
        forecast=forecast,
        forecast_problem=missing if forecast is None else None,
        windows=days,
        alerts=found,
        warnings=[*warnings, *resource.warnings, *(forecast.warnings if forecast is not None else [])],
    )


def _local(alert: Alert, zone: ZoneInfo) -> Alert:
    """The same alert, told by the site's clock."""
    return alert.model_copy(update={"start": alert.start.astimezone(zone), "end": alert.end.astimezone(zone)})


def in_words(result: WeatherResult) -> str:
    """One line for the readable account of the job."""
    resource = result.resource
    sun = (
        f"{resource.annual_ghi_kwh_m2:.0f} kWh/m² a year, {resource.peak_sun_hours.worst_month:.1f} peak sun "
        f"hours in the darkest month ({resource.quality}, ±{resource.uncertainty_percent:.0f} %)"
    )
    if result.forecast is None:
        return f"{sun}. No forecast ({result.forecast_problem}), so no hour is called safe."
    safe = sum(window.verdict == "go" for window in result.windows)
    raised = f"{len(result.alerts)} alert{'' if len(result.alerts) == 1 else 's'}"
    return f"{sun}. {safe} safe window{'' if safe == 1 else 's'} in the coming days, {raised}."
