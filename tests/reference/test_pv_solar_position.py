"""The sun's position and the light outside the atmosphere, against pvlib's NREL SPA."""

import numpy as np
import pandas as pd
import pvlib
import pytest

from core.pv.solar_position import SOLAR_CONSTANT, days_since_j2000, solar_position, solar_position_year

PLACES = [
    ("Greensboro", 36.1, -79.95),
    ("Nairobi", -1.27, 36.84),
    ("Oslo", 59.9, 10.7),
    ("Christchurch", -43.5, 172.6),
    ("Longyearbyen", 78.2, 15.6),
    ("the equator at Greenwich", 0.0, 0.0),
]


def instants(n: int = 4000) -> np.ndarray:
    days = np.random.default_rng(7).uniform(0.0, 45 * 365.25, n)
    return np.datetime64("1990-01-01", "us") + (days * 86400e6).astype("timedelta64[us]")


@pytest.mark.parametrize(("name", "latitude", "longitude"), PLACES)
def test_the_sun_stands_within_a_fiftieth_of_a_degree_of_the_full_series(
    name: str, latitude: float, longitude: float
) -> None:
    times = instants()
    index = pd.DatetimeIndex(times, tz="UTC")
    spa = pvlib.solarposition.spa_python(index, latitude, longitude, how="numpy")
    ours = solar_position(times, latitude, longitude)

    up = spa["apparent_zenith"].to_numpy() < 90.0
    assert np.abs(ours.zenith - spa["zenith"].to_numpy()).max() < 0.02
    assert np.abs(ours.apparent_zenith - spa["apparent_zenith"].to_numpy())[up].max() < 0.02
    # An angle on the horizon grows without bound near the zenith; on the sky it does not.
    turned = (ours.azimuth - spa["azimuth"].to_numpy() + 180.0) % 360.0 - 180.0
    assert np.abs(turned * np.sin(np.radians(spa["zenith"].to_numpy()))).max() < 0.02


def test_the_light_outside_the_atmosphere_follows_the_distance_to_the_sun() -> None:
    times = instants()
    index = pd.DatetimeIndex(times, tz="UTC")
    exact = pvlib.irradiance.get_extra_radiation(index, method="nrel", solar_constant=SOLAR_CONSTANT)
    ours = solar_position(times, 0.0, 0.0).dni_extra
    assert np.abs(ours / exact.to_numpy() - 1.0).max() < 3e-4


def test_the_worked_example_of_the_spa_report_is_met() -> None:
    """Reda and Andreas, NREL/TP-560-34302 (rev. 2008), Appendix A.5: 17 October 2003, 12:30:30, UTC-7."""
    position = solar_position(
        np.array(["2003-10-17T19:30:30"], dtype="datetime64[us]"),
        39.742476,
        -105.1786,
        pressure=82000.0,
        temp_air=11.0,
    )
    assert position.apparent_zenith[0] == pytest.approx(50.11162, abs=0.01)
    assert position.azimuth[0] == pytest.approx(194.34024, abs=0.01)


def test_days_are_counted_as_the_julian_date_does() -> None:
    times = np.array(["2000-01-01T12:00", "2003-10-17T19:30:30"], dtype="datetime64[s]")
    assert days_since_j2000(times) == pytest.approx([0.0, 2452930.312847 - 2451545.0], abs=1e-6)


def test_hours_in_full_daylight_hold_the_sun_at_their_middle_and_crossing_hours_in_their_sunlit_part() -> (
    None
):
    latitude, longitude = 36.1, -79.95
    year = solar_position_year(latitude, longitude, -5.0)
    middles = np.datetime64("2014-01-01T05:30", "us") + np.arange(8760) * np.timedelta64(1, "h")
    exact = pvlib.solarposition.spa_python(
        pd.DatetimeIndex(middles, tz="UTC"), latitude, longitude, how="numpy"
    )
    moved = np.abs(year.zenith - exact["zenith"].to_numpy()) > 0.02
    assert np.count_nonzero(moved) in range(2 * 365 - 20, 2 * 365 + 1)
    assert (year.zenith[moved] < 90.84).all()
    assert (np.abs(exact["zenith"].to_numpy()[moved] - 90.833) < 7.5).all()
