import asyncio
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import numpy as np
import orjson
import pytest
import structlog
from pydantic import SecretStr
from stamina.instrumentation import set_on_retry_hooks
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from api.weather_simulator import serving
from core.clients.http import Patience
from core.clients.open_meteo import VARIABLES, OpenMeteoClient
from core.clock import FixedClock
from core.errors import ProviderUnavailable
from core.pv.solar_position import solar_position
from nodes.weather.findings import judge
from nodes.weather.thresholds import DEFAULTS
from nodes.weather.windows import work_windows
from state.site import Site
from state.weather import Forecast, ForecastHour
from tests.support.provider_bodies import UNITS

MIDNIGHT = datetime(2026, 6, 1, tzinfo=UTC)
NOW = MIDNIGHT + timedelta(hours=9, minutes=20)
NAIROBI = (-1.286389, 36.817223)
KEY = "s3cr3t-subscriber"
QUICK = Patience(first_wait_seconds=0.01)
HOURS = 48


def weather(**columns: Any) -> dict[str, Any]:
    """A sound answer of two days, with other columns where given."""
    hourly: dict[str, Any] = {name: [float(hour) for hour in range(HOURS)] for name in VARIABLES}
    hourly["time"] = [f"{MIDNIGHT + timedelta(hours=hour):%Y-%m-%dT%H:%M}" for hour in range(HOURS)]
    hourly["weather_code"] = [3] * HOURS
    hourly["shortwave_radiation"] = [float(hour) if 4 <= hour % 24 <= 15 else 0.0 for hour in range(HOURS)]
    return {
        "latitude": -1.25,
        "longitude": 36.75,
        "generationtime_ms": 0.3,
        "utc_offset_seconds": 0,
        "timezone": "UTC",
        "timezone_abbreviation": "UTC",
        "elevation": 1700.0,
        "hourly_units": dict(UNITS),
        "hourly": hourly | columns,
    }


def in_units(**units: str) -> dict[str, Any]:
    return weather() | {"hourly_units": UNITS | units}


class Provider:
    """Gives prepared answers, one per request and the last one for ever, and keeps what it was asked."""

    def __init__(self) -> None:
        self.answers: list[Response] = []
        self.asked: list[dict[str, str]] = []
        self.delay = 0.0

    def will_answer(self, *answers: Response | dict[str, Any]) -> None:
        self.asked.clear()
        self.delay = 0.0
        self.answers = [it if isinstance(it, Response) else JSONResponse(it) for it in answers]

    async def answer(self, request: Request) -> Response:
        self.asked.append(dict(request.query_params))
        await asyncio.sleep(self.delay)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[str, Provider]]:
    provider = Provider()
    with serving(Starlette(routes=[Route("/v1/forecast", provider.answer)])) as url:
        yield url, provider


@pytest.fixture
def provider(running: tuple[str, Provider]) -> Provider:
    return running[1]


@pytest.fixture
def url(running: tuple[str, Provider]) -> str:
    return running[0]


@pytest.fixture
def client(url: str, http: httpx.AsyncClient) -> OpenMeteoClient:
    return OpenMeteoClient(url, None, http, clock=FixedClock(NOW), patience=QUICK)


async def refusal(client: OpenMeteoClient) -> str:
    with pytest.raises(ProviderUnavailable) as caught:
        await client.forecast(*NAIROBI)
    assert caught.value.provider == "open_meteo"
    return caught.value.reason


def hour_from(forecast: Forecast, start: datetime) -> ForecastHour:
    return next(hour for hour in forecast.hourly if hour.start == start)


async def test_it_asks_for_the_ten_variables_that_cost_one_call_in_metres_per_second(
    client: OpenMeteoClient, provider: Provider
) -> None:
    provider.will_answer(weather())
    await client.forecast(*NAIROBI)
    (asked,) = provider.asked
    assert asked == {
        "latitude": "-1.286",
        "longitude": "36.817",
        "hourly": "temperature_2m,relative_humidity_2m,precipitation,weather_code,wind_speed_10m,wind_gusts_10m,"
        "shortwave_radiation,direct_normal_irradiance,diffuse_radiation,cape",
        "wind_speed_unit": "ms",
        "past_days": "1",
        "forecast_days": "9",
        "timezone": "UTC",
    }


async def test_a_subscriber_sends_the_key(url: str, http: httpx.AsyncClient, provider: Provider) -> None:
    provider.will_answer(weather())
    await OpenMeteoClient(f"{url}/", SecretStr(KEY), http, clock=FixedClock(NOW), patience=QUICK).forecast(
        *NAIROBI
    )
    assert provider.asked[0]["apikey"] == KEY


async def test_the_forecast_is_dated_by_the_answer_and_begins_at_midnight(
    client: OpenMeteoClient, provider: Provider
) -> None:
    provider.will_answer(weather())
    forecast = await client.forecast(*NAIROBI)
    assert (forecast.source, forecast.issued_at) == ("open_meteo", NOW)
    assert [hour.start for hour in forecast.hourly] == [
        MIDNIGHT + timedelta(hours=hour) for hour in range(HOURS - 1)
    ]


async def test_an_hour_takes_sums_from_its_end_and_instants_at_its_middle(
    client: OpenMeteoClient, provider: Provider
) -> None:
    provider.will_answer(weather())
    hour = hour_from(await client.forecast(*NAIROBI), MIDNIGHT + timedelta(hours=10))
    of_the_hour = (
        hour.precipitation_mm, hour.wind_gust_m_s, hour.ghi_w_m2, hour.dni_w_m2, hour.dhi_w_m2
    )  # fmt: skip
    at_the_middle = (hour.temp_air_c, hour.relative_humidity_pct, hour.wind_speed_m_s, hour.cape_j_kg)
    assert of_the_hour == (11, 11, 11, 11, 11)
    assert at_the_middle == (10.5, 10.5, 10.5, 10.5)


async def test_radiation_lies_where_the_sun_is_and_not_half_an_hour_beside(
    client: OpenMeteoClient, provider: Provider
) -> None:
    start = np.datetime64("2026-06-01T00:00", "us")
    minutes = start + (np.arange(-60, 60 * (HOURS - 1)) + 0.5) * np.timedelta64(60_000_000, "us")
    per_minute = 1000 * np.maximum(np.cos(np.radians(solar_position(minutes, *NAIROBI).zenith)), 0)
    provider.will_answer(weather(shortwave_radiation=per_minute.reshape(-1, 60).mean(axis=1).tolist()))
    ghi = np.array([hour.ghi_w_m2 for hour in (await client.forecast(*NAIROBI)).hourly])

    def worst_against_the_sun(minute: int) -> float:
        instants = start + (np.arange(HOURS - 1) * 60 + minute) * np.timedelta64(60_000_000, "us")
        sun = 1000 * np.maximum(np.cos(np.radians(solar_position(instants, *NAIROBI).zenith)), 0)
        return float(np.max(np.abs(sun - ghi)))

    assert worst_against_the_sun(30) < 35  # the hours of sunrise and sunset are not straight
    assert worst_against_the_sun(0) > 100
    assert worst_against_the_sun(60) > 100


@pytest.mark.parametrize(
    ("before", "at", "hour"),
    [(0, 3, 3), (61, 2, 61), (95, 61, 95), (66, 80, 66), (99, 67, 99), (None, 95, None)],
)
async def test_an_hour_has_the_graver_weather_code_of_its_ends(
    client: OpenMeteoClient, provider: Provider, before: int | None, at: int, hour: int | None
) -> None:
    provider.will_answer(weather(weather_code=[before, at] + [0] * (HOURS - 2)))
    assert (await client.forecast(*NAIROBI)).hourly[0].weather_code == hour


async def test_a_null_stays_unknown_in_every_hour_it_belongs_to(
    client: OpenMeteoClient, provider: Provider
) -> None:
    gap = [None if hour == 10 else 5.0 for hour in range(HOURS)]
    provider.will_answer(weather(diffuse_radiation=gap, temperature_2m=gap))
    forecast = await client.forecast(*NAIROBI)
    unknown = MIDNIGHT + timedelta(hours=9)
    assert [hour.start for hour in forecast.hourly if hour.dhi_w_m2 is None] == [unknown]
    assert [hour.start for hour in forecast.hourly if hour.temp_air_c is None] == [
        unknown,
        unknown + timedelta(hours=1),
    ]


@pytest.mark.parametrize(
    ("unit", "metres_per_second"), [("m/s", 10.5), ("km/h", 10.5 / 3.6), ("mp/h", 10.5 * 0.44704)]
)
async def test_wind_in_another_unit_that_is_stated_and_known_comes_in_metres_per_second(
    client: OpenMeteoClient, provider: Provider, unit: str, metres_per_second: float
) -> None:
    provider.will_answer(in_units(wind_speed_10m=unit))
    hour = (await client.forecast(*NAIROBI)).hourly[10]
    assert hour.wind_speed_m_s == pytest.approx(metres_per_second, abs=0.001)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (in_units(wind_speed_10m="bft"), "wind_speed_10m came in 'bft'"),
        (in_units(temperature_2m="K"), "temperature_2m came in 'K'"),
        (in_units(shortwave_radiation="MJ/m²"), "shortwave_radiation came in 'MJ/m²'"),
        (weather() | {"hourly_units": {"time": "iso8601"}}, "temperature_2m came in None"),
        (weather() | {"hourly_units": None}, "without hourly values or their units"),
        (weather() | {"hourly": None}, "without hourly values or their units"),
        (weather() | {"utc_offset_seconds": 10800, "timezone": "Africa/Nairobi"}, "time of Africa/Nairobi"),
        (weather() | {"longitude": None}, "without saying for which place"),
        (weather() | {"latitude": 51.5}, "for another place"),
        (weather(shortwave_radiation=[100.0] * HOURS), "radiation at night"),
        (weather(cape=None), "cape does not cover the 48 hours"),
        (weather(cape=[1.0] * 47), "cape does not cover the 48 hours"),
        (weather(cape=["much"] * HOURS), "cape holds values that are no numbers"),
        (weather(cape=[True] * HOURS), "cape holds values that are no numbers"),
        (weather(relative_humidity_2m=[140.0] * HOURS), "relative_humidity_pct of 140.0 cannot be"),
        (weather(time=[]), "no hours"),
        (weather(time=["tomorrow"] * HOURS), "times that are none"),
        (weather(time=["2026-06-01T00:00"] * HOURS), "left out hours"),
        (weather() | {"error": True}, "an error with the status of a success"),
    ],
)
async def test_an_answer_that_is_not_what_was_asked_for_is_named_and_not_asked_again(
    client: OpenMeteoClient, provider: Provider, answer: dict[str, Any], says: str
) -> None:
    provider.will_answer(answer)
    assert says in await refusal(client)
    assert len(provider.asked) == 1


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (JSONResponse([weather(), weather()]), "a list to a question about one place"),
        (JSONResponse("sunny"), "neither an object nor a list"),
        (Response(status_code=302, headers={"location": "/elsewhere"}), "HTTP 302"),
    ],
)
async def test_an_answer_that_is_no_forecast_at_all_is_not_asked_again(
    client: OpenMeteoClient, provider: Provider, answer: Response, says: str
) -> None:
    provider.will_answer(answer)
    assert says in await refusal(client)
    assert len(provider.asked) == 1


async def test_a_forecast_that_has_passed_is_stale(
    url: str, http: httpx.AsyncClient, provider: Provider
) -> None:
    provider.will_answer(weather())
    in_time = OpenMeteoClient(url, None, http, clock=FixedClock(NOW + timedelta(hours=14)))
    assert (await in_time.forecast(*NAIROBI)).hourly
    too_late = OpenMeteoClient(url, None, http, clock=FixedClock(MIDNIGHT + timedelta(days=1, hours=1)))
    assert "stale: the forecast begins at 2026-06-01 00:00 UTC" in await refusal(too_late)


SYDNEY = (-33.87, 151.21)


def days_from(first: datetime, days: int, **columns: list[Any]) -> dict[str, Any]:
    """A sound answer for Sydney, in hours that begin at any midnight."""
    stamps = [first + timedelta(hours=hour) for hour in range(days * 24)]
    hourly: dict[str, Any] = {name: [0.0] * len(stamps) for name in VARIABLES}
    hourly |= {"weather_code": [3] * len(stamps), "temperature_2m": [12.0] * len(stamps)}
    hourly["time"] = [f"{stamp:%Y-%m-%dT%H:%M}" for stamp in stamps]
    return weather() | {"latitude": SYDNEY[0], "longitude": SYDNEY[1], "hourly": hourly | columns}


@pytest.mark.parametrize(
    ("first", "days", "stale"),
    [
        (-1, 10, False),  # what was asked for
        (0, 9, False),  # a service that leaves out the day that has passed
        (-2, 10, True),  # what was asked for yesterday
        (-1, 9, True),
    ],
)
async def test_yesterdays_answer_is_told_from_one_that_holds_yesterday(
    url: str, http: httpx.AsyncClient, provider: Provider, first: int, days: int, *, stale: bool
) -> None:
    provider.will_answer(days_from(MIDNIGHT + timedelta(days=first), days))
    client = OpenMeteoClient(url, None, http, clock=FixedClock(NOW), patience=QUICK)
    if stale:
        with pytest.raises(ProviderUnavailable, match="stale"):
            await client.forecast(*SYDNEY)
    else:
        assert len((await client.forecast(*SYDNEY)).hourly) >= 168 + 24


async def test_rain_before_midnight_in_greenwich_keeps_the_roofs_of_sydney_wet_in_the_morning(
    url: str, http: httpx.AsyncClient, provider: Provider
) -> None:
    morning = MIDNIGHT + timedelta(minutes=20)  # 10:20 in Sydney
    rain = [0.0] * 240
    rain[24] = 2.0  # in the hour that ends at midnight
    provider.will_answer(days_from(MIDNIGHT - timedelta(days=1), 10, precipitation=rain))
    forecast = await OpenMeteoClient(url, None, http, clock=FixedClock(morning)).forecast(*SYDNEY)
    site = Site(latitude=SYDNEY[0], longitude=SYDNEY[1], elevation_m=39, timezone="Australia/Sydney")
    first = work_windows(judge(forecast, DEFAULTS), site, morning, DEFAULTS)[0]
    assert (first.verdict, first.end) == ("stop", MIDNIGHT + timedelta(hours=2))
    assert first.reasons[0].startswith("roof still wet")


def failing(status: int, reason: str) -> Response:
    return JSONResponse({"error": True, "reason": reason}, status_code=status)


@pytest.mark.parametrize(
    "hiccup",
    [
        failing(503, "Busy"),
        failing(429, "Too many concurrent requests"),
        Response(status_code=502),
        PlainTextResponse("Unexpected error while streaming data: timeoutReached"),
        Response(
            '{"hourly":{"time":[Unexpected error while streaming data: x', media_type="application/json"
        ),
        Response(b'{"hourly": {"cape": [NaN]}}', media_type="application/json"),
        PlainTextResponse("<html>Log in to the hotel's network</html>", media_type="text/html"),
    ],
)
async def test_a_hiccup_is_tried_again(client: OpenMeteoClient, provider: Provider, hiccup: Response) -> None:
    provider.will_answer(hiccup, weather())
    assert (await client.forecast(*NAIROBI)).hourly
    assert len(provider.asked) == 2


async def test_a_hiccup_that_lasts_is_told_after_three_attempts(
    client: OpenMeteoClient, provider: Provider
) -> None:
    provider.will_answer(failing(503, "Busy"))
    assert await refusal(client) == "HTTP 503: Busy"
    assert len(provider.asked) == 3


@pytest.mark.parametrize(
    "final",
    [
        failing(400, "Cannot make out the variable"),
        failing(429, "Daily API request limit exceeded."),
        failing(401, "Who are you?"),
        Response("{}", status_code=404),
    ],
)
async def test_what_asking_again_cannot_change_is_asked_once(
    client: OpenMeteoClient, provider: Provider, final: Response
) -> None:
    provider.will_answer(final)
    reason = await refusal(client)
    stated = orjson.loads(bytes(final.body)).get("reason", "")
    assert reason.startswith(f"HTTP {final.status_code}")
    assert stated in reason
    assert len(provider.asked) == 1


async def test_a_provider_that_does_not_answer_in_time_is_unavailable(
    url: str, http: httpx.AsyncClient, provider: Provider
) -> None:
    provider.will_answer(weather())
    provider.delay = 0.3
    impatient = Patience(attempt_seconds=0.05, first_wait_seconds=0.01)
    client = OpenMeteoClient(url, None, http, clock=FixedClock(NOW), patience=impatient)
    assert await refusal(client) == "no answer within 0.05 s"
    assert len(provider.asked) == 3


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("http://127.0.0.1:9", "cannot be reached"),
        ("open-meteo.example", "not a web address"),
        ("http://127.0.0.1:port", "not a web address"),
    ],
)
async def test_an_address_where_nobody_listens_is_unavailable(
    http: httpx.AsyncClient, address: str, says: str
) -> None:
    assert says in await refusal(OpenMeteoClient(address, None, http, clock=FixedClock(NOW), patience=QUICK))


async def test_neither_place_nor_key_is_told_to_logs_or_errors(
    url: str,
    http: httpx.AsyncClient,
    provider: Provider,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    # A retry's logger keeps the configuration under which an earlier test first retried, and that may not be ours.
    structlog.reset_defaults()
    set_on_retry_hooks(None)
    client = OpenMeteoClient(url, SecretStr(KEY), http, clock=FixedClock(NOW), patience=QUICK)
    provider.will_answer(failing(503, f"Key {KEY} may not ask for -1.2864, 36.8172"), weather())
    await client.forecast(*NAIROBI)
    provider.will_answer(failing(400, f"Key {KEY} may not ask for -1.2864, 36.8172"))
    reason = await refusal(client)
    assert reason == "HTTP 400: Key … may not ask for …, …"
    assert "HTTP Request: GET" in caplog.text
    everything = caplog.text + "".join(capsys.readouterr())
    assert "stamina.retry_scheduled" in everything
    for secret in (KEY, "1.286", "36.81"):
        assert secret not in everything


@pytest.mark.parametrize(
    ("address", "key", "credit", "free"),
    [
        ("https://api.open-meteo.com", None, "Weather data by Open-Meteo.com", True),
        ("https://customer-api.open-meteo.com", SecretStr(KEY), "Weather data by Open-Meteo.com", False),
        ("http://10.0.0.7", None, "OPEN_METEO_URL", False),
        ("https://not-open-meteo.com", None, "OPEN_METEO_URL", False),
    ],
)
async def test_the_data_are_credited_and_the_free_service_is_called_non_commercial(
    address: str, key: SecretStr | None, credit: str, free: bool
) -> None:
    transport = httpx.MockTransport(lambda _request: httpx.Response(200, json=weather()))
    async with httpx.AsyncClient(transport=transport) as http:
        forecast = await OpenMeteoClient(address, key, http, clock=FixedClock(NOW), patience=QUICK).forecast(
            *NAIROBI
        )
    assert forecast.attribution is not None
    assert credit in forecast.attribution
    assert ("non-commercial" in forecast.attribution) is free
