"""The forecast providers against a server that speaks their protocols, soundly and in every wrong way."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import httpx
import numpy as np
import pytest
from pydantic import SecretStr

from core.clients.forecasts import Forecasts
from core.clients.gate import NotAsked
from core.clients.http import Patience
from core.clients.met_no import MetNoClient
from core.clients.open_meteo import BATCH, FORECAST_DAYS, OpenMeteoClient, call_weight
from core.clients.openweathermap import OpenWeatherMapClient
from core.clock import FixedClock
from core.errors import ProviderUnavailable
from core.ports import ForecastProvider
from nodes.weather.engine import weather_result
from nodes.weather.thresholds import WindowThresholds
from state.site import Site
from state.weather import Forecast
from tests.support import provider_bodies as bodies
from tests.support.forecasts import RESOURCE
from tests.support.provider_bodies import HOUR, NAIROBI, NOW
from tests.support.provider_server import Asked, ProviderServer, Reply

QUICK = Patience(attempts=2, attempt_seconds=0.15, first_wait_seconds=0.001, longest_wait_seconds=0.002)
AGENT = "SolarSync/test (ops@example.org)"
YESTERDAY = timedelta(days=-1)
SITE = Site(latitude=NAIROBI[0], longitude=NAIROBI[1], elevation_m=1684, timezone="Africa/Nairobi")

Provider = tuple[ProviderServer, ForecastProvider]


def made(name: str, url: str, http: httpx.AsyncClient, clock: FixedClock | None = None) -> ForecastProvider:
    clock = clock or FixedClock(NOW)
    if name == "open_meteo":
        return OpenMeteoClient(url, None, http, clock=clock, patience=QUICK)
    if name == "openweathermap":
        return OpenWeatherMapClient(url, SecretStr("s3cret-key"), http, clock=clock, patience=QUICK)
    return MetNoClient(url, AGENT, http, clock=clock, patience=QUICK)


SOUND: dict[str, Callable[[], dict[str, Any]]] = {
    "open_meteo": bodies.open_meteo,
    "openweathermap": bodies.openweathermap,
    "met_no": bodies.met_no,
}


def changed(body: dict[str, Any], path: list[str | int], value: Any) -> dict[str, Any]:
    *way, last = path
    inner: Any = body
    for key in way:
        inner = inner[key]
    inner[last] = value
    return body


def every_row(body: dict[str, Any], rows: list[str], path: list[str | int], value: Any) -> dict[str, Any]:
    inner: Any = body
    for key in rows:
        inner = inner[key]
    for row in inner:
        changed(row, path, value)
    return body


def imperial_steps() -> dict[str, Any]:
    """What OpenWeatherMap answers to units=imperial: °F and mph, and no word of either."""
    body = bodies.openweathermap()
    for row in body["list"]:
        row["main"]["temp"], row["wind"]["speed"] = 68.0, 6.7
    return body


MISDEEDS: dict[tuple[str, str], tuple[Reply, str]] = {
    ("open_meteo", "hangs"): (Reply(bodies.open_meteo(), hangs=True), "no answer within"),
    ("open_meteo", "lies about its content type"): (Reply(bodies.open_meteo(), kind="text/html"), "instead of JSON"),
    ("open_meteo", "says JSON and sends a page"): (Reply("<html>Welcome</html>"), "broken JSON"),
    ("open_meteo", "answers 200 with an error text"): (
        Reply("Unexpected error while streaming data: timeoutReached", kind="text/plain"),
        "Unexpected error while streaming data",
    ),
    ("open_meteo", "answers 200 with an error"): (Reply({"error": True, "reason": "x"}), "an error with the status"),
    ("open_meteo", "gives yesterday's forecast"): (
        Reply(changed(bodies.open_meteo(), ["hourly", "time"], [
            f"{NOW.replace(hour=0) + YESTERDAY + hour * HOUR:%Y-%m-%dT%H:00}" for hour in range(9 * 24)])),
        "stale",
    ),
    ("open_meteo", "answers in local time"): (
        Reply(bodies.open_meteo() | {"utc_offset_seconds": 10800, "timezone": "Africa/Nairobi"}), "Africa/Nairobi"
    ),
    ("open_meteo", "shifts a time zone and says UTC"): (Reply(bodies.open_meteo(shift=3 * HOUR)), "shifted"),
    ("open_meteo", "shifts by half an hour"): (Reply(bodies.open_meteo(shift=HOUR / 2)), "shifted"),
    ("open_meteo", "uses a unit of its own"): (
        Reply(changed(bodies.open_meteo(), ["hourly_units", "wind_speed_10m"], "bft")), "'bft'"
    ),
    ("openweathermap", "hangs"): (Reply(bodies.openweathermap(), hangs=True), "no answer within"),
    ("openweathermap", "lies about its content type"): (
        Reply(bodies.openweathermap(), kind="text/html"), "instead of JSON"
    ),
    ("openweathermap", "answers 200 with an error, its code an int"): (
        Reply({"cod": 401, "message": "Invalid API key"}), "answered code 401 with the status of a success"
    ),
    ("openweathermap", "answers 200 with an error, its code a string"): (
        Reply({"cod": "404", "message": "city not found"}), "answered code 404"
    ),
    ("openweathermap", "gives yesterday's forecast"): (
        Reply(bodies.openweathermap(first=NOW.replace(hour=12, minute=0) + YESTERDAY)), "stale"
    ),
    ("openweathermap", "shifts a time zone"): (Reply(bodies.openweathermap(shift=6 * HOUR)), "hours are shifted"),
    ("openweathermap", "switches to mph"): (Reply(imperial_steps()), "other units than were asked for"),
    ("openweathermap", "answers for another place"): (Reply(bodies.openweathermap((51.5, -0.1))), "another place"),
    ("met_no", "hangs"): (Reply(bodies.met_no(), hangs=True), "no answer within"),
    ("met_no", "lies about its content type"): (Reply(bodies.met_no(), kind="text/html"), "instead of JSON"),
    ("met_no", "refuses a nameless client"): (Reply("Forbidden", 403, kind="text/plain"), "HTTP 403"),
    ("met_no", "gives yesterday's forecast"): (
        Reply(bodies.met_no(updated=NOW - timedelta(hours=30), first=NOW.replace(minute=0) - timedelta(hours=29))),
        "stale",
    ),
    ("met_no", "shifts a time zone"): (Reply(bodies.met_no(shift=3 * HOUR)), "hours are shifted"),
    ("met_no", "uses a unit of its own"): (Reply(bodies.met_no(units={"wind_speed": "bft"})), "'bft'"),
    ("met_no", "answers 200 with an error text"): (Reply({"error": "maintenance"}), "for which place"),
}  # fmt: skip


@pytest.mark.parametrize("name", SOUND)
async def test_a_sound_answer_becomes_hours_with_their_origin(
    name: str, server: ProviderServer, http: httpx.AsyncClient
) -> None:
    server.answers(Reply(SOUND[name]()))
    forecast = await made(name, server.url, http).forecast(*NAIROBI)
    assert forecast.source == name
    assert forecast.attribution
    assert forecast.quality == ("model" if name == "open_meteo" else "estimated")
    assert (forecast.fallback, forecast.warnings) == (False, [])
    assert forecast.issued_at <= NOW
    hours = forecast.hourly
    assert all(later.start - earlier.start == HOUR for earlier, later in pairwise(hours))
    noon = next(hour for hour in hours if hour.start.hour == 9 and hour.start >= NOW)
    assert noon.temp_air_c == pytest.approx(20.0)
    assert noon.ghi_w_m2 is not None
    assert noon.ghi_w_m2 > 500
    midnight = next(hour for hour in hours if hour.start.hour == 21)
    assert midnight.ghi_w_m2 == 0


@pytest.mark.parametrize(("name", "misdeed"), MISDEEDS, ids=lambda part: part)
async def test_a_misdeed_is_detected_named_in_the_result_and_survived(
    name: str, misdeed: str, server: ProviderServer, http: httpx.AsyncClient
) -> None:
    wrong, says = MISDEEDS[name, misdeed]
    other = "met_no" if name != "met_no" else "open_meteo"

    def script(asked: Asked) -> Reply:
        return wrong if asked.path.startswith("/wrong") else Reply(SOUND[other]())

    server.script = script
    first = made(name, f"{server.url}/wrong", http)
    chain = Forecasts([(name, first), (other, made(other, server.url, http))])
    forecast = await chain.forecast(*NAIROBI)
    assert (forecast.source, forecast.fallback) == (other, True)
    [warning] = forecast.warnings
    assert warning.startswith(f"{name}: ")
    assert says in warning
    assert not any(private in warning for private in ("s3cret", "1.286", "36.81"))
    assert warning in result_of(forecast).warnings


@pytest.mark.parametrize("name", ["open_meteo", "openweathermap", "met_no"])
async def test_nulls_stay_unknown_and_make_no_hour_safe(
    name: str, server: ProviderServer, http: httpx.AsyncClient
) -> None:
    body = SOUND[name]()
    if name == "open_meteo":
        body["hourly"]["wind_gusts_10m"] = [None] * len(body["hourly"]["time"])
    elif name == "openweathermap":
        every_row(body, ["list"], ["wind", "gust"], None)
    else:
        every_row(
            body, ["properties", "timeseries"], ["data", "instant", "details", "wind_speed_of_gust"], None
        )
    server.answers(Reply(body))
    result = result_of(await made(name, server.url, http).forecast(*NAIROBI))
    assert {window.verdict for window in result.windows} == {"unknown"}
    for window in result.windows:
        assert any("gusts" in reason or "no forecast" in reason for reason in window.reasons)


@pytest.mark.parametrize(("name", "wind"), [("open_meteo", "wind_speed_10m"), ("met_no", "wind_speed")])
async def test_wind_in_mph_that_says_so_comes_in_metres_per_second(
    name: str, wind: str, server: ProviderServer, http: httpx.AsyncClient
) -> None:
    body = bodies.met_no(units={wind: "mph"})
    if name == "open_meteo":
        body = changed(bodies.open_meteo(), ["hourly_units", wind], "mp/h")
    server.answers(Reply(body))
    forecast = await made(name, server.url, http).forecast(*NAIROBI)
    stated = 2.0 if name == "open_meteo" else 3.0
    assert forecast.hourly[5].wind_speed_m_s == pytest.approx(stated * 0.44704, abs=0.01)


async def test_every_provider_failing_is_told_with_all_the_reasons(
    server: ProviderServer, http: httpx.AsyncClient
) -> None:
    server.answers(Reply("gone", 500, kind="text/plain"))
    chain = Forecasts([(name, made(name, server.url, http)) for name in SOUND])
    with pytest.raises(ProviderUnavailable) as caught:
        await chain.forecast(*NAIROBI)
    assert all(f"{name}: HTTP 500" in caught.value.reason for name in SOUND)


async def test_a_provider_slower_than_its_share_is_left(
    server: ProviderServer, http: httpx.AsyncClient
) -> None:
    slow = OpenMeteoClient(f"{server.url}/slow", None, http, clock=FixedClock(NOW), patience=Patience())

    def script(asked: Asked) -> Reply:
        return Reply(bodies.open_meteo(), hangs=True) if "slow" in asked.path else Reply(bodies.met_no())

    server.script = script
    chain = Forecasts([("open_meteo", slow), ("met_no", made("met_no", server.url, http))], seconds=0.2)
    forecast = await chain.forecast(*NAIROBI)
    assert forecast.source == "met_no"
    assert forecast.warnings == ["open_meteo: no answer within 0.2 s"]


async def test_three_failures_in_a_row_leave_a_provider_alone_until_it_may_try_again(
    server: ProviderServer, http: httpx.AsyncClient
) -> None:
    clock = FixedClock(NOW)
    client = made("open_meteo", server.url, http, clock)
    server.answers(Reply("gone", 500, kind="text/plain"))
    for _ in range(3):
        with pytest.raises(ProviderUnavailable, match="HTTP 500"):
            await client.forecast(*NAIROBI)
    asked = len(server.asked)
    with pytest.raises(NotAsked, match="failed 3 times in a row"):
        await client.forecast(*NAIROBI)
    assert len(server.asked) == asked
    clock.move_to(NOW + timedelta(seconds=61))
    server.answers(Reply(bodies.open_meteo()))
    assert (await client.forecast(*NAIROBI)).hourly
    assert (await client.forecast(*NAIROBI)).hourly


async def test_runs_that_are_cancelled_tell_nothing_of_a_provider(
    server: ProviderServer, http: httpx.AsyncClient
) -> None:
    client = made("open_meteo", server.url, http)
    server.answers(Reply(bodies.open_meteo(), hangs=True))
    for _ in range(4):
        asked = asyncio.create_task(client.forecast(*NAIROBI))
        await asyncio.sleep(0.02)
        asked.cancel()
        await asyncio.wait({asked})
    server.answers(Reply(bodies.open_meteo()))
    assert (await client.forecast(*NAIROBI)).hourly


# Open-Meteo in batches.


def places(count: int) -> list[tuple[float, float]]:
    return [(-1.286 + 0.1 * number, 36.817) for number in range(count)]


def batch(asked: Asked, bad: float | None = None) -> Reply:
    """The service's answer to several places: a list in their order, or an object for one."""
    given = [
        (float(north), float(east))
        for north, east in zip(
            asked.params["latitude"].split(","), asked.params["longitude"].split(","), strict=True
        )
    ]
    if bad is not None and any(abs(north - bad) < 1e-6 for north, _ in given):
        return Reply(
            {"error": True, "reason": f"Latitude must be in range of -90 to 90°. Given: {bad}."}, 400
        )
    answers = [bodies.open_meteo(place, days=2, location_id=number) for number, place in enumerate(given)]
    return Reply(answers[0] if len(answers) == 1 else answers)


async def test_many_places_are_asked_for_at_once_and_answered_in_their_order(
    server: ProviderServer, http: httpx.AsyncClient
) -> None:
    server.script = batch
    client = OpenMeteoClient(server.url, None, http, clock=FixedClock(NOW), patience=Patience())
    wanted = places(12)
    found = await client.forecasts(wanted)
    assert len(server.asked) == 1
    assert all(isinstance(forecast, Forecast) for forecast in found)
    assert (await client.forecasts([])) == []
    assert BATCH == 100


async def test_one_bad_place_is_found_by_halving_and_spoils_no_other(
    server: ProviderServer, http: httpx.AsyncClient
) -> None:
    wanted = places(16)
    bad = round(wanted[11][0], 3)
    server.script = lambda asked: batch(asked, bad)
    client = OpenMeteoClient(server.url, None, http, clock=FixedClock(NOW), patience=Patience())
    found = await client.forecasts(wanted)
    assert [number for number, each in enumerate(found) if not isinstance(each, Forecast)] == [11]
    assert "Latitude must be in range" in str(found[11])
    assert len(server.asked) <= 1 + 2 * 4


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda answers: answers[::-1], "another order"),
        (lambda answers: answers[:-1], "answered 2 places to a question about 3"),
        (lambda answers: [answers[0], answers[2], answers[1]], "another order"),
    ],
)
async def test_a_list_in_another_order_is_not_believed(
    spoil: Callable[[list[Any]], list[Any]], says: str, server: ProviderServer, http: httpx.AsyncClient
) -> None:
    server.script = lambda asked: Reply(spoil(batch(asked).body))
    client = OpenMeteoClient(server.url, None, http, clock=FixedClock(NOW), patience=QUICK)
    found = await client.forecasts(places(3))
    assert any(says in str(each) for each in found if isinstance(each, ProviderUnavailable))


async def test_what_a_batch_lacks_is_asked_of_the_next_provider_place_by_place(
    server: ProviderServer, http: httpx.AsyncClient
) -> None:
    wanted = places(3)
    bad = round(wanted[1][0], 3)

    def script(asked: Asked) -> Reply:
        if "latitude" in asked.params:
            return batch(asked, bad)
        return Reply(bodies.met_no((float(asked.params["lat"]), float(asked.params["lon"]))))

    server.script = script
    first = OpenMeteoClient(server.url, None, http, clock=FixedClock(NOW), patience=Patience())
    chain = Forecasts([("open_meteo", first), ("met_no", made("met_no", server.url, http))])
    found = await chain.forecasts(wanted)
    sources = [(each.source, each.fallback) for each in found if isinstance(each, Forecast)]
    assert sources == [("open_meteo", False), ("met_no", True), ("open_meteo", False)]


@pytest.mark.parametrize(
    ("variables", "days", "locations", "weight"),
    [(10, 7, 1, 1.0), (10, FORECAST_DAYS, 1, 1.0), (10, 14, 1, 1.0), (10, 16, 1, 16 / 14), (20, 7, 1, 2.0),
     (10, 7, 100, 100.0), (2, 7305, 1, 0.2 * 7305 / 14)],
)  # fmt: skip
def test_a_call_weighs_by_variables_days_and_places(
    variables: int, days: float, locations: int, weight: float
) -> None:
    assert call_weight(variables, days, locations) == pytest.approx(weight)


# met.no's terms.


async def test_met_no_is_told_who_asks_at_four_decimals_and_not_before_it_expires(
    server: ProviderServer, http: httpx.AsyncClient
) -> None:
    clock = FixedClock(NOW)
    client = made("met_no", server.url, http, clock)
    fresh = {"Expires": "Mon, 01 Jun 2026 09:50:00 GMT", "Last-Modified": "Mon, 01 Jun 2026 09:20:00 GMT"}
    server.answers(
        Reply(bodies.met_no((59.91273, 10.74609)), headers=fresh),
        Reply(None, 304, headers={"Expires": "Mon, 01 Jun 2026 10:30:00 GMT"}),
    )
    place = (59.912731, 10.746092)
    first = await client.forecast(*place)
    assert await client.forecast(*place) is first
    [asked] = server.asked
    assert asked.params == {"lat": "59.9127", "lon": "10.7461"}
    assert asked.headers["user-agent"] == AGENT
    assert "if-modified-since" not in asked.headers
    clock.move_to(NOW + timedelta(minutes=31))
    assert await client.forecast(*place) is first
    assert server.asked[1].headers["if-modified-since"] == fresh["Last-Modified"]
    clock.move_to(NOW + timedelta(minutes=60))
    assert await client.forecast(*place) is first
    assert len(server.asked) == 2


async def test_a_forecast_that_met_no_has_not_renewed_for_a_day_is_stale_though_nothing_changed(
    server: ProviderServer, http: httpx.AsyncClient
) -> None:
    clock = FixedClock(NOW)
    client = made("met_no", server.url, http, clock)
    body = bodies.met_no()
    server.answers(
        Reply(body, headers={"Last-Modified": "Mon, 01 Jun 2026 09:20:00 GMT"}),
        Reply(None, 304),
        Reply(body),
    )
    first = await client.forecast(*NAIROBI)
    clock.move_to(NOW + timedelta(hours=12))
    assert await client.forecast(*NAIROBI) is first
    clock.move_to(NOW + timedelta(hours=30))
    with pytest.raises(ProviderUnavailable, match="stale"):
        await client.forecast(*NAIROBI)
    assert "if-modified-since" not in server.asked[2].headers


async def test_a_version_that_will_end_is_named_and_used(
    server: ProviderServer, http: httpx.AsyncClient
) -> None:
    server.answers(Reply(bodies.met_no(), 203))
    forecast = await made("met_no", server.url, http).forecast(*NAIROBI)
    assert forecast.hourly
    assert "HTTP 203" in forecast.warnings[0]


async def test_of_several_conditions_at_once_the_worst_counts(
    server: ProviderServer, http: httpx.AsyncClient
) -> None:
    body = bodies.openweathermap()
    squall = {"id": 771, "main": "Squall", "description": "squalls"}
    body["list"][7]["weather"] = [squall, {"id": 741, "main": "Fog", "description": "fog"}]
    server.answers(Reply(body))
    forecast = await made("openweathermap", server.url, http).forecast(*NAIROBI)
    assert 18 in {hour.weather_code for hour in forecast.hourly}


async def test_rain_at_an_unknown_hour_of_a_step_keeps_work_off_the_roof_in_all_of_it(
    server: ProviderServer, http: httpx.AsyncClient
) -> None:
    body = bodies.openweathermap()
    wet = body["list"][7]  # 09:00 UTC on the next day, noon in Nairobi
    wet["rain"], wet["weather"] = {"3h": 0.2}, [{"id": 500, "main": "Rain", "description": "light rain"}]
    server.answers(Reply(body))
    result = result_of(await made("openweathermap", server.url, http).forecast(*NAIROBI))
    assert result.forecast is not None
    hours = [hour for hour in result.forecast.hourly if hour.precipitation_mm]
    assert [hour.start.hour for hour in hours] == [6, 7, 8]
    assert sum(hour.precipitation_mm or 0 for hour in hours) == pytest.approx(0.2, abs=0.01)
    for hour in hours:
        window = next(w for w in result.windows if w.start <= hour.start < w.end)
        assert window.verdict == "stop"


async def test_the_light_of_an_estimate_lies_where_the_sun_is(
    server: ProviderServer, http: httpx.AsyncClient
) -> None:
    server.answers(Reply(bodies.openweathermap()))
    forecast = await made("openweathermap", server.url, http).forecast(*NAIROBI)
    ghi = np.array([hour.ghi_w_m2 for hour in forecast.hourly])
    middle = bodies.height_of_sun([hour.start + HOUR / 2 for hour in forecast.hourly], NAIROBI)
    beside = bodies.height_of_sun([hour.start for hour in forecast.hourly], NAIROBI)
    assert np.corrcoef(ghi, middle)[0, 1] > 0.99
    assert np.corrcoef(ghi, middle)[0, 1] > np.corrcoef(ghi, beside)[0, 1]


def result_of(forecast: Forecast) -> Any:
    return weather_result(SITE, RESOURCE, forecast, None, NOW, WindowThresholds())
