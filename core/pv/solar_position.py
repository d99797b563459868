"""Where the sun is: for any instants, and for the hours of the model year."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.pv.atmosphere import relative_airmass
from core.pv.weather_year import HOURS, FloatArray

Instants = NDArray[np.datetime64]

SOLAR_CONSTANT = 1366.1
"""Extraterrestrial irradiance at one astronomical unit, ASTM E490-00. [W/m²]

The later 1361 W/m² (Kopp and Lean, 2011) is nearer the truth, but the models that divide by it (Perez, Erbs,
Ineichen) were fitted with the older value.
"""

MODEL_YEAR = 2014
"""The calendar year whose sun shines on a model year.

A model year stands for many calendar years. In the second year after a leap year the seasons lie in the
middle of their four-year drift: the declination is within 0.05° of the mean over the years 2005 to 2023, and
within 0.24° of any year since 1998.
"""

_J2000 = np.datetime64("2000-01-01T12:00:00", "us")
_DAY = np.timedelta64(1, "D") / np.timedelta64(1, "us")

_SOLAR_HALF_HEIGHT = 0.833
"""Depth of the sun's centre below the horizon at sunrise: refraction 34' and the disc's radius 16'. [°]"""


class Direction(NamedTuple):
    """Towards the sun: components of unit length, each of shape (n,). [unitless]"""

    east: FloatArray
    north: FloatArray
    up: FloatArray


def direction(zenith: FloatArray, azimuth: FloatArray) -> Direction:
    """Give the direction at angles from the vertical, and clockwise from north [°]."""
    from_vertical, from_north = np.radians(zenith), np.radians(azimuth)
    level = np.sin(from_vertical)
    return Direction(level * np.sin(from_north), level * np.cos(from_north), np.cos(from_vertical))


@dataclass(frozen=True, slots=True, eq=False)
class SolarPosition:
    """The sun seen from one place.

    Parameters
    ----------
    zenith : ndarray, shape (n,)
        Angle between the sun's centre and the vertical, without refraction. [°]
    apparent_zenith : ndarray, shape (n,)
        The same, lifted by refraction: what a surface sees. [°]
    azimuth : ndarray, shape (n,)
        Clockwise from north, 0 up to 360. [°]
    dni_extra : ndarray, shape (n,)
        Irradiance outside the atmosphere on a plane facing the sun. [W/m²]
    direction : Direction
        With refraction.
    airmass : ndarray, shape (n,)
        Relative, not corrected for pressure; at night that of the horizon. [unitless]
    """

    zenith: FloatArray
    apparent_zenith: FloatArray
    azimuth: FloatArray
    dni_extra: FloatArray
    direction: Direction
    airmass: FloatArray


def solar_position(
    times_utc: Instants,
    latitude: float,
    longitude: float,
    *,
    pressure: float = 101325.0,
    temp_air: float = 12.0,
) -> SolarPosition:
    """Give the sun's position at any instants.

    Parameters
    ----------
    times_utc : ndarray of datetime64, shape (n,)
        Instants in UTC.
    latitude, longitude : float
        Degrees north and east. [°]
    pressure : float, default 101325
        Of the air at the site, for refraction. [Pa]
    temp_air : float, default 12
        Of the air at the site, for refraction. [°C]

    Returns
    -------
    SolarPosition
        Arrays of shape (n,).

    Notes
    -----
    The almanac's short series [1]_, stated to be good to 0.01° from 1950 to 2050; measured against the full
    series [2]_ from 1990 to 2035: worst 0.012°, root mean square 0.003°. The minute between terrestrial time
    and UTC moves the sun by less than 0.001° and is left out. Refraction is Bennett's formula as in [2]_.

    References
    ----------
    .. [1] J. Michalsky, "The Astronomical Almanac's algorithm for approximate solar position (1950-2050),"
       Solar Energy, vol. 40, no. 3, pp. 227-235, 1988. :doi:`10.1016/0038-092X(88)90045-X`
    .. [2] I. Reda and A. Andreas, "Solar position algorithm for solar radiation applications," Solar Energy,
       vol. 76, no. 5, pp. 577-589, 2004. :doi:`10.1016/j.solener.2003.12.003`
    """
    days = days_since_j2000(times_utc)
    sun = _ecliptic(days)
    return _seen_from(latitude, sun, _hour_angle(days, longitude, sun), pressure=pressure, temp_air=temp_air)


@lru_cache(maxsize=64)
def solar_position_year(
    latitude: float, longitude: float, utc_offset: float, minute: float = 30.0
) -> SolarPosition:
    """Give the sun's position for the 8760 hours of a model year, cached by site.

    Parameters
    ----------
    latitude, longitude : float
        Degrees north and east. [°]
    utc_offset : float
        Local standard time minus UTC. [h]
    minute : float, default 30
        Where within the hour the sun is placed. [min]

    Returns
    -------
    SolarPosition
        Read-only arrays of shape (8760,).

    Notes
    -----
    At `minute` 30 the hour's irradiance is the mean of an interval. In the two hours of a day in which the
    sun rises or sets, the middle of the hour may lie in the dark while light was measured; there the sun is
    put at the middle of the sunlit part, as PVWatts does [3]_. At any other `minute` the irradiance is taken
    as instantaneous and the sun stays where it was at that instant.

    References
    ----------
    .. [3] A. P. Dobos, "PVWatts version 5 manual," NREL/TP-6A20-62641, 2014. :doi:`10.2172/1158421`
    """
    start = np.datetime64(f"{MODEL_YEAR}-01-01T00:00:00", "us")
    local = np.arange(HOURS) + minute / 60.0
    days = days_since_j2000(start + ((local - utc_offset) * 3.6e9).astype("timedelta64[us]"))
    sun = _ecliptic(days)
    hour_angle = _hour_angle(days, longitude, sun)
    if minute == 30.0:
        hour_angle = _middle_of_sunlit_part(hour_angle, sun.declination, latitude)
    position = _seen_from(latitude, sun, hour_angle)
    angles = (position.zenith, position.apparent_zenith, position.azimuth)
    for values in (*angles, position.dni_extra, *position.direction, position.airmass):
        values.setflags(write=False)
    return position


def days_since_j2000(times_utc: Instants) -> FloatArray:
    """Count the days, with their fractions, since 2000-01-01 12:00 UTC."""
    return (times_utc.astype("datetime64[us]") - _J2000).astype(np.float64) / _DAY


@dataclass(frozen=True, slots=True, eq=False)
class _Sun:
    """The sun among the stars [rad], and its irradiance at our distance [W/m²]."""

    right_ascension: FloatArray
    declination: FloatArray
    dni_extra: FloatArray


def _ecliptic(days: FloatArray) -> _Sun:
    mean_longitude = np.radians((280.460 + 0.9856474 * days) % 360.0)
    mean_anomaly = np.radians((357.528 + 0.9856003 * days) % 360.0)
    sin_g = np.sin(mean_anomaly)
    cos_g = np.cos(mean_anomaly)
    ecliptic_longitude = mean_longitude + np.radians(1.915) * sin_g + np.radians(0.020 * 2.0) * sin_g * cos_g
    obliquity = np.radians(23.439 - 0.0000004 * days)
    sin_longitude = np.sin(ecliptic_longitude)
    distance = 1.00014 - 0.01671 * cos_g - 0.00014 * (2.0 * cos_g**2 - 1.0)
    return _Sun(
        right_ascension=np.arctan2(np.cos(obliquity) * sin_longitude, np.cos(ecliptic_longitude)),
        declination=np.arcsin(np.sin(obliquity) * sin_longitude),
        dni_extra=SOLAR_CONSTANT / distance**2,
    )


def _hour_angle(days: FloatArray, longitude: float, sun: _Sun) -> FloatArray:
    """Give the angle [rad] since the sun crossed the meridian, from -π up to π."""
    # Sidereal time in one linear term: the almanac splits it into days and hours only to save digits.
    sidereal = np.radians((280.46061837 + 360.98564736629 * days + longitude) % 360.0)
    return (sidereal - sun.right_ascension + np.pi) % (2.0 * np.pi) - np.pi


def _middle_of_sunlit_part(hour_angle: FloatArray, declination: FloatArray, latitude: float) -> FloatArray:
    phi = math.radians(latitude)
    cos_sunrise = (-math.sin(math.radians(_SOLAR_HALF_HEIGHT)) - math.sin(phi) * np.sin(declination)) / (
        math.cos(phi) * np.cos(declination)
    )
    # Outside [-1, 1] there is polar day (π) or polar night (0).
    sunset = np.arccos(np.clip(cos_sunrise, -1.0, 1.0))
    half_hour = np.pi / 24.0
    first = np.maximum(hour_angle - half_hour, -sunset)
    last = np.minimum(hour_angle + half_hour, sunset)
    crossing = (first < last) & (sunset < np.pi) & (np.abs(hour_angle) + half_hour > sunset)
    return np.where(crossing, (first + last) / 2.0, hour_angle)


def _seen_from(
    latitude: float, sun: _Sun, hour_angle: FloatArray, *, pressure: float = 101325.0, temp_air: float = 12.0
) -> SolarPosition:
    phi = math.radians(latitude)
    sin_declination = np.sin(sun.declination)
    cos_declination = np.cos(sun.declination)
    cos_hour_angle = np.cos(hour_angle)
    cos_zenith = math.sin(phi) * sin_declination + math.cos(phi) * cos_declination * cos_hour_angle
    zenith = np.degrees(np.arccos(np.clip(cos_zenith, -1.0, 1.0)))
    east = -cos_declination * np.sin(hour_angle)
    north = math.cos(phi) * sin_declination - math.sin(phi) * cos_declination * cos_hour_angle
    apparent_zenith = zenith - _refraction(90.0 - zenith, pressure=pressure, temp_air=temp_air)
    azimuth = np.degrees(np.arctan2(east, north)) % 360.0
    return SolarPosition(
        zenith=zenith,
        apparent_zenith=apparent_zenith,
        azimuth=azimuth,
        dni_extra=sun.dni_extra,
        direction=direction(apparent_zenith, azimuth),
        airmass=relative_airmass(apparent_zenith),
    )


def _refraction(elevation: FloatArray, *, pressure: float, temp_air: float) -> FloatArray:
    """Give how far [°] the atmosphere lifts the sun; zero once its upper limb has set."""
    air = (pressure / 101000.0) * (283.0 / (273.0 + temp_air))
    visible = np.maximum(elevation, -_SOLAR_HALF_HEIGHT)
    lift = air * 1.02 / (60.0 * np.tan(np.radians(visible + 10.3 / (visible + 5.11))))
    # The formula dips a hundred-thousandth of a degree below zero at the zenith.
    return np.where(elevation >= -_SOLAR_HALF_HEIGHT, np.maximum(lift, 0.0), 0.0)
