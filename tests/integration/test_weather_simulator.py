"""The simulator itself: plausible weather, the protocol's refusals, and a window to work in."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import numpy as np
import pytest
from starlette.testclient import TestClient

from api.weather_simulator import running_simulator, simulate, simulator_app
from core.clients.open_meteo import VARIABLES, read_hours
from core.clock import FixedClock
from nodes.weather.thresholds import WindowThresholds
from nodes.weather.windows import judge, work_windows
from state.site import Site
from state.weather import Forecast

NOW = datetime(2025, 6, 10, 5, tzinfo=UTC)
SITES = [
    Site(latitude=-1.27, longitude=36.84, elevation_m=1795, timezone="Africa/Nairobi"),
    Site(latitude=36.1, longitude=-79.95, elevation_m=273, timezone="America/New_York"),
]


def ask(seed: int = 1, **query: Any) -> Any:
    client = TestClient(simulator_app(seed, FixedClock(NOW)))
    asked = {
        "latitude": "-1.27",
        "longitude": "36.84",
        "hourly": ",".join(VARIABLES),
        "wind_speed_unit": "ms",
    }
    return client.get("/v1/forecast", params=asked | query)


@pytest.mark.parametrize("site", SITES, ids=["Nairobi", "Greensboro"])
def test_most_seeds_leave_a_window_to_work_in_within_three_days(site: Site) -> None:
    thresholds = WindowThresholds()
    found = 0
    for seed in range(20):
        answer = ask(seed, latitude=str(site.latitude), longitude=str(site.longitude)).json()
        hours = read_hours(answer, site.latitude, site.longitude, NOW)
        slots = judge(Forecast(source="simulator", issued_at=NOW, hourly=hours), thresholds)
        found += any(
            window.verdict == "go"
            and window.start < NOW + timedelta(days=3)
            and window.end - window.start >= timedelta(hours=2)
            for window in work_windows(slots, site, NOW, thresholds)
        )
    assert found >= 18


def test_one_seed_is_one_course_of_the_weather() -> None:
    assert ask(1).json()["hourly"] == ask(1).json()["hourly"]
    assert ask(1).json()["hourly"] != ask(2).json()["hourly"]


def test_the_weather_is_physical() -> None:
    stamps = [datetime(2025, 6, 10) + timedelta(hours=k) for k in range(168)]  # noqa: DTZ001  UTC, as in the protocol
    made = simulate(stamps, 36.1, -79.95, 273.0, seed=5)
    assert made["shortwave_radiation"].max() < 1100.0
    assert (made["shortwave_radiation"] >= made["diffuse_radiation"] - 1e-6).all()
    assert (made["wind_gusts_10m"] >= made["wind_speed_10m"]).all()
    assert np.abs(made["temperature_2m"] - 23.0).max() < 20.0


def test_several_places_give_a_list_whose_first_has_no_number() -> None:
    answer = ask(latitude="-1.27,36.1", longitude="36.84,-79.95").json()
    assert [place.get("location_id") for place in answer] == [None, 1]
    assert [place["latitude"] for place in answer] == [-1.27, 36.1]


def test_wind_comes_in_kilometres_per_hour_unless_asked_otherwise() -> None:
    metres, kilometres = ask().json(), ask(wind_speed_unit="kmh").json()
    assert (metres["hourly_units"]["wind_speed_10m"], kilometres["hourly_units"]["wind_speed_10m"]) == (
        "m/s",
        "km/h",
    )
    np.testing.assert_allclose(
        np.array(kilometres["hourly"]["wind_speed_10m"]),
        np.array(metres["hourly"]["wind_speed_10m"]) * 3.6,
        atol=0.25,
    )


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"latitude": "999"}, "Latitude must be in range of -90 to 90°. Given: 999.0."),
        ({"longitude": "nan"}, "Longitude must be in range"),
        ({"latitude": "1,2"}, "same number of elements"),
        ({"latitude": "north"}, "Float"),
        ({"hourly": "magic"}, "magic"),
        ({"wind_speed_unit": "bft"}, "bft"),
        ({"forecast_days": "17"}, "Forecast days is invalid"),
        (
            {"latitude": ",".join(["1"] * 1001), "longitude": ",".join(["1"] * 1001)},
            "Only up to 1000 locations",
        ),
    ],
)
def test_bad_questions_get_the_protocols_error(query: dict[str, Any], says: str) -> None:
    response = ask(1, **query)
    assert response.status_code == 400
    assert response.json()["error"] is True
    assert says in response.json()["reason"]


def test_it_serves_on_loopback_and_is_gone_afterwards() -> None:
    with running_simulator() as url:
        assert url.startswith("http://127.0.0.1:")
        assert httpx.get(f"{url}/v1/forecast?latitude=1&longitude=1").status_code == 200
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)
