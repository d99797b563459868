"""A station's monthly climate, in one form whatever form it was published in."""

from dataclasses import dataclass

import numpy as np

from core.pv.weather_year import FloatArray

DSSAT = "DSSAT climate file {}, github.com/DSSAT/dssat-csm-data, Weather/Climate"
CLIGEN = "CLIGEN station file {}, USDA-ARS, in github.com/rogerlew/wepppy"
STATISTICS = "EnergyPlus weather statistics {}, in github.com/{}"

_WATT_HOURS_PER_MEGAJOULE = 1e6 / 3600
_WATT_HOURS_PER_LANGLEY = 4.184e4 / 3600
"""1 langley is 1 cal/cm² with the thermochemical calorie of 4.184 J."""


@dataclass(frozen=True, slots=True, eq=False)
class Station:
    """Monthly means, January to December; a missing temperature is not a number.

    Parameters
    ----------
    latitude, longitude : float
        Degrees north and east. [°]
    elevation : float
        Above sea level. [m]
    ghi : ndarray, shape (12,)
        Mean daily global horizontal irradiation. [Wh/m²/day]
    temp_air, temp_range : ndarray, shape (12,)
        Mean of the day, and mean of the day's maximum minus its minimum. [°C]
    """

    name: str
    latitude: float
    longitude: float
    elevation: float
    ghi: FloatArray
    temp_air: FloatArray
    temp_range: FloatArray
    source: str


def _numbers(text: str) -> FloatArray:
    values = np.array(text.split(), dtype=np.float64)
    if values.shape != (12,):
        raise ValueError(f"a year has twelve months: {text}")
    return values


def dssat(
    code: str, name: str, position: tuple[float, float, float], srad: str, tmax: str, tmin: str
) -> Station:
    """From [MJ/m²/day] and daily extremes [°C]."""
    high, low = _numbers(tmax), _numbers(tmin)
    ghi = _numbers(srad) * _WATT_HOURS_PER_MEGAJOULE
    return Station(name, *position, ghi, (high + low) / 2, high - low, DSSAT.format(code))


def cligen(
    code: str, name: str, position: tuple[float, float, float], langleys: str, tmax: str, tmin: str
) -> Station:
    """From [ly/day], daily extremes [°F] and a height in feet."""
    latitude, longitude, feet = position
    high, low = (_numbers(tmax) - 32) / 1.8, (_numbers(tmin) - 32) / 1.8
    ghi = _numbers(langleys) * _WATT_HOURS_PER_LANGLEY
    return Station(
        name, latitude, longitude, feet * 0.3048, ghi, (high + low) / 2, high - low, CLIGEN.format(code)
    )


def statistics(
    file: str, repository: str, position: tuple[float, float, float], ghi: str, temp: str, spread: str | None
) -> Station:
    """From [Wh/m²/day] (the sum of the average hourly statistics), mean and ASHRAE daily range [°C].

    Where the mean comes from the file's degree days, 10 °C − (HDD10 − CDD10) / days gives it exactly.
    """
    ranges = _numbers(spread) if spread else np.full(12, np.nan)
    source = STATISTICS.format(file, repository)
    return Station(file, *position, _numbers(ghi), _numbers(temp), ranges, source)
