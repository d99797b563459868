"""The weather node: what it writes at the start of a job, without a provider, and in a refresh."""

from datetime import timedelta
from typing import Any, cast

from langchain_core.messages import AIMessage

from core.clock import FixedClock
from core.errors import NotFound
from core.ports import AlertProvider, Warned
from core.pv.weather_year import WeatherYear
from nodes.weather.node import WeatherReads, WeatherWrites, weather
from state.weather import WeatherResult
from tests.support.forecasts import MIDNIGHT, Forecasts, forecast, official

VISIT = {
    "start": (MIDNIGHT + timedelta(hours=6)).isoformat(),
    "end": (MIDNIGHT + timedelta(hours=9)).isoformat(),
}


class NoFiles:
    async def weather_year(self, weather_file_id: str) -> WeatherYear:
        raise NotFound(f"{weather_file_id} is not stored")


def state(**more: Any) -> WeatherReads:
    site = {"latitude": -1.27, "longitude": 36.84, "elevation_m": 1795, "timezone": "Africa/Nairobi"}
    base = WeatherReads(job_id="j1", trigger="start", input={"kind": "sizing", "site": site})
    return cast("WeatherReads", base | more)


class HeardLast:
    """An authority that cannot be asked, of which something is known."""

    async def alerts(self, latitude: float, longitude: float) -> Warned:
        del latitude, longitude
        return Warned([official()], problem="nws: HTTP 503")


async def run(given: Any, authority: AlertProvider | None = None, **more: Any) -> WeatherWrites:
    forecasts, clock = Forecasts(given), FixedClock(MIDNIGHT)
    return await weather(
        state(**more), forecasts=forecasts, files=NoFiles(), clock=clock, authority=authority
    )


async def test_a_start_writes_resource_forecast_windows_and_one_line() -> None:
    writes = await run(forecast())
    result = WeatherResult.model_validate(writes["weather"])
    assert result.resource.fallback
    assert result.forecast is not None
    assert {window.verdict for window in result.windows} == {"go"}
    assert "weather_change" not in writes
    [line] = writes["messages"]
    assert isinstance(line, AIMessage)
    assert (line.name, line.id) == ("weather", "j1:weather:start")
    assert "7 safe windows" in str(line.content)


async def test_a_provider_that_fails_leaves_the_job_alive_and_no_hour_safe() -> None:
    result = WeatherResult.model_validate((await run("out of order"))["weather"])
    assert result.forecast is None
    assert result.forecast_problem == "made_up: out of order"
    assert {window.verdict for window in result.windows} == {"unknown"}
    assert result.alerts == []


async def test_warnings_that_were_heard_last_stop_work_and_are_said_to_be_so() -> None:
    result = WeatherResult.model_validate((await run(forecast(), HeardLast()))["weather"])
    assert [alert.source for alert in result.alerts] == ["nws"]
    assert "stop" in {window.verdict for window in result.windows}
    assert result.warnings == ["Official warnings are those heard last: nws: HTTP 503"]


async def test_a_replayed_node_writes_the_same() -> None:
    assert await run(forecast()) == await run(forecast())


async def test_a_refresh_says_what_changed_since_the_weather_before() -> None:
    before = (await run(forecast()))["weather"]
    dispatch: dict[str, Any] = {"technician": None, "visit": VISIT, "reasons": [], "alternatives": []}
    stormy = forecast(at={7: {"wind_gust_m_s": 20.0}})
    writes = await run(stormy, trigger="refresh", previous_weather=before, dispatch=dispatch)
    assert writes["weather_change"] == {"resource_moved": False, "visit_unsafe": True}
    assert writes["messages"][0].id == "j1:weather:refresh"


async def test_a_quiet_refresh_changes_nothing() -> None:
    before = (await run(forecast()))["weather"]
    writes = await run(forecast(), trigger="refresh", weather=before)
    assert writes["weather_change"] == {"resource_moved": False, "visit_unsafe": False}
