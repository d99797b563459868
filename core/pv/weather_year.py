"""One year of hourly weather, the form in which every source reaches the physics."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

HOURS = 8760
"""Hours in the model year: 365 days, no 29th of February."""
DAYS_IN_MONTH = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
MONTH_OF_DAY = np.repeat(np.arange(12), DAYS_IN_MONTH)
"""0 is January."""
MONTH_OF_HOUR = np.repeat(MONTH_OF_DAY, 24)
_MONTH_STARTS = np.concatenate(([0], np.cumsum(DAYS_IN_MONTH)[:-1])) * 24


def monthly_sums(hourly: FloatArray) -> FloatArray:
    """Sums over the months of the model year, shape (12,); hourly W/m² become Wh/m²."""
    return np.add.reduceat(hourly, _MONTH_STARTS)


@dataclass(frozen=True, slots=True, eq=False)
class WeatherYear:
    """8760 hours from 1 January 00:00 local standard time; hour k covers [k, k + 1) and holds at its middle.

    Parameters
    ----------
    latitude, longitude : float
        Degrees north and east. [°]
    elevation : float
        Above sea level. [m]
    utc_offset : float
        Local standard time minus UTC; constant over the year. [h]
    ghi, dni, dhi : ndarray, shape (8760,)
        Hourly mean irradiance: global horizontal, direct normal, diffuse horizontal. [W/m²]
    temp_air : ndarray, shape (8760,)
        Dry-bulb temperature. [°C]
    wind_speed : ndarray, shape (8760,)
        At 10 m. [m/s]
    minute : float
        Where within the hour the sun is to be placed; 30 for interval means. [min]
    source : str
        Which file, service or model this is.
    """

    latitude: float
    longitude: float
    elevation: float
    utc_offset: float
    ghi: FloatArray
    dni: FloatArray
    dhi: FloatArray
    temp_air: FloatArray
    wind_speed: FloatArray
    source: str
    minute: float = 30.0

    def __post_init__(self) -> None:
        for name in ("ghi", "dni", "dhi", "temp_air", "wind_speed"):
            values = getattr(self, name)
            if values.shape != (HOURS,):
                raise ValueError(f"{name} needs {HOURS} hours, got shape {values.shape}")
            if not np.isfinite(values).all():
                raise ValueError(f"{name} holds values that are not finite")
