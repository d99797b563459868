"""Forecasts in steps of one to six hours, without sunlight, brought to whole hours, with light through the clouds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from core.clients.hours import to_hours, worse_code
from core.clients.place import HOUR, Instants, instants
from core.climate.screening import linke_turbidity
from core.climate.terrain import lookup_elevation
from core.pv.atmosphere import erbs, ineichen
from core.pv.solar_position import solar_position
from core.pv.weather_year import FloatArray
from state.weather import ForecastHour

QUARTERS = 4
"""Instants of an hour at which sunlight is reckoned, so that the hours of sunrise and sunset have some."""


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """What a provider says at instants, and over the stretches between them; unknown is not a number.

    Parameters
    ----------
    times : sequence of datetime, length n
        Aware, on whole hours, ascending.
    temp_air, relative_humidity, wind_speed, wind_gust, cloud : ndarray, shape (n,)
        At the instants. [°C, %, m/s, m/s, %]
    precipitation : ndarray, shape (n - 1,)
        Sum over the stretch that begins at each instant but the last. [mm]
    weather_code : ndarray, shape (n - 1,)
        Of the same stretches, WMO code table 4677.
    """

    times: Sequence[datetime]
    temp_air: FloatArray
    relative_humidity: FloatArray
    wind_speed: FloatArray
    wind_gust: FloatArray
    cloud: FloatArray
    precipitation: FloatArray
    weather_code: FloatArray


def stretch_codes(codes: FloatArray) -> FloatArray:
    """Codes at instants as those of the stretches between them: the graver of the two ends."""
    return worse_code(codes[:-1], codes[1:])


def hours_of_steps(provider: str, steps: Steps, latitude: float, longitude: float) -> list[ForecastHour]:
    """Give every hour from the first instant to the last.

    Notes
    -----
    Instants are joined by straight lines and read at the middle of each hour; gusts count as the stronger of the two
    ends. When within a stretch rain falls is not known: each hour has its share of the sum, and the code of rain, which
    keeps work off the roof in all of them. Light is what a cloudless sky (Ineichen) lets through clouds, 1 − 0.75 N³·⁴
    (F. Kasten and G. Czeplak, Solar Energy 24, 1980), split by Erbs: a low-confidence estimate.
    """
    edges = instants(steps.times)
    lengths = np.diff(edges) // HOUR
    starts = np.arange(edges[0], edges[-1], HOUR)
    stretch = np.repeat(np.arange(len(lengths)), lengths)
    middles = (starts - edges[0]) / HOUR + 0.5
    at = (edges - edges[0]) / HOUR
    cloud = _between(middles, at, steps.cloud, stretch)
    ghi, dni, dhi = light_through_clouds(starts, cloud, latitude, longitude)
    columns: dict[str, FloatArray] = {
        "temp_air_c": np.round(_between(middles, at, steps.temp_air, stretch), 2),
        "relative_humidity_pct": np.round(_between(middles, at, steps.relative_humidity, stretch), 1),
        "precipitation_mm": np.round((steps.precipitation / lengths)[stretch], 3),
        "weather_code": steps.weather_code[stretch],
        "wind_speed_m_s": np.round(_between(middles, at, steps.wind_speed, stretch), 2),
        "wind_gust_m_s": np.maximum(steps.wind_gust[:-1], steps.wind_gust[1:])[stretch],
        "ghi_w_m2": np.round(ghi, 1),
        "dni_w_m2": np.round(dni, 1),
        "dhi_w_m2": np.round(dhi, 1),
    }
    first = steps.times[0]
    return to_hours(provider, [first + timedelta(hours=hour) for hour in range(len(starts))], columns)


def light_through_clouds(
    starts: Instants,
    cloud: FloatArray,
    latitude: float,
    longitude: float,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Hourly means of global, beam and diffuse irradiance under a sky that clouds cover to `cloud` percent [W/m²]."""
    quarters = (starts[:, np.newaxis] + (np.arange(QUARTERS) + 0.5) / QUARTERS * HOUR).ravel()
    sun = solar_position(quarters, latitude, longitude)
    day_of_year = (quarters - quarters.astype("datetime64[Y]")) // np.timedelta64(24, "h")
    turbidity = linke_turbidity(latitude, longitude)[np.minimum(day_of_year.astype(int), 364) * 24]
    clear, _, _ = ineichen(
        sun.apparent_zenith, sun.dni_extra, turbidity, lookup_elevation(latitude, longitude)
    )
    ghi = clear * (1.0 - 0.75 * (np.repeat(np.nan_to_num(cloud), QUARTERS) / 100.0) ** 3.4)
    dni, dhi = erbs(ghi, sun.zenith, sun.dni_extra)

    def hourly(values: FloatArray) -> FloatArray:
        means: FloatArray = values.reshape(-1, QUARTERS).mean(axis=1)
        return np.where(np.isnan(cloud), np.nan, means)

    return hourly(ghi), hourly(dni), hourly(dhi)


def _between(
    middles: FloatArray, at: FloatArray, values: FloatArray, stretch: NDArray[np.integer]
) -> FloatArray:
    """On straight lines between the instants; unknown where either end is."""
    lines: FloatArray = np.interp(middles, at, np.nan_to_num(values))
    unknown = np.isnan(values[:-1]) | np.isnan(values[1:])
    return np.where(unknown[stretch], np.nan, lines)
