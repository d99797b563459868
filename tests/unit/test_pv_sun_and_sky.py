"""What holds for every sun and every sky, wherever the site is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.pv.atmosphere import erbs, ineichen, relative_airmass
from core.pv.irradiance import cos_aoi, perez, perez_sky
from core.pv.solar_position import solar_position, solar_position_year

latitudes = st.floats(-90.0, 90.0)
longitudes = st.floats(-180.0, 180.0)


@given(latitude=latitudes, longitude=longitudes, minute=st.sampled_from([0.0, 10.0, 30.0, 59.0]))
def test_the_sun_of_a_year_is_finite_and_within_its_circles(
    latitude: float, longitude: float, minute: float
) -> None:
    year = solar_position_year(latitude, longitude, round(longitude / 15.0), minute)
    for values in (year.zenith, year.apparent_zenith, year.azimuth, year.dni_extra):
        assert values.shape == (8760,)
        assert np.isfinite(values).all()
    assert (year.apparent_zenith <= year.zenith).all()
    assert (year.azimuth >= 0.0).all()
    assert (year.azimuth < 360.0).all()
    assert year.dni_extra.min() > 1310.0
    assert year.dni_extra.max() < 1420.0


def test_the_same_site_is_computed_once_and_cannot_be_written_to() -> None:
    first = solar_position_year(-1.27, 36.84, 3.0)
    assert solar_position_year(-1.27, 36.84, 3.0) is first
    with pytest.raises(ValueError, match="read-only"):
        first.zenith[0] = 0.0


def test_a_day_at_the_equator_is_twelve_hours_and_the_polar_night_is_dark() -> None:
    equator = solar_position_year(0.0, 0.0, 0.0, minute=0.0)
    assert np.count_nonzero(equator.apparent_zenith < 90.0) / 365.0 == pytest.approx(12.1, abs=0.2)
    pole = solar_position_year(85.0, 0.0, 0.0)
    assert (pole.apparent_zenith[: 31 * 24] > 90.0).all()
    assert (pole.apparent_zenith[171 * 24 : 174 * 24] < 90.0).all()


def test_the_sun_passes_south_at_noon_in_the_north_and_north_in_the_south() -> None:
    noon = np.array(["2026-06-21T12:02"], dtype="datetime64[m]")
    assert solar_position(noon, 50.0, 0.0).azimuth[0] == pytest.approx(180.0, abs=1.0)
    assert solar_position(noon, -50.0, 0.0).azimuth[0] % 360.0 == pytest.approx(360.0, abs=1.0)


@given(
    zenith=st.floats(0.0, 180.0),
    turbidity=st.floats(1.0, 10.0),
    elevation=st.floats(-400.0, 5500.0),
)
def test_a_clear_sky_adds_up_and_is_dark_at_night(zenith: float, turbidity: float, elevation: float) -> None:
    zeniths = np.array([zenith])
    ghi, dni, dhi = ineichen(zeniths, np.array([1366.1]), turbidity, elevation)
    assert min(ghi[0], dni[0], dhi[0]) >= 0.0
    assert dni[0] <= 1366.1
    assert dni[0] * np.cos(np.radians(zenith)) + dhi[0] == pytest.approx(ghi[0], abs=1e-9)
    if zenith >= 90.0:
        assert ghi[0] == 0.0


@given(ghi=st.floats(-5.0, 1400.0), zenith=st.floats(0.0, 180.0))
def test_splitting_light_neither_makes_nor_loses_any(ghi: float, zenith: float) -> None:
    dni, dhi = erbs(np.array([ghi]), np.array([zenith]), np.array([1366.1]))
    assert dni[0] >= 0.0
    assert 0.0 <= dhi[0] <= max(ghi, 0.0)
    assert dni[0] * np.cos(np.radians(zenith)) + dhi[0] == pytest.approx(max(ghi, 0.0), abs=1e-9)


@given(
    tilt=st.floats(0.0, 90.0),
    surface_azimuth=st.floats(0.0, 360.0),
    zenith=st.floats(0.0, 90.0),
    azimuth=st.floats(0.0, 360.0),
    dni=st.floats(0.0, 1100.0),
    dhi=st.floats(0.0, 800.0),
)
def test_sky_light_on_any_plane_is_finite_and_never_negative(
    tilt: float, surface_azimuth: float, zenith: float, azimuth: float, dni: float, dhi: float
) -> None:
    zeniths, azimuths = np.array([zenith]), np.array([azimuth])
    airmass = relative_airmass(zeniths)
    sky = perez_sky(np.array([dhi]), np.array([dni]), np.array([1366.1]), zeniths, airmass)
    light = perez(tilt, sky, cos_aoi(tilt, surface_azimuth, zeniths, azimuths))
    assert np.isfinite(light).all()
    assert light[0] >= 0.0
