"""Air mass, clear sky and decomposition, against pvlib's functions of the same models."""

import numpy as np
import pvlib
import pytest

from core.pv.atmosphere import absolute_airmass, erbs, ineichen, pressure_at, relative_airmass

RNG = np.random.default_rng(11)
ZENITH = RNG.uniform(0.0, 89.9, 5000)
DNI_EXTRA = RNG.uniform(1320.0, 1415.0, 5000)


@pytest.mark.parametrize("elevation", [-400.0, 0.0, 1795.0, 4500.0])
def test_pressure_falls_with_height_as_in_the_standard_atmosphere(elevation: float) -> None:
    assert pressure_at(elevation) == pytest.approx(pvlib.atmosphere.alt2pres(elevation), rel=2e-5)


def test_airmass_is_that_of_kasten_and_young() -> None:
    expected = pvlib.atmosphere.get_relative_airmass(ZENITH, model="kastenyoung1989")
    assert relative_airmass(ZENITH) == pytest.approx(expected, rel=1e-12)
    assert relative_airmass(np.array([0.0]))[0] == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("elevation", [0.0, 1795.0, 3500.0])
@pytest.mark.parametrize("turbidity", [1.8, 3.3, 7.0])
def test_clear_sky_is_that_of_ineichen(elevation: float, turbidity: float) -> None:
    airmass = absolute_airmass(relative_airmass(ZENITH), pressure_at(elevation))
    expected = pvlib.clearsky.ineichen(ZENITH, airmass, turbidity, elevation, DNI_EXTRA)
    ghi, dni, dhi = ineichen(ZENITH, DNI_EXTRA, turbidity, elevation)
    assert ghi == pytest.approx(expected["ghi"], abs=1e-4)
    assert dni == pytest.approx(expected["dni"], abs=1e-4)
    assert dhi == pytest.approx(expected["dhi"], abs=1e-4)


def test_decomposition_is_that_of_erbs() -> None:
    zenith = RNG.uniform(0.0, 110.0, 5000)
    ghi = RNG.uniform(0.0, 1200.0, 5000)
    day_of_year = RNG.integers(1, 366, 5000)
    expected = pvlib.irradiance.erbs(ghi, zenith, day_of_year)
    dni, dhi = erbs(ghi, zenith, pvlib.irradiance.get_extra_radiation(day_of_year))
    assert dni == pytest.approx(expected["dni"], abs=1e-9)
    assert dhi == pytest.approx(expected["dhi"], abs=1e-9)
