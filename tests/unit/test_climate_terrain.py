"""Height and time zone of positions."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pvlib.location import lookup_altitude

from core.climate.terrain import lookup_elevation, lookup_timezone

latitudes = st.floats(-90, 90, allow_nan=False)
longitudes = st.floats(-180, 180, allow_nan=False)


@settings(max_examples=200, deadline=None)
@given(latitudes, longitudes)
def test_heights_are_those_that_pvlib_reads_from_the_same_map(latitude: float, longitude: float) -> None:
    # On the very edge of a cell the two round to different neighbours.
    assume(all(abs(degrees * 12 - round(degrees * 12)) > 1e-6 for degrees in (latitude, longitude)))
    assert lookup_elevation(latitude, longitude) == lookup_altitude(latitude, longitude)


@pytest.mark.parametrize("latitude", [-90.0, 90.0])
@pytest.mark.parametrize("longitude", [-180.0, 180.0])
def test_the_corners_of_the_map_are_on_it(latitude: float, longitude: float) -> None:
    assert lookup_elevation(latitude, longitude) == lookup_altitude(latitude, longitude)


@pytest.mark.parametrize(
    ("latitude", "longitude", "zone"),
    [
        (-1.27, 36.84, "Africa/Nairobi"),
        (36.07, -79.79, "America/New_York"),
        (55.34, -160.5, "America/Anchorage"),
        (28.61, 77.21, "Asia/Kolkata"),
        (-33.87, 151.21, "Australia/Sydney"),
    ],
)
def test_places_are_in_the_time_zone_of_their_clocks(latitude: float, longitude: float, zone: str) -> None:
    assert lookup_timezone(latitude, longitude) == zone


@settings(max_examples=200, deadline=None)
@given(latitudes, longitudes)
def test_every_position_has_a_time_zone_that_exists(latitude: float, longitude: float) -> None:
    ZoneInfo(lookup_timezone(latitude, longitude))
