import threading
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.simulated_weather import simulated_hours
from api.weather_simulator import create_simulator, running_simulator
from core.clients.open_meteo import VARIABLES, OpenMeteoClient
from core.climate.terrain import lookup_elevation, lookup_timezone
from core.clock import FixedClock
from core.pv.solar_position import solar_position

NOW = datetime(2026, 6, 4, 14, 10, tzinfo=UTC)
NAIROBI = {"latitude": "-1.29", "longitude": "36.82"}
ALL = {"hourly": ",".join(VARIABLES)}

latitudes = st.floats(-55, 55)
longitudes = st.floats(-179, 179)
days = st.integers(0, 3000).map(lambda day: datetime(2026, 1, 1, 15, 40, tzinfo=UTC) + timedelta(days=day))


def asking(now: datetime, seed: int = 20) -> httpx.AsyncClient:
    app = create_simulator(seed, FixedClock(now))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://simulator")


@pytest.fixture
async def simulator() -> AsyncIterator[httpx.AsyncClient]:
    async with asking(NOW) as client:
        yield client


async def forecast(client: httpx.AsyncClient, **params: str) -> Any:
    answer = await client.get("/v1/forecast", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_one_place_is_an_object_with_only_what_was_asked_for(simulator: httpx.AsyncClient) -> None:
    answer = await forecast(simulator, **NAIROBI, hourly="cape,temperature_2m", timezone="UTC")
    assert set(answer["hourly"]) == set(answer["hourly_units"]) == {"time", "cape", "temperature_2m"}
    assert {len(values) for values in answer["hourly"].values()} == {168}
    assert answer["hourly"]["time"][0] == "2026-06-04T00:00"
    assert (answer["utc_offset_seconds"], answer["timezone"]) == (0, "UTC")
    assert answer["generationtime_ms"] > 0
    assert 1500 < answer["elevation"] < 1900


async def test_several_places_are_a_list_in_the_order_of_the_request(simulator: httpx.AsyncClient) -> None:
    answers = await forecast(simulator, latitude="-1.29,51.48", longitude="36.82,0", **ALL)
    assert [answer["latitude"] for answer in answers] == [-1.29, 51.48]
    assert [answer.get("location_id") for answer in answers] == [None, 1]
    assert answers[0]["hourly"] == (await forecast(simulator, **NAIROBI, **ALL))["hourly"]


@pytest.mark.parametrize(
    ("unit", "spelled", "per_m_s"),
    [("kmh", "km/h", 3.6), ("ms", "m/s", 1), ("mph", "mp/h", 2.23694), ("kn", "kn", 1.94384)],
)
async def test_wind_comes_in_the_unit_that_was_asked_for(
    simulator: httpx.AsyncClient, unit: str, spelled: str, per_m_s: float
) -> None:
    in_m_s = await forecast(simulator, **NAIROBI, **ALL, wind_speed_unit="ms")
    answer = await forecast(simulator, **NAIROBI, **ALL, wind_speed_unit=unit)
    assert answer["hourly_units"]["wind_gusts_10m"] == spelled
    assert answer["hourly"]["wind_speed_10m"] == pytest.approx(
        [value * per_m_s for value in in_m_s["hourly"]["wind_speed_10m"]], abs=0.006
    )


async def test_without_a_unit_wind_comes_in_kilometres_per_hour(simulator: httpx.AsyncClient) -> None:
    assert (await forecast(simulator, **NAIROBI, **ALL))["hourly_units"]["wind_speed_10m"] == "km/h"


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"latitude": "95", "longitude": "0"}, "Latitude must be in range"),
        ({"latitude": "nan", "longitude": "0"}, "Latitude must be in range"),
        ({"latitude": "0", "longitude": "-181"}, "Longitude must be in range"),
        ({"latitude": "north", "longitude": "0"}, "not a number"),
        ({"latitude": "0"}, "'longitude' is required"),
        ({"latitude": "0,1", "longitude": "0"}, "as many"),
        (NAIROBI | {"hourly": "cape,happiness"}, "happiness"),
        (NAIROBI | {"wind_speed_unit": "bft"}, "bft"),
        (NAIROBI | {"forecast_days": "17"}, "forecast_days"),
        (NAIROBI | {"forecast_days": "soon"}, "forecast_days"),
        (NAIROBI | {"timezone": "Africa/Nairobi"}, "timezone"),
        (NAIROBI | {"temperature_unit": "fahrenheit"}, "temperature_unit"),
    ],
)
async def test_what_it_cannot_answer_is_refused_with_a_reason(
    simulator: httpx.AsyncClient, params: dict[str, str], says: str
) -> None:
    answer = await simulator.get("/v1/forecast", params=params)
    assert answer.status_code == 400
    assert answer.json()["error"] is True
    assert says in answer.json()["reason"]


async def test_the_same_place_and_day_have_the_same_weather_whenever_one_asks() -> None:
    async with asking(NOW) as today, asking(NOW + timedelta(days=2)) as later:
        first = (await forecast(today, **NAIROBI, **ALL, forecast_days="7"))["hourly"]
        second = (await forecast(later, **NAIROBI, **ALL, forecast_days="5"))["hourly"]
    assert {name: values[48:] for name, values in first.items()} == second


async def test_another_seed_place_or_day_has_another_weather() -> None:
    async with asking(NOW) as client, asking(NOW, seed=21) as other:
        hourly = (await forecast(client, **NAIROBI, **ALL))["hourly"]["temperature_2m"]
        assert (await forecast(other, **NAIROBI, **ALL))["hourly"]["temperature_2m"] != hourly
        elsewhere = await forecast(client, latitude="-1.35", longitude="36.82", **ALL)
        assert elsewhere["hourly"]["temperature_2m"] != hourly
        assert hourly[:24] != hourly[24:48]


@settings(max_examples=40, deadline=None)
@given(latitudes, longitudes, days)
def test_of_the_next_two_working_days_one_has_four_dry_calm_daylight_hours(
    latitude: float, longitude: float, now: datetime
) -> None:
    latitude, longitude = round(latitude, 2), round(longitude, 2)
    zone = ZoneInfo(lookup_timezone(latitude, longitude))
    midnight = now.replace(hour=0, minute=0)
    hourly = simulated_hours(20, latitude, longitude, 0.0, midnight, 168)
    wanted = next_working_days(now.astimezone(zone).date(), 2)
    good = [
        start.date() in wanted
        and 8 <= start.hour < 17
        and hourly["shortwave_radiation"][hour + 1] > 0
        and hourly["precipitation"][hour + 1] == 0
        and hourly["wind_gusts_10m"][hour + 1] < 8
        and max(hourly["weather_code"][hour : hour + 2]) < 45
        for hour in range(167)
        for start in [(midnight + timedelta(hours=hour)).astimezone(zone)]
    ]
    assert max(len(list(run)) for fine, run in groupby(good) if fine) >= 4


def next_working_days(today: date, count: int) -> list[date]:
    ahead = [today + timedelta(days=day) for day in range(1, 8)]
    return [day for day in ahead if day.weekday() < 5][:count]


@settings(max_examples=40, deadline=None)
@given(st.floats(-90, 90), st.floats(-180, 180), days)
def test_no_weather_is_beyond_what_the_earth_has_seen(
    latitude: float, longitude: float, now: datetime
) -> None:
    elevation = lookup_elevation(latitude, longitude)
    hourly = {
        name: np.array(values)
        for name, values in simulated_hours(20, latitude, longitude, elevation, now, 72).items()
    }
    assert np.all(np.isfinite(list(hourly.values())))
    assert np.all((hourly["temperature_2m"] > -90) & (hourly["temperature_2m"] < 50))
    assert np.all((hourly["relative_humidity_2m"] >= 0) & (hourly["relative_humidity_2m"] <= 100))
    assert np.all((hourly["wind_speed_10m"] >= 0) & (hourly["wind_speed_10m"] < 30))
    assert np.all((hourly["precipitation"] >= 0) & (hourly["precipitation"] < 50))
    assert np.all((hourly["shortwave_radiation"] >= 0) & (hourly["shortwave_radiation"] < 1300))
    assert np.all(hourly["diffuse_radiation"] <= hourly["shortwave_radiation"] + 0.11)
    assert np.all((hourly["direct_normal_irradiance"] >= 0) & (hourly["direct_normal_irradiance"] < 1200))


def test_rain_wind_and_thunderstorms_happen() -> None:
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    hourly = simulated_hours(20, -1.29, 36.82, 1700.0, begin, 365 * 24)
    wet = np.mean(np.array(hourly["precipitation"]) > 0)
    assert 0.02 < wet < 0.3
    assert max(hourly["wind_gusts_10m"]) > 12
    assert 0 < hourly["weather_code"].count(95) < 200


def test_summer_is_warm_in_the_north_when_it_is_winter_in_the_south_and_noon_is_warmer_than_night() -> None:
    def mean_temperature(latitude: float, month: int) -> float:
        start = datetime(2026, month, 1, tzinfo=UTC)
        return float(np.mean(simulated_hours(20, latitude, 10, 0, start, 24 * 28)["temperature_2m"]))

    assert mean_temperature(50, 7) > mean_temperature(50, 1) + 10
    assert mean_temperature(-35, 1) > mean_temperature(-35, 7) + 8
    assert mean_temperature(0, 7) > mean_temperature(60, 7)
    july = simulated_hours(20, 45, 0, 0, datetime(2026, 7, 1, tzinfo=UTC), 24 * 28)["temperature_2m"]
    assert np.mean(july[15::24]) > np.mean(july[3::24]) + 3


async def test_our_client_reads_the_simulator_over_the_wire_with_the_sun_where_it_is() -> None:
    place = (36.07, -79.79)
    with running_simulator(clock=FixedClock(NOW)) as url:
        async with httpx.AsyncClient(timeout=5) as http:
            hours = (await OpenMeteoClient(url, None, http, clock=FixedClock(NOW)).forecast(*place)).hourly
    assert len(hours) == (1 + 8) * 24
    assert all(value is not None for hour in hours for value in hour.model_dump().values())

    columns = np.array([[hour.ghi_w_m2, hour.dni_w_m2, hour.dhi_w_m2] for hour in hours], dtype=float)

    def gap_with_the_sun(minute: int) -> float:
        start = np.datetime64(hours[0].start.replace(tzinfo=None), "us")
        instants = start + (np.arange(len(hours)) * 60 + minute) * np.timedelta64(60_000_000, "us")
        cos_zenith = np.maximum(np.cos(np.radians(solar_position(instants, *place).zenith)), 0)
        return float(np.max(np.abs(columns[:, 1] * cos_zenith + columns[:, 2] - columns[:, 0])))

    assert gap_with_the_sun(30) < 20
    assert min(gap_with_the_sun(0), gap_with_the_sun(60)) > 60


def test_two_simulators_run_side_by_side_and_leave_no_thread() -> None:
    before = set(threading.enumerate())
    with running_simulator() as one, running_simulator() as two:
        assert one != two
        for url in (one, two):
            assert httpx.get(f"{url}/v1/forecast", params=NAIROBI | ALL).status_code == 200
    assert set(threading.enumerate()) <= before
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{one}/v1/forecast")
