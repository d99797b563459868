"""The modelled year: against typical years that are not in its table, and as a model that must hold anywhere."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pvlib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pvlib.iotools import read_tmy2
from pvlib.irradiance import get_extra_radiation
from pvlib.solarposition import declination_spencer71

from core.climate.day_mix import OVERCAST, mix_days
from core.climate.interpolation import climate_at, estimate_ghi, extraterrestrial_daily, stations_table
from core.climate.screening import screening_year, standard_utc_offset
from core.climate.station import Station
from core.climate.stations import STATIONS
from core.climate.uncertainty import (
    annual_errors,
    by_climate,
    by_distance,
    climate_of,
    nearest_station,
    uncertainty_percent,
)
from core.climate.weather_files import parse_weather_file
from core.pv.atmosphere import ineichen
from core.pv.solar_position import SOLAR_CONSTANT, solar_position_year
from core.pv.weather_year import DAYS_IN_MONTH, MONTH_OF_DAY, FloatArray, monthly_sums

DATA = Path(pvlib.__file__).parent / "data"


def typical_year(name: str) -> tuple[float, float, float, FloatArray]:
    """Position and hourly GHI of one of the typical years in pvlib's wheel."""
    if name.endswith(".tm2"):
        data, head = read_tmy2(DATA / name)
        ghi = data["GHI"].to_numpy(dtype=float)
        return float(head["latitude"]), float(head["longitude"]), float(head["altitude"]), ghi
    year = parse_weather_file((DATA / name).read_bytes())
    return year.latitude, year.longitude, year.elevation, year.ghi


@pytest.mark.parametrize(
    ("name", "place"),
    [("723170TYA.CSV", "Greensboro"), ("703165TY.csv", "Sand Point"), ("12839.tm2", "Miami")],
)
def test_annual_irradiation_lies_within_the_stated_uncertainty(name: str, place: str) -> None:
    latitude, longitude, elevation, ghi = typical_year(name)
    modelled = screening_year(latitude, longitude, elevation).ghi.sum()
    error = 100.0 * (ghi.sum() / modelled - 1.0)
    stated = uncertainty_percent(latitude, longitude, elevation)
    print(f"{place}: the typical year lies {error:+.1f} % from the model, which states ±{stated} %")  # noqa: T201
    assert abs(error) <= max(8.0, stated)


def test_the_test_places_are_not_in_the_table() -> None:
    for name in ("723170TYA.CSV", "703165TY.csv", "12839.tm2"):
        latitude, longitude, *_ = typical_year(name)
        assert all(abs(s.latitude - latitude) + abs(s.longitude - longitude) > 0.5 for s in STATIONS)


def test_a_climates_spread_is_twice_the_error_of_its_stations_left_out() -> None:
    errors = annual_errors()
    climates = np.array([climate_of(station.temp_air) for station in STATIONS])
    assert errors.shape == (len(STATIONS),)
    for climate, spread in by_climate().items():
        own = errors[climates == climate]
        assert spread.stations == own.size >= 10
        assert spread.percent == pytest.approx(200.0 * np.sqrt(np.mean(own**2)))
        assert np.mean(np.abs(own) * 100.0 <= spread.percent) >= 0.9


def test_the_farther_the_stations_the_more_is_stated() -> None:
    percents = [spread.percent for spread in by_distance().values()]
    assert percents == sorted(percents)
    among_stations = uncertainty_percent(33.3, -84.3, 299.0)
    mid_ocean = uncertainty_percent(-40.0, -110.0, 0.0)
    assert among_stations == pytest.approx(max(by_climate()["temperate"].percent, percents[0]), abs=0.2)
    assert mid_ocean == pytest.approx(percents[-1], abs=0.1)


def test_the_nearest_station_is_named_with_its_distance() -> None:
    station, distance = nearest_station(47.4, 8.5, 436.0)
    assert station.name == "Zurich, Switzerland"
    assert distance < 15.0


def test_a_place_with_a_station_is_told_mostly_by_it() -> None:
    for station in STATIONS:
        said = climate_at(station.latitude, station.longitude, station.elevation)
        share = float(station.ghi @ DAYS_IN_MONTH) / float(said.ghi @ DAYS_IN_MONTH)
        assert share == pytest.approx(1.0, abs=0.1)


@settings(max_examples=60, deadline=None)
@given(st.floats(-70, 70), st.floats(-180, 180), st.floats(0, 4000))
def test_one_sky_everywhere_is_found_everywhere(latitude: float, longitude: float, elevation: float) -> None:
    table = replace(stations_table(), clearness=np.full((len(STATIONS), 12), 0.5))
    said = estimate_ghi(latitude, longitude, elevation, table)
    np.testing.assert_allclose(said, 0.5 * extraterrestrial_daily(latitude), atol=1e-6)


@pytest.mark.parametrize("station", STATIONS, ids=lambda s: s.name)
def test_a_station_is_possible_and_names_its_source(station: Station) -> None:
    assert ("github.com/" in station.source) or ("Python package" in station.source)
    clearness = station.ghi / extraterrestrial_daily(station.latitude)
    assert ((clearness > 0.15) & (clearness < 0.85)).all()
    assert ((station.temp_air > -45) & (station.temp_air < 40)).all()
    assert (station.temp_range > 0).all()


def test_stations_cover_both_hemispheres_and_the_climates_between() -> None:
    latitudes = np.array([station.latitude for station in STATIONS])
    assert len(STATIONS) >= 60
    assert (latitudes < -10).sum() >= 6
    assert (np.abs(latitudes) < 10).sum() >= 5
    assert (latitudes > 50).sum() >= 10
    assert len({(s.latitude, s.longitude) for s in STATIONS}) == len(STATIONS)


def test_light_outside_the_atmosphere_follows_the_declination_that_pvlib_gives() -> None:
    days = np.arange(1, 366) + 0.5  # noon
    declination = declination_spencer71(days)
    for latitude in (-50.0, 0.0, 45.0):
        phi = np.radians(latitude)
        sunset = np.arccos(np.clip(-np.tan(phi) * np.tan(declination), -1, 1))
        daily = np.cos(phi) * np.cos(declination) * np.sin(sunset) + sunset * np.sin(phi) * np.sin(
            declination
        )
        daily *= 24 / np.pi * get_extra_radiation(days, solar_constant=SOLAR_CONSTANT)
        monthly = np.bincount(MONTH_OF_DAY, weights=daily) / DAYS_IN_MONTH
        np.testing.assert_allclose(extraterrestrial_daily(latitude), monthly, rtol=1e-4)


def test_light_outside_the_atmosphere_agrees_with_the_hourly_sun() -> None:
    for latitude in (-50.0, 0.0, 36.0, 64.0):
        sun = solar_position_year(
            latitude, 0.0, 0.0, 29.9
        )  # not the middle, so that no hour is cut at sunrise
        hourly = sun.dni_extra * np.maximum(np.cos(np.radians(sun.zenith)), 0.0)
        np.testing.assert_allclose(
            monthly_sums(hourly) / DAYS_IN_MONTH, extraterrestrial_daily(latitude), rtol=0.02, atol=30.0
        )


@settings(max_examples=60, deadline=None)
@given(
    st.floats(-90, 90, allow_nan=False),
    st.floats(-180, 180, allow_nan=False),
    st.floats(-400, 5000, allow_nan=False),
)
def test_a_year_is_physical_anywhere(latitude: float, longitude: float, elevation: float) -> None:
    year = screening_year(latitude, longitude, elevation)
    sun = solar_position_year(latitude, longitude, year.utc_offset)
    assert min(year.ghi.min(), year.dni.min(), year.dhi.min()) >= 0.0
    assert (year.dni <= sun.dni_extra + 1e-9).all()
    assert (year.ghi[sun.zenith > 91.0] == 0).all()
    assert 300.0 < year.ghi.sum() / 1000.0 < 2800.0
    assert (np.abs(year.temp_air) < 80.0).all()


def test_the_same_place_gives_the_same_year() -> None:
    first = screening_year(-1.27, 36.84, 1795.0)
    screening_year.cache_clear()
    second = screening_year(-1.27, 36.84, 1795.0)
    assert first is not second
    np.testing.assert_array_equal(first.ghi, second.ghi)
    np.testing.assert_array_equal(first.temp_air, second.temp_air)


@given(st.floats(1.0, 7.0))
@settings(max_examples=20, deadline=None)
def test_peak_sun_hours_that_are_known_are_met(peak_sun_hours: float) -> None:
    year = screening_year(-1.27, 36.84, 1795.0, peak_sun_hours)
    assert year.ghi.sum() / 365_000.0 == pytest.approx(peak_sun_hours, rel=0.01)


def test_months_sum_to_what_was_asked_by_clear_and_overcast_days() -> None:
    sun = solar_position_year(36.0, -80.0, -5.0)
    clear, _, _ = ineichen(sun.apparent_zenith, sun.dni_extra, 3.0, 270.0)
    asked = monthly_sums(clear) * np.linspace(0.3, 1.0, 12)
    ghi, dni, dhi = mix_days(clear, asked, sun)
    np.testing.assert_allclose(monthly_sums(ghi), asked, rtol=1e-4)
    share = ghi.reshape(365, 24).sum(axis=1) / clear.reshape(365, 24).sum(axis=1)
    for month in range(12):
        kinds = np.unique(share[month == MONTH_OF_DAY].round(3))
        assert kinds.size <= 2
        assert kinds.min() > OVERCAST - 0.05
    lit = sun.zenith < 86.0
    np.testing.assert_allclose((dni * np.cos(np.radians(sun.zenith)) + dhi)[lit], ghi[lit], atol=0.1)


def test_higher_is_colder_and_the_seasons_turn_over_at_the_equator() -> None:
    low, high = climate_at(0.0, 37.0, 0.0), climate_at(0.0, 37.0, 3000.0)
    assert (low.temp_air - high.temp_air > 12.0).all()
    assert climate_at(45.0, 10.0, 0.0).temp_air.argmax() in (6, 7)
    assert climate_at(-45.0, 170.0, 0.0).temp_air.argmax() in (0, 1)


@pytest.mark.parametrize(
    ("latitude", "longitude", "offset"),
    [(-1.27, 36.84, 3.0), (36.1, -79.95, -5.0), (-33.87, 151.21, 10.0), (28.6, 77.2, 5.5)],
)
def test_summer_time_is_left_out_of_standard_time(latitude: float, longitude: float, offset: float) -> None:
    assert standard_utc_offset(latitude, longitude) == offset
