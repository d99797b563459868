"""The Open-Meteo client against its protocol: the simulator on a real socket, and every way to answer wrongly."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from api.weather_simulator import running_simulator
from core.clients.gate import NotCovered
from core.clients.http import Patience
from core.clients.open_meteo import CUSTOMER_URL, FREE_URL, VARIABLES, OpenMeteoClient
from core.clock import FixedClock
from core.errors import ProviderUnavailable
from state.weather import Forecast
from tests.support.provider_bodies import UNITS

NOON = datetime(2025, 6, 10, 12, tzinfo=UTC)
NAIROBI = (-1.27, 36.84)
QUICK = Patience(attempts=3, attempt_seconds=0.3, first_wait_seconds=0.001, longest_wait_seconds=0.002)


def answer(**changes: Any) -> dict[str, Any]:
    """Seven days from midnight in the recorded shape; radiation in Nairobi's daylight, the rest constant."""
    stamps = [NOON.replace(hour=0) + timedelta(hours=hour) for hour in range(7 * 24)]
    hourly: dict[str, Any] = {"time": [f"{stamp:%Y-%m-%dT%H:%M}" for stamp in stamps]}
    hourly |= {name: [1.0] * len(stamps) for name in VARIABLES}
    hourly["weather_code"] = [1] * len(stamps)
    for name in ("shortwave_radiation", "direct_normal_irradiance", "diffuse_radiation"):
        hourly[name] = [100.0 if 5 <= stamp.hour <= 14 else 0.0 for stamp in stamps]
    return {
        "latitude": -1.25,
        "longitude": 36.75,
        "generationtime_ms": 0.2,
        "utc_offset_seconds": 0,
        "timezone": "GMT",
        "timezone_abbreviation": "GMT",
        "elevation": 1684.0,
        "hourly_units": dict(UNITS),
        "hourly": hourly,
    } | changes


Reply = Callable[[httpx.Request], httpx.Response]


class Provider:
    """Answers as told, and remembers what it was asked."""

    def __init__(self, *replies: httpx.Response | Reply | Exception) -> None:
        self._replies = list(replies)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        reply = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        if isinstance(reply, Exception):
            raise reply
        return reply if isinstance(reply, httpx.Response) else reply(request)


async def ask(provider: Provider, *, url: str = FREE_URL, key: str | None = None) -> Forecast:
    async with httpx.AsyncClient(transport=httpx.MockTransport(provider)) as http:
        secret = SecretStr(key) if key else None
        client = OpenMeteoClient(url, secret, http, clock=FixedClock(NOON), patience=QUICK)
        return await client.forecast(*NAIROBI)


async def refusal(*replies: httpx.Response | Reply | Exception) -> tuple[str, int]:
    """Why there is no forecast, and how often it was asked for."""
    provider = Provider(*replies)
    with pytest.raises(ProviderUnavailable) as caught:
        await ask(provider)
    assert type(caught.value) in {ProviderUnavailable, NotCovered}
    assert caught.value.provider == "open_meteo"
    return caught.value.reason, len(provider.requests)


def ok(document: object) -> httpx.Response:
    return httpx.Response(200, json=document)


def changed(name: str, values: Callable[[list[Any]], list[Any]]) -> httpx.Response:
    document = answer()
    document["hourly"][name] = values(document["hourly"][name])
    return ok(document)


async def test_the_simulator_is_understood_over_a_real_socket() -> None:
    with running_simulator(seed=3) as url:
        async with httpx.AsyncClient() as http:
            forecast = await OpenMeteoClient(url, None, http).forecast(*NAIROBI)
    assert len(forecast.hourly) == (1 + 8) * 24
    assert max(hour.ghi_w_m2 or 0.0 for hour in forecast.hourly) > 300.0


async def test_exactly_the_ten_variables_are_asked_for_in_metres_per_second_and_utc() -> None:
    provider = Provider(ok(answer()))
    await ask(provider)
    url = provider.requests[0].url
    assert url.path == "/v1/forecast"
    assert dict(url.params) == {
        "latitude": "-1.270",
        "longitude": "36.840",
        "hourly": (
            "temperature_2m,relative_humidity_2m,precipitation,weather_code,wind_speed_10m,wind_gusts_10m,"
            "shortwave_radiation,direct_normal_irradiance,diffuse_radiation,cape"
        ),
        "wind_speed_unit": "ms",
        "timezone": "UTC",
        "past_days": "1",
        "forecast_days": "9",
    }


async def test_radiation_rain_and_gusts_belong_to_the_hour_before_their_stamp() -> None:
    document = answer()
    hour = 10
    for name, value in (("shortwave_radiation", 777.0), ("precipitation", 2.5), ("wind_gusts_10m", 9.0)):
        document["hourly"][name][hour] = value
    forecast = await ask(Provider(ok(document)))
    before, after = forecast.hourly[hour - 1], forecast.hourly[hour]
    assert before.start == NOON.replace(hour=hour - 1)
    assert (before.ghi_w_m2, before.precipitation_mm, before.wind_gust_m_s) == (777.0, 2.5, 9.0)
    assert (after.ghi_w_m2, after.precipitation_mm, after.wind_gust_m_s) == (100.0, 1.0, 1.0)


async def test_instantaneous_values_hold_at_the_middle_of_the_hour() -> None:
    document = answer()
    document["hourly"]["temperature_2m"][10:12] = [20.0, 22.0]
    document["hourly"]["wind_speed_10m"][10:12] = [4.0, 6.0]
    hour = (await ask(Provider(ok(document)))).hourly[10]
    assert (hour.temp_air_c, hour.wind_speed_m_s) == (21.0, 5.0)


@pytest.mark.parametrize(
    ("ends", "matters"),
    [
        ((1, 95), 95),
        ((95, 1), 95),
        ((63, 57), 57),
        ((3, 61), 61),
        ((18, 45), 18),
        ((61, 19), 19),
        ((66, 19), 19),
    ],
)
async def test_the_worse_code_of_an_hours_two_ends_counts(ends: tuple[int, int], matters: int) -> None:
    document = answer()
    document["hourly"]["weather_code"][10:12] = list(ends)
    assert (await ask(Provider(ok(document)))).hourly[10].weather_code == matters


async def test_what_the_provider_does_not_know_stays_unknown() -> None:
    document = answer()
    document["hourly"]["wind_gusts_10m"][10] = None
    document["hourly"]["temperature_2m"][10] = None
    forecast = await ask(Provider(ok(document)))
    assert forecast.hourly[9].wind_gust_m_s is None
    assert (forecast.hourly[9].temp_air_c, forecast.hourly[10].temp_air_c) == (None, None)


@pytest.mark.parametrize(
    ("name", "unit", "field", "expected"),
    [
        ("wind_speed_10m", "mp/h", "wind_speed_m_s", 0.44704),
        ("wind_speed_10m", "km/h", "wind_speed_m_s", 1 / 3.6),
        ("wind_gusts_10m", "kn", "wind_gust_m_s", 1852 / 3600),
        ("temperature_2m", "°F", "temp_air_c", (1 - 32) / 1.8),
        ("precipitation", "inch", "precipitation_mm", 25.4),
    ],
)
async def test_a_switch_to_other_units_is_noticed(name: str, unit: str, field: str, expected: float) -> None:
    forecast = await ask(Provider(ok(answer(hourly_units=UNITS | {name: unit}))))
    assert getattr(forecast.hourly[0], field) == pytest.approx(expected, abs=1e-3)


async def test_the_free_service_says_that_it_is_not_for_business() -> None:
    attribution = (await ask(Provider(ok(answer())))).attribution
    assert attribution is not None
    assert "Open-Meteo" in attribution
    assert "non-commercial" in attribution


@pytest.mark.parametrize(
    ("url", "host"), [(FREE_URL, CUSTOMER_URL), ("https://weather.example", "https://weather.example")]
)
async def test_a_key_goes_to_the_customers_host_or_the_one_named(url: str, host: str) -> None:
    provider = Provider(ok(answer()))
    forecast = await ask(provider, url=url, key="s3cret")
    assert str(provider.requests[0].url).startswith(f"{host}/v1/forecast?")
    assert provider.requests[0].url.params["apikey"] == "s3cret"
    assert "non-commercial" not in (forecast.attribution or "")


PLAIN = httpx.Response(
    200, text="Unexpected error while streaming data: timeoutReached", headers={"content-type": "text/plain"}
)
TRANSIENT: dict[str, httpx.Response | Exception] = {
    "streaming error in plain text": PLAIN,
    "overloaded": httpx.Response(503, json={"error": True, "reason": "The service is overloaded"}),
    "too many at once": httpx.Response(429, json={"error": True, "reason": "Too many concurrent requests"}),
    "bad gateway": httpx.Response(502, text="<html>", headers={"content-type": "text/html"}),
    "connection refused": httpx.ConnectError("refused"),
    "timeout": httpx.ReadTimeout("slow"),
    "broken JSON": httpx.Response(200, text='{"latitude": ', headers={"content-type": "application/json"}),
}


@pytest.mark.parametrize("name", TRANSIENT)
async def test_a_passing_failure_is_tried_again(name: str) -> None:
    provider = Provider(TRANSIENT[name], ok(answer()))
    assert (await ask(provider)).hourly
    assert len(provider.requests) == 2


@pytest.mark.parametrize("name", TRANSIENT)
async def test_a_failure_that_stays_is_given_up_after_three_attempts(name: str) -> None:
    _, attempts = await refusal(TRANSIENT[name])
    assert attempts == 3


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (400, "Data corrupted at path ''. Cannot initialize from invalid String value magic."),
        (429, "Daily API request limit exceeded. Please try again tomorrow."),
        (429, "Minutely API request limit exceeded. Please try again in one minute."),
        (401, "The supplied API key is invalid."),
    ],
)
async def test_a_refusal_is_named_and_asked_only_once(status: int, reason: str) -> None:
    said, attempts = await refusal(httpx.Response(status, json={"error": True, "reason": reason}))
    assert said == f"HTTP {status}: {reason}"
    assert attempts == 1


async def test_a_provider_that_hangs_is_left() -> None:
    class Hanging(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield b"{"
            await asyncio.sleep(3600)

    reason, attempts = await refusal(
        lambda _: httpx.Response(200, headers={"content-type": "application/json"}, stream=Hanging())
    )
    assert reason == "no answer within 0.3 s"
    assert attempts == 3


def yesterday() -> dict[str, Any]:
    document = answer()
    times = document["hourly"]["time"]
    document["hourly"]["time"] = [
        f"{datetime.fromisoformat(time) - timedelta(days=1):%Y-%m-%dT%H:%M}" for time in times
    ]
    return document


WRONG: dict[str, tuple[httpx.Response, str]] = {
    "an error with status 200": (ok({"error": True, "reason": "maintenance"}), ""),
    "a list": (ok([answer()]), "a list"),
    "another type": (
        httpx.Response(200, json=answer(), headers={"content-type": "text/html"}),
        "instead of JSON",
    ),
    "no hours": (ok(answer(hourly={"time": []})), "no hours"),
    "no units": (ok(answer(hourly_units=None)), "units"),
    "a unit nobody knows": (ok(answer(hourly_units=UNITS | {"wind_speed_10m": "bft"})), "'bft'"),
    "yesterday's forecast": (ok(yesterday()), "stale"),
    "local time": (ok(answer(utc_offset_seconds=10800, timezone="Africa/Nairobi")), "Africa/Nairobi"),
    "another place": (ok(answer(latitude=52.5)), "another place"),
    "a variable cut short": (changed("cape", lambda values: values[:-1]), "cape does not cover"),
    "words": (changed("cape", lambda values: ["high", *values[1:]]), "cape holds values that are no numbers"),
    "a missing hour": (changed("time", lambda times: [*times[:5], *times[6:], times[-1]]), "left out hours"),
    "impossible humidity": (
        changed("relative_humidity_2m", lambda v: [300.0] * len(v)),
        "relative_humidity_pct",
    ),
    "negative radiation": (changed("diffuse_radiation", lambda v: [-50.0] * len(v)), "dhi_w_m2"),
    "hours shifted by a time zone": (
        changed("shortwave_radiation", lambda v: v[-8:] + v[:-8]),
        "hours of the answer are shifted",
    ),
}


@pytest.mark.parametrize("name", WRONG)
async def test_a_wrong_answer_is_not_believed(name: str) -> None:
    response, says = WRONG[name]
    reason, _ = await refusal(response)
    assert says in reason


async def test_neither_coordinates_nor_the_key_reach_a_log_or_a_reason(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    provider = Provider(httpx.ConnectError("refused"))
    with pytest.raises(ProviderUnavailable) as caught:
        await ask(provider, key="s3cret")
    told = json.dumps(caught.value.problem()) + caplog.text
    assert not any(private in told for private in ("1.27", "36.84", "s3cret"))
