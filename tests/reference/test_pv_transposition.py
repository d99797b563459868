"""Incidence and sky light on tilted planes, against pvlib's functions of the same models."""

import numpy as np
import pvlib
import pytest

from core.pv.atmosphere import relative_airmass
from core.pv.irradiance import (
    PEREZ_COEFFICIENTS,
    aoi,
    cos_aoi,
    ground_reflected,
    isotropic,
    perez,
    perez_sky,
)

RNG = np.random.default_rng(13)
N = 5000
ZENITH = RNG.uniform(0.0, 89.9, N)
AZIMUTH = RNG.uniform(0.0, 360.0, N)
DNI_EXTRA = RNG.uniform(1320.0, 1415.0, N)
DHI = RNG.uniform(0.0, 500.0, N)
DNI = RNG.uniform(0.0, 1000.0, N)
PLANES = [(0.0, 180.0), (15.0, 0.0), (35.0, 180.0), (60.0, 271.0), (90.0, 90.0)]


@pytest.mark.parametrize(("tilt", "azimuth"), PLANES)
def test_incidence_is_that_of_pvlib(tilt: float, azimuth: float) -> None:
    assert aoi(tilt, azimuth, ZENITH, AZIMUTH) == pytest.approx(
        pvlib.irradiance.aoi(tilt, azimuth, ZENITH, AZIMUTH), abs=1e-9
    )


@pytest.mark.parametrize(("tilt", "azimuth"), PLANES)
def test_sky_light_is_that_of_perez(tilt: float, azimuth: float) -> None:
    airmass = relative_airmass(ZENITH)
    expected = pvlib.irradiance.perez(tilt, azimuth, DHI, DNI, DNI_EXTRA, ZENITH, AZIMUTH, airmass)
    sky = perez_sky(DHI, DNI, DNI_EXTRA, ZENITH, airmass)
    assert perez(tilt, sky, cos_aoi(tilt, azimuth, ZENITH, AZIMUTH)) == pytest.approx(expected, abs=1e-9)


def test_the_brightness_coefficients_are_those_pvlib_ships() -> None:
    """pvlib shows its table only through what it computes from each clearness bin."""
    eps_of_bin = [1.03, 1.1, 1.4, 1.7, 2.2, 3.5, 5.0, 8.0]
    zenith, airmass = 50.0, 1.5
    kz3 = 1.041 * np.radians(zenith) ** 3
    for row, eps in zip(PEREZ_COEFFICIENTS, eps_of_bin, strict=True):
        dni = 100.0 * (eps - 1.0) * (1.0 + kz3)
        components = pvlib.irradiance.perez(
            90.0, 0.0, 100.0, dni, 1366.1, zenith, 180.0, airmass, return_components=True
        )
        delta = 100.0 * airmass / 1366.1
        terms = np.array([1.0, delta, np.radians(zenith)])
        assert components["poa_horizon"] == pytest.approx(100.0 * float(row[3:] @ terms), abs=1e-9)
        f1 = max(float(row[:3] @ terms), 0.0)
        assert components["poa_isotropic"] == pytest.approx(100.0 * (1.0 - f1) * 0.5, abs=1e-9)


@pytest.mark.parametrize(("tilt", "azimuth"), PLANES)
def test_even_skies_and_the_ground_follow_the_view_factor(tilt: float, azimuth: float) -> None:
    assert isotropic(tilt, DHI) == pytest.approx(pvlib.irradiance.isotropic(tilt, DHI), abs=1e-9)
    assert ground_reflected(tilt, DHI, 0.25) == pytest.approx(
        pvlib.irradiance.get_ground_diffuse(tilt, DHI, 0.25), abs=1e-9
    )
