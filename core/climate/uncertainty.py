"""How wrong the screening model is: stations left out one by one, and with everything around them."""

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.climate.interpolation import climate_at, estimate_ghi, stations_table
from core.climate.station import Station
from core.climate.stations import STATIONS
from core.pv.weather_year import DAYS_IN_MONTH, FloatArray

Climate = Literal["tropical", "temperate", "cold"]

EMPTY_KM = (500.0, 1000.0, 1500.0, 2000.0, 3000.0)
"""Radii within which stations are left out, to see what distance costs. [km]"""


@dataclass(frozen=True, slots=True)
class Spread:
    """Over so many stations.

    Parameters
    ----------
    percent : float
        Twice the root mean square error of the annual sum: nineteen places of twenty should lie within. [%]
    bias_percent : float
        Mean error; above zero the model is too dark. [%]
    month_percent : float
        Twice the root mean square error of single months, as a share of the mean month. [%]
    """

    stations: int
    percent: float
    bias_percent: float
    month_percent: float


def climate_of(temp_air: FloatArray) -> Climate:
    """Name the climate of twelve monthly means [°C].

    The thermal limits of Köppen's groups as in M. C. Peel et al., "Updated world map of the Köppen-Geiger climate
    classification," Hydrol. Earth Syst. Sci., vol. 11, pp. 1633-1644, 2007. :doi:`10.5194/hess-11-1633-2007`
    Tropical: the coldest month has 18 °C or more; cold: 0 °C or less, polar climates among them. Dry climates
    have no group of their own, because no row says how much it rains.
    """
    coldest = float(temp_air.min())
    if coldest >= 18.0:
        return "tropical"
    return "temperate" if coldest > 0.0 else "cold"


@cache
def leave_out(radius: float = 0.0) -> FloatArray:
    """What the others say of each station's monthly irradiation [Wh/m²/day], shape (n, 12).

    Parameters
    ----------
    radius : float
        Stations within it are left out too. [km]
    """
    table = stations_table()
    return np.stack(
        [
            estimate_ghi(
                station.latitude,
                station.longitude,
                station.elevation,
                table.only(table.apart[index] > radius),
            )
            for index, station in enumerate(STATIONS)
        ]
    )


def annual_errors(radius: float = 0.0) -> FloatArray:
    """How far each station's annual sum lies from what the others say, as a share of what they say, shape (n,)."""
    errors: FloatArray = _published() @ DAYS_IN_MONTH / (leave_out(radius) @ DAYS_IN_MONTH) - 1.0
    return errors


@cache
def by_climate() -> dict[Climate, Spread]:
    """Stations left out one by one, grouped by their own climate."""
    climates = np.array([climate_of(station.temp_air) for station in STATIONS])
    names: tuple[Climate, ...] = ("tropical", "temperate", "cold")
    return {name: _spread(0.0, climates == name) for name in names}


@cache
def by_distance() -> dict[float, Spread]:
    """All stations, with everything within a radius [km] left out."""
    everywhere = np.ones(len(STATIONS), dtype=np.bool_)
    return {radius: _spread(radius, everywhere) for radius in (0.0, *EMPTY_KM)}


def uncertainty_percent(latitude: float, longitude: float, elevation: float) -> float:
    """Of a place's annual sum: that of its climate, or where no station is near, that of the distance [%]."""
    here = climate_of(climate_at(latitude, longitude, elevation).temp_air)
    _, nearest = nearest_station(latitude, longitude, elevation)
    rings = by_distance()
    far = float(np.interp(nearest, list(rings), [spread.percent for spread in rings.values()]))
    return round(max(by_climate()[here].percent, far), 1)


def month_uncertainty_percent(latitude: float, longitude: float, elevation: float) -> float:
    """Of single months, as a share of the mean month; by distance only [%]."""
    _, nearest = nearest_station(latitude, longitude, elevation)
    rings = by_distance()
    return round(
        float(np.interp(nearest, list(rings), [spread.month_percent for spread in rings.values()])), 1
    )


def nearest_station(latitude: float, longitude: float, elevation: float) -> tuple[Station, float]:
    """The station nearest to a place, and how far it is, height included [km]."""
    distances = stations_table().distances(latitude, longitude, elevation)
    index = int(distances.argmin())
    return STATIONS[index], float(distances[index])


def _published() -> FloatArray:
    return np.stack([station.ghi for station in STATIONS])


def _spread(radius: float, chosen: NDArray[np.bool_]) -> Spread:
    errors = annual_errors(radius)[chosen]
    published, said = _published()[chosen], leave_out(radius)[chosen]
    months = (published - said) / said.mean(axis=1, keepdims=True)
    return Spread(
        stations=errors.size,
        percent=200.0 * float(np.sqrt(np.mean(errors**2))),
        bias_percent=100.0 * float(np.mean(errors)),
        month_percent=200.0 * float(np.sqrt(np.mean(months**2))),
    )
