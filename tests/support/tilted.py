"""Tilted irradiance as weather services reckon it: an isotropic sky, and the sun of the whole interval."""

import numpy as np

from core.pv.irradiance import cos_aoi, ground_reflected
from core.pv.solar_position import Instants, solar_position
from core.pv.weather_year import FloatArray

STEPS = 12


def interval_sun(starts: Instants, latitude: float, longitude: float) -> tuple[FloatArray, FloatArray]:
    """Zenith whose cosine is the mean over the hour, and azimuth in its middle [°]."""
    five_minutes = np.timedelta64(300_000_000, "us")
    within = [starts + (2 * step + 1) * five_minutes // 2 for step in range(STEPS)]
    height = np.mean(
        [np.cos(np.radians(solar_position(at, latitude, longitude).zenith)) for at in within], axis=0
    )
    middle = solar_position(starts + 6 * five_minutes, latitude, longitude)
    return np.degrees(np.arccos(np.clip(height, -1.0, 1.0))), middle.azimuth


def isotropic(
    tilt: float,
    azimuth: float,
    sun_zenith: FloatArray,
    sun_azimuth: FloatArray,
    ghi: FloatArray,
    dni: FloatArray,
    dhi: FloatArray,
    albedo: float,
) -> FloatArray:
    """Global irradiance on a plane under an isotropic sky [W/m²]."""
    facing = np.maximum(cos_aoi(tilt, azimuth, sun_zenith, sun_azimuth), 0.0)
    sky_view = (1.0 + np.cos(np.radians(tilt))) / 2.0
    tilted: FloatArray = dni * facing + dhi * sky_view + ground_reflected(tilt, ghi, albedo)
    return tilted
