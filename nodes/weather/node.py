"""The weather of a job: the climate it is sized for, the hours in which one may work, and what changed."""

import asyncio
from typing import Literal

from langchain_core.messages import AIMessage, AnyMessage
from typing_extensions import NotRequired, TypedDict

from core.climate.resource import design_resource
from core.clock import Clock
from core.errors import ProviderUnavailable
from core.ports import AlertProvider, Climates, ForecastProvider, WeatherFiles
from nodes.weather.change import WeatherChange, material_change
from nodes.weather.engine import in_words, weather_result
from nodes.weather.thresholds import DEFAULTS, WindowThresholds
from state.base import JsonObject
from state.dispatch import DispatchResult
from state.job import JobInput
from state.site import Site
from state.weather import Alert, Forecast, WeatherResult


class WeatherReads(TypedDict):
    job_id: str
    trigger: Literal["start", "refresh"]
    input: JsonObject
    weather: NotRequired[JsonObject]
    previous_weather: NotRequired[JsonObject]
    dispatch: NotRequired[JsonObject]


class WeatherWrites(TypedDict):
    weather: JsonObject
    weather_change: NotRequired[WeatherChange]
    messages: list[AnyMessage]


async def weather(
    state: WeatherReads,
    *,
    forecasts: ForecastProvider,
    files: WeatherFiles,
    clock: Clock,
    climates: Climates | None = None,
    authority: AlertProvider | None = None,
    thresholds: WindowThresholds = DEFAULTS,
) -> WeatherWrites:
    """Fetch and judge; a provider that fails leaves windows `unknown`, it fails no job."""
    job = JobInput.from_json(state["input"])
    now = clock.now()
    resource, (forecast, problem), (official, warnings) = await asyncio.gather(
        design_resource(job, files, climates), _forecast(job.site, forecasts), _official(job.site, authority)
    )
    # A millisecond or two, all of it under the interpreter's lock: a thread would only add its own cost.
    result = weather_result(job.site, resource, forecast, problem, now, thresholds, official, warnings)
    trigger = state.get("trigger", "start")
    writes = WeatherWrites(
        weather=result.to_json(),
        messages=[AIMessage(in_words(result), name="weather", id=f"{state['job_id']}:weather:{trigger}")],
    )
    if trigger == "refresh":
        writes["weather_change"] = _change(state, result, clock)
    return writes


async def _forecast(site: Site, forecasts: ForecastProvider) -> tuple[Forecast | None, str | None]:
    try:
        return await forecasts.forecast(site.latitude, site.longitude), None
    except ProviderUnavailable as error:
        return None, error.detail


async def _official(site: Site, authority: AlertProvider | None) -> tuple[list[Alert], list[str]]:
    """Warnings of the authorities; that they cannot be had is said, and stops no job."""
    if authority is None:
        return [], []
    try:
        warned = await authority.alerts(site.latitude, site.longitude)
    except ProviderUnavailable as error:
        return [], [f"Official warnings are not known: {error.detail}"]
    known_since = (
        [] if warned.problem is None else [f"Official warnings are those heard last: {warned.problem}"]
    )
    return warned.alerts, known_since


def _change(state: WeatherReads, result: WeatherResult, clock: Clock) -> WeatherChange:
    held = state.get("weather")
    before = state.get("previous_weather") or held
    planned = DispatchResult.from_json(state["dispatch"]) if state.get("dispatch") else None
    return material_change(
        WeatherResult.from_json(before) if before else None,
        result,
        planned.visit if planned else None,
        clock.now(),
        sized_for=WeatherResult.from_json(held).resource if held else None,
    )
