"""Monthly climate of any place, from the stations around it on the sphere; and how wrong that is."""

from dataclasses import dataclass, fields
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from core.climate.day_mix import DAYS_IN_MONTH, MONTH_OF_DAY
from core.climate.stations import STATIONS
from core.pv.solar_position import SOLAR_CONSTANT
from core.pv.weather_year import FloatArray

EARTH_RADIUS = 6371.0
"""[km]"""

LAPSE_RATE = 0.0065
"""Fall of temperature with height in the International Standard Atmosphere, ISO 2533. [°C/m]"""

ONE_METRE_UP = 0.5
"""How many kilometres apart one metre of height sets two places. [km/m]"""

NEARBY = 300.0
"""Below this distance stations count alike: their records differ by as much as their places. [km]"""

_WEIGHT_POWER = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class MonthlyClimate:
    """Estimated for one place; arrays of shape (12,).

    Parameters
    ----------
    ghi : ndarray
        Mean daily global horizontal irradiation. [Wh/m²/day]
    temp_air, temp_range : ndarray
        Mean of the day, and mean of the day's maximum minus its minimum. [°C]
    """

    ghi: FloatArray
    temp_air: FloatArray
    temp_range: FloatArray


@lru_cache(maxsize=256)
def climate_at(latitude: float, longitude: float, elevation: float) -> MonthlyClimate:
    """Estimate the monthly climate of a place.

    Parameters
    ----------
    latitude, longitude : float
        Degrees north and east. [°]
    elevation : float
        Above sea level. [m]

    Notes
    -----
    What is carried from station to place is the clearness index, with weights that fall with the third power
    of the distance on the sphere; height counts as distance. Stations beyond the equator lend their index
    half a year later. Carrying the share of a clear sky instead (Ineichen with the turbidity map) was
    measured and was worse: twice the root mean square error left out one by one was 29 % against 26 %.

    Temperature is a zonal mean and season fitted to all stations at sea level, plus the same weighted rest.
    """
    return _estimate(latitude, longitude, elevation, _table())


@cache
def leave_one_out() -> FloatArray:
    """How far each station's annual sum lies from what the others say there, as a share of what they say."""
    table = _table()
    errors = []
    for index, station in enumerate(STATIONS):
        others = table.without(index)
        estimate = _estimate(station.latitude, station.longitude, station.elevation, others)
        errors.append(float(station.ghi @ DAYS_IN_MONTH) / float(estimate.ghi @ DAYS_IN_MONTH) - 1.0)
    return np.array(errors)


@cache
def uncertainty_percent() -> float:
    """Twice the root mean square of `leave_one_out`: nineteen places of twenty should lie within [%]."""
    return round(200.0 * float(np.sqrt(np.mean(leave_one_out() ** 2))), 1)


def extraterrestrial_daily(latitude: float) -> FloatArray:
    """Horizontal irradiation outside the atmosphere, mean day of each month [Wh/m²/day], shape (12,).

    Declination and distance of the sun as Spencer's series, J. W. Spencer, "Fourier series representation of
    the position of the sun," Search, vol. 2, no. 5, p. 172, 1971.
    """
    angle = 2.0 * np.pi * (np.arange(365) + 0.5) / 365.0
    declination = (
        0.006918
        - 0.399912 * np.cos(angle)
        + 0.070257 * np.sin(angle)
        - 0.006758 * np.cos(2 * angle)
        + 0.000907 * np.sin(2 * angle)
        - 0.002697 * np.cos(3 * angle)
        + 0.00148 * np.sin(3 * angle)
    )
    nearness = (
        1.00011
        + 0.034221 * np.cos(angle)
        + 0.00128 * np.sin(angle)
        + 0.000719 * np.cos(2 * angle)
        + 0.000077 * np.sin(2 * angle)
    )
    # At the very poles the tangent has no value.
    phi = np.radians(np.clip(latitude, -89.9, 89.9))
    sunset = np.arccos(np.clip(-np.tan(phi) * np.tan(declination), -1.0, 1.0))
    overhead = np.cos(phi) * np.cos(declination) * np.sin(sunset)
    daily = 24.0 / np.pi * SOLAR_CONSTANT * nearness * (overhead + sunset * np.sin(phi) * np.sin(declination))
    monthly: FloatArray = np.bincount(MONTH_OF_DAY, weights=daily).astype(np.float64) / DAYS_IN_MONTH
    return monthly


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """The stations as arrays: positions of shape (n,), monthly values of shape (n, 12)."""

    north: FloatArray
    east: FloatArray
    height: FloatArray
    clearness: FloatArray
    at_sea_level: FloatArray
    temp_range: FloatArray

    def without(self, index: int) -> "_Table":
        return _Table(*(np.delete(getattr(self, field.name), index, axis=0) for field in fields(self)))


@cache
def _table() -> _Table:
    height = np.array([s.elevation for s in STATIONS])
    outside = np.stack([extraterrestrial_daily(s.latitude) for s in STATIONS])
    ghi = np.stack([s.ghi for s in STATIONS])
    return _Table(
        north=np.array([s.latitude for s in STATIONS]),
        east=np.array([s.longitude for s in STATIONS]),
        height=height,
        clearness=np.divide(ghi, outside, out=np.full(ghi.shape, np.nan), where=outside > 0.0),
        at_sea_level=np.stack([s.temp_air for s in STATIONS]) + LAPSE_RATE * height[:, np.newaxis],
        temp_range=np.stack([s.temp_range for s in STATIONS]),
    )


def _estimate(latitude: float, longitude: float, elevation: float, table: _Table) -> MonthlyClimate:
    apart = np.hypot(
        _great_circle(latitude, longitude, table.north, table.east),
        (table.height - elevation) * ONE_METRE_UP,
    )
    weights = (apart**2 + NEARBY**2) ** (-_WEIGHT_POWER / 2.0)
    other_half = (table.north >= 0.0) != (latitude >= 0.0)

    def carried(monthly: FloatArray) -> FloatArray:
        return _weighted_mean(weights, _in_season(monthly, other_half))

    fitted, here = _zonal_temperature(table.north, table.at_sea_level, latitude)
    return MonthlyClimate(
        ghi=carried(table.clearness) * extraterrestrial_daily(latitude),
        temp_air=here + carried(table.at_sea_level - fitted) - LAPSE_RATE * elevation,
        temp_range=carried(table.temp_range),
    )


def _great_circle(latitude: float, longitude: float, north: FloatArray, east: FloatArray) -> FloatArray:
    """Distances along the surface of the sphere [km]."""
    phi, phis, across = np.radians(latitude), np.radians(north), np.radians(east - longitude)
    haversine = np.sin((phis - phi) / 2.0) ** 2 + np.cos(phi) * np.cos(phis) * np.sin(across / 2.0) ** 2
    distances: FloatArray = 2.0 * EARTH_RADIUS * np.arcsin(np.sqrt(np.clip(haversine, 0.0, 1.0)))
    return distances


def _in_season(monthly: FloatArray, other_half: NDArray[np.bool_]) -> FloatArray:
    """Months of stations beyond the equator, half a year later."""
    return np.where(other_half[:, np.newaxis], np.roll(monthly, 6, axis=1), monthly)


def _weighted_mean(weights: FloatArray, monthly: FloatArray) -> FloatArray:
    """Weighted mean over the stations that know the month."""
    known = np.isfinite(monthly)
    share = weights[:, np.newaxis] * known
    mean: FloatArray = (share * np.where(known, monthly, 0.0)).sum(axis=0) / share.sum(axis=0)
    return mean


def _zonal_temperature(
    latitudes: FloatArray, at_sea_level: FloatArray, latitude: float
) -> tuple[FloatArray, FloatArray]:
    """Fit mean and season to the latitude; returns the fit at the stations and at the place [°C]."""

    def terms(degrees: FloatArray) -> FloatArray:
        phi = np.radians(np.repeat(degrees, 12))
        season = 2.0 * np.pi * (np.tile(np.arange(12), degrees.size) + 0.5) / 12.0
        return np.stack(
            [
                np.ones_like(phi),
                np.sin(phi) ** 2,
                np.sin(phi) ** 4,
                np.sin(phi) * np.cos(season),
                np.sin(phi) * np.sin(season),
            ],
            axis=1,
        )

    coefficients, *_ = np.linalg.lstsq(terms(latitudes), at_sea_level.ravel(), rcond=None)
    return (terms(latitudes) @ coefficients).reshape(-1, 12), terms(np.array([latitude])) @ coefficients
