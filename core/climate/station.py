"""A station's monthly climate, in one form whatever form it was published in."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.pv.weather_year import FloatArray

DSSAT = "DSSAT climate file {}, github.com/DSSAT/dssat-csm-data, Weather/Climate"
CLIGEN = "CLIGEN station file {}, USDA-ARS, in github.com/rogerlew/wepppy"
STATISTICS = "EnergyPlus weather statistics {}, in github.com/{}"
TYPICAL = "typical year {} of the Python package {}"

Kind = Literal["measured means", "typical year"]
"""A typical year is made of chosen months; what it holds of the sun is often modelled from clouds or satellites."""

_WATT_HOURS_PER_MEGAJOULE = 1e6 / 3600
_WATT_HOURS_PER_LANGLEY = 4.184e4 / 3600
"""1 langley is 1 cal/cm² with the thermochemical calorie of 4.184 J."""


@dataclass(frozen=True, slots=True, eq=False)
class Station:
    """Monthly means, January to December.

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
    kind: Kind
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
    return Station(name, *position, ghi, (high + low) / 2, high - low, "measured means", DSSAT.format(code))


def cligen(
    code: str, name: str, position: tuple[float, float, float], langleys: str, tmax: str, tmin: str
) -> Station:
    """From [ly/day], daily extremes [°F] and a height in feet."""
    latitude, longitude, feet = position
    high, low = (_numbers(tmax) - 32) / 1.8, (_numbers(tmin) - 32) / 1.8
    ghi = _numbers(langleys) * _WATT_HOURS_PER_LANGLEY
    place = (latitude, longitude, feet * 0.3048)
    return Station(name, *place, ghi, (high + low) / 2, high - low, "measured means", CLIGEN.format(code))


def statistics(
    file: str, repository: str, position: tuple[float, float, float], ghi: str, temp: str, spread: str
) -> Station:
    """From [Wh/m²/day] (`Global Avg`, or the sum of the average hours), mean and ASHRAE daily range [°C]."""
    source = STATISTICS.format(file, repository)
    return Station(file, *position, _numbers(ghi), _numbers(temp), _numbers(spread), "typical year", source)


def typical(
    name: str, file: str, package: str, position: tuple[float, float, float], ghi: str, temp: str, spread: str
) -> Station:
    """From hours summed up: [Wh/m²/day], the mean, and the mean of each day's highest less its lowest hour [°C]."""
    source = TYPICAL.format(file, package)
    return Station(name, *position, _numbers(ghi), _numbers(temp), _numbers(spread), "typical year", source)
