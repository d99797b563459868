"""The weather of a job: the climate it is sized for, the hours in which one may work, and what changed."""

import asyncio
from typing import Literal

from langchain_core.messages import AIMessage, AnyMessage
from typing_extensions import NotRequired, TypedDict

from core.climate.resource import design_resource
from core.clock import Clock
from core.errors import ProviderUnavailable
from core.ports import ForecastProvider, WeatherFiles
from nodes.weather.change import WeatherChange, material_change
from nodes.weather.engine import in_words, weather_result
from nodes.weather.thresholds import WindowThresholds
from state.base import JsonObject
from state.dispatch import DispatchResult
from state.job import JobInput
from state.weather import WeatherResult


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


_DEFAULTS = WindowThresholds()


async def weather(
    state: WeatherReads,
    *,
    forecasts: ForecastProvider,
    files: WeatherFiles,
    clock: Clock,
    thresholds: WindowThresholds = _DEFAULTS,
) -> WeatherWrites:
    """Fetch and judge; a provider that fails leaves windows `unknown`, it fails no job."""
    job = JobInput.from_json(state["input"])
    now = clock.now()
    resource = await design_resource(job, files)
    try:
        forecast, problem = await forecasts.forecast(job.site.latitude, job.site.longitude), None
    except ProviderUnavailable as error:
        forecast, problem = None, error.detail
    result = await asyncio.to_thread(weather_result, job.site, resource, forecast, problem, now, thresholds)
    trigger = state.get("trigger", "start")
    writes = WeatherWrites(
        weather=result.to_json(),
        messages=[AIMessage(in_words(result), name="weather", id=f"{state['job_id']}:weather:{trigger}")],
    )
    if trigger == "refresh":
        writes["weather_change"] = _change(state, result, clock)
    return writes


def _change(state: WeatherReads, result: WeatherResult, clock: Clock) -> WeatherChange:
    before = state.get("previous_weather") or state.get("weather")
    planned = DispatchResult.from_json(state["dispatch"]) if state.get("dispatch") else None
    return material_change(
        WeatherResult.from_json(before) if before else None,
        result,
        planned.visit if planned else None,
        clock.now(),
    )
