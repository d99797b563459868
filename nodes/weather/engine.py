"""From a resource and a forecast, or the reason why there is none, to what a job needs to know of its weather."""

from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from nodes.weather.alerts import alerts
from nodes.weather.thresholds import WindowThresholds
from nodes.weather.windows import judge, unknown_windows, work_windows
from state.site import Site
from state.weather import Alert, Forecast, Resource, WeatherResult, Window

T = TypeVar("T", Window, Alert)


def weather_result(
    site: Site,
    resource: Resource,
    forecast: Forecast | None,
    problem: str | None,
    now: datetime,
    thresholds: WindowThresholds,
) -> WeatherResult:
    """Judge the coming days; without a forecast every window is unknown, and none is safe."""
    if forecast is None:
        problem = problem or "no forecast"
        return WeatherResult(
            resource=resource,
            forecast=None,
            forecast_problem=problem,
            windows=[_local(each, site) for each in unknown_windows(problem, site, now, thresholds)],
            alerts=[],
        )
    slots = judge(forecast, thresholds)
    return WeatherResult(
        resource=resource,
        forecast=forecast,
        windows=[_local(each, site) for each in work_windows(slots, site, now, thresholds)],
        alerts=[
            _local(each, site) for each in alerts([slot for slot in slots if slot.end > now], thresholds)
        ],
    )


def _local(stretch: T, site: Site) -> T:
    """The same stretch of time, told by the site's clock."""
    zone = ZoneInfo(site.timezone or "UTC")
    return stretch.model_copy(
        update={"start": stretch.start.astimezone(zone), "end": stretch.end.astimezone(zone)}
    )


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
