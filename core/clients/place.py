"""What every provider's answer is held against: the place that was asked for, and the sun over it."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from core.clients.reading import optional
from core.errors import ProviderUnavailable
from core.pv.solar_position import solar_position
from core.pv.weather_year import FloatArray

HOUR = np.timedelta64(3_600_000_000, "us")

_TWILIGHT = 6.0
"""Civil twilight: within it day and night are a matter of opinion. [°]"""

_CONTRADICTIONS = 0.04
"""Share of the day and night marks that may contradict the sun; an hour's shift contradicts one in twelve."""

Instants = NDArray[np.datetime64]


def instants(times: Sequence[datetime]) -> Instants:
    """Aware datetimes as numpy's, in UTC."""
    return np.array([round(t.timestamp() * 1e6) for t in times], dtype=np.int64).astype("datetime64[us]")


def is_elsewhere(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> bool:
    """Whether an answer is for another place: the models' cells are at most 0.25° wide."""
    across = abs((other_longitude - longitude + 180.0) % 360.0 - 180.0) * np.cos(np.radians(latitude))
    return bool(abs(other_latitude - latitude) > 0.5 or across > 0.5)


def check_place(provider: str, document: object, latitude: float, longitude: float) -> None:
    """Raise `ProviderUnavailable` where the point of a GeoJSON feature is missing or elsewhere."""
    point = optional(document, "geometry", "coordinates")
    if (
        not isinstance(point, list)
        or len(point) < 2
        or not all(isinstance(x, int | float) for x in point[:2])
    ):
        raise ProviderUnavailable(provider, "answered without saying for which place")
    east, north = point[:2]
    if is_elsewhere(latitude, longitude, north, east):
        raise ProviderUnavailable(provider, "answered for another place")


def contradicts_the_sun(
    times: Instants, by_day: NDArray[np.bool_], latitude: float, longitude: float
) -> bool:
    """Whether marks of day and night belong to other hours; each may be for an instant up to an hour later."""
    now = 90.0 - solar_position(times, latitude, longitude).zenith
    later = 90.0 - solar_position(times + HOUR, latitude, longitude).zenith
    surely_day = np.minimum(now, later) > _TWILIGHT
    surely_night = np.maximum(now, later) < -_TWILIGHT
    wrong = int(((surely_day & ~by_day) | (surely_night & by_day)).sum())
    return wrong >= 2 and wrong > _CONTRADICTIONS * len(times)


def parts_contradict(
    times: Instants, ghi: FloatArray, dni: FloatArray, dhi: FloatArray, latitude: float, longitude: float
) -> bool:
    """Whether GHI − DHI is not DNI times the sun's height, so that hours or units are not what they seem.

    Parameters
    ----------
    times : ndarray of datetime64, shape (n,)
        Middles of the hours whose means the others are; those are not a number where they are unknown. [W/m²]

    Notes
    -----
    In a recorded answer of Open-Meteo (three places, November) the two are 0.6 % apart, and 8 to 10 % when it is
    shifted by half an hour. Hours that are dim or have the sun below 10° tell nothing; fewer than three others do not
    either.
    """
    height = np.cos(np.radians(solar_position(times, latitude, longitude).zenith))
    tells = (dni > 150.0) & (height > 0.17) & np.isfinite(ghi) & np.isfinite(dhi)
    if tells.sum() < 3:
        return False
    beam = ghi[tells] - dhi[tells]
    apart = beam - dni[tells] * height[tells]
    return bool(np.sqrt(np.mean(apart**2)) > 0.05 * np.sqrt(np.mean((dni[tells] * height[tells]) ** 2)))
