"""Invented weather that could be true: seeded by place and day, under the real sun.

Nothing here is measured. Every even day (by its ordinal) is dry and calm from sunrise to mid-afternoon, so that
of two neighbouring working days one always has hours to work in.
"""

from dataclasses import astuple, dataclass
from datetime import datetime
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from core.pv.atmosphere import ineichen
from core.pv.solar_position import solar_position
from core.pv.weather_year import FloatArray

LINKE_TURBIDITY = 3.0
QUARTERS = 4  # of the hour before a stamp, each seen at its middle
BLEND_HOURS = 6.0  # around midnight, one day's weather passes into the next
DAYS_PER_YEAR = 365.2425

_EPOCH = np.datetime64("1970-01-01T00:00:00", "us")
_HOUR = np.timedelta64(1, "h").astype("timedelta64[us]")

Hours = NDArray[np.datetime64]


@dataclass(frozen=True, slots=True)
class Day:
    """One day's weather at one place, in hours of the local mean sun."""

    cloud: float  # 0 to 1
    warmth: float  # above the season's mean [°C]
    wind_speed: float  # [m/s]
    rain_start: float  # [h]
    rain_hours: float  # [h]
    rain_rate: float  # [mm/h]
    thunder: float  # 1 if what falls comes with lightning, in a place warm enough


@lru_cache(maxsize=4096)
def draw_day(seed: int, latitude: float, longitude: float, ordinal: int) -> Day:
    """The weather of a place on a day, counted from 1970-01-01; the same again whenever it is asked for."""
    cell = (round((latitude + 90) * 100), round((longitude + 180) * 100))
    rng = np.random.default_rng((seed, *cell, ordinal))
    kind, warmth, cloud, wind, start, length, rate, thunder = rng.random(8).tolist()
    warmth = 6.0 * warmth - 3.0
    if ordinal % 2 == 1 and kind < 0.3:
        return Day(
            0.85 + 0.15 * cloud,
            warmth - 2.0,
            5.0 + 5.0 * wind,
            4 + 6 * start,
            6 + 6 * length,
            0.5 + 3 * rate,
            0,
        )
    calm = 0.8 + 1.7 * wind
    if kind > 0.7:
        return Day(
            0.2 + 0.4 * cloud, warmth, calm, 15.5 + 2 * start, 1 + 2 * length, 1 + 7 * rate, thunder < 0.25
        )
    return Day(0.7 * cloud**2, warmth, calm, 0.0, 0.0, 0.0, 0)


@dataclass(frozen=True, slots=True, eq=False)
class Instant:
    """The weather at instants, in the order of their times. Arrays share one shape."""

    temp_air: FloatArray  # [°C]
    relative_humidity: FloatArray  # [%]
    wind_speed: FloatArray  # [m/s]
    wind_gust: FloatArray  # [m/s]
    rain_rate: FloatArray  # [mm/h]
    cape: FloatArray  # [J/kg]
    cloud: FloatArray  # 0 to 1
    thunder: NDArray[np.bool_]


def simulated_hours(
    seed: int, latitude: float, longitude: float, elevation: float, first: datetime, count: int
) -> dict[str, list[float]]:
    """Give the ten variables as Open-Meteo stamps them, in its units but wind in m/s.

    Radiation (mean), precipitation (sum) and gusts (maximum) cover the hour before a stamp, the rest holds at it.

    Parameters
    ----------
    seed : int
        Another seed, another weather.
    latitude, longitude, elevation : float
        Degrees north and east, metres above sea level. [°, °, m]
    first : datetime
        Aware; the first stamp.
    count : int
        How many hourly stamps.
    """
    start = np.datetime64(int(first.timestamp()), "s").astype("datetime64[us]")
    stamps = start + np.arange(count) * _HOUR
    quarters = stamps[:, None] - (np.arange(QUARTERS) + 0.5) / QUARTERS * _HOUR
    at_stamp = _weather(seed, latitude, longitude, elevation, stamps)
    before = _weather(seed, latitude, longitude, elevation, quarters.ravel())
    ghi, dni, dhi = _irradiance(latitude, longitude, elevation, quarters.ravel(), before.cloud)

    def hourly(values: FloatArray) -> FloatArray:
        return values.reshape(count, QUARTERS)

    return {
        "temperature_2m": _rounded(at_stamp.temp_air, 1),
        "relative_humidity_2m": _rounded(at_stamp.relative_humidity, 0),
        "precipitation": _rounded(hourly(before.rain_rate).mean(axis=1), 1),
        "weather_code": _weather_code(at_stamp).tolist(),
        "wind_speed_10m": _rounded(at_stamp.wind_speed, 2),
        "wind_gusts_10m": _rounded(hourly(before.wind_gust).max(axis=1), 2),
        "shortwave_radiation": _rounded(hourly(ghi).mean(axis=1), 1),
        "direct_normal_irradiance": _rounded(hourly(dni).mean(axis=1), 1),
        "diffuse_radiation": _rounded(hourly(dhi).mean(axis=1), 1),
        "cape": _rounded(at_stamp.cape, 0),
    }


def _rounded(values: FloatArray, decimals: int) -> list[float]:
    rounded: list[float] = (np.round(values, decimals) + 0.0).tolist()
    return rounded


def _weather(seed: int, latitude: float, longitude: float, elevation: float, times: Hours) -> Instant:
    solar_hours = (times - _EPOCH) / _HOUR + longitude / 15.0
    ordinal = np.floor(solar_hours / 24.0).astype(np.int64)
    hour = solar_hours - 24.0 * ordinal
    first = int(ordinal.min()) - 1
    days = np.array(
        [astuple(draw_day(seed, latitude, longitude, day)) for day in range(first, int(ordinal.max()) + 2)],
        dtype=np.float64,
    )
    cloud, warmth, wind = _blended(days[:, :3], solar_hours, first).T
    rain_start, rain_hours, rain_rate, lightning = days[ordinal - first, 3:].T

    normal = _normal_temperature(latitude, elevation, ordinal)
    raining = (hour >= rain_start) & (hour < rain_start + rain_hours)
    thunder = raining & (lightning > 0) & (normal > 14.0)
    cloud = np.where(raining, np.maximum(cloud, 0.95), cloud)
    afternoon = np.cos(2.0 * np.pi * (hour - 15.0) / 24.0)
    departure = 5.0 * (1.0 - 0.6 * cloud) * afternoon
    humidity = np.clip(65.0 + 25.0 * (cloud - 0.5) - 3.0 * departure, 15.0, 100.0)
    wind_speed = wind * (1.0 + 0.3 * afternoon) + 4.0 * thunder
    return Instant(
        temp_air=normal + warmth + departure,
        relative_humidity=np.where(raining, np.maximum(humidity, 90.0), humidity),
        wind_speed=wind_speed,
        wind_gust=1.5 * wind_speed + 7.0 * thunder,
        rain_rate=np.where(raining, rain_rate, 0.0),
        cape=np.maximum(0.0, normal) * np.maximum(0.0, afternoon) * np.where(lightning > 0, 80.0, 6.0),
        cloud=cloud,
        thunder=thunder,
    )


def _blended(days: FloatArray, solar_hours: FloatArray, first: int) -> FloatArray:
    """Pass from the row of one day to that of the next around midnight; rows by instant."""
    midnight = np.rint(solar_hours / 24.0).astype(np.int64)
    share = np.clip((solar_hours - 24.0 * midnight) / BLEND_HOURS + 0.5, 0.0, 1.0)[:, None]
    return (1.0 - share) * days[midnight - 1 - first] + share * days[midnight - first]


def _normal_temperature(latitude: float, elevation: float, ordinal: NDArray[np.int64]) -> FloatArray:
    """The season's mean: colder towards the poles and upwards, warmest a month after the highest sun. [°C]"""
    annual = 27.0 - 0.0068 * latitude**2 - 0.0065 * elevation
    season: FloatArray = np.cos(2.0 * np.pi * (ordinal - 201.0) / DAYS_PER_YEAR)
    return annual + 0.2 * latitude * season


def _irradiance(
    latitude: float, longitude: float, elevation: float, times: Hours, cloud: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Clear sky through cloud: F. Kasten and G. Czeplak, Solar Energy 24, pp. 177-189, 1980; beam through its gaps."""
    sun = solar_position(times, latitude, longitude)
    clear_ghi, clear_dni, _ = ineichen(sun.apparent_zenith, sun.dni_extra, LINKE_TURBIDITY, elevation)
    ghi = clear_ghi * (1.0 - 0.75 * cloud**3.4)
    dni = clear_dni * (1.0 - cloud)
    cos_zenith = np.maximum(np.cos(np.radians(sun.apparent_zenith)), 0.0)
    return ghi, dni, ghi - dni * cos_zenith


def _weather_code(at: Instant) -> NDArray[np.int64]:
    """WMO code table 4677, as far as Open-Meteo uses it: sky, rain, snow, thunderstorm."""
    strength = np.digitize(at.rain_rate, (2.5, 7.6))
    falling = at.rain_rate > 0.0
    return np.select(
        [at.thunder, falling & (at.temp_air < 0.5), falling],
        [np.full_like(strength, 95), 71 + 2 * strength, 61 + 2 * strength],
        np.digitize(at.cloud, (0.2, 0.45, 0.75)),
    )
