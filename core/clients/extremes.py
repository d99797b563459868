"""From daily extremes of many years to the temperatures that strings are designed for."""

from collections.abc import Sequence
from datetime import date

import numpy as np

from core.climate.interpolation import LAPSE_RATE
from core.errors import ProviderUnavailable
from core.pv.weather_year import FloatArray
from state.weather import DesignTemperatures

YEARS = 20
LEAST_YEARS = 10
FULL_YEAR = 360
"""Days that a year must know to count: the missing ones could have been the coldest."""

COLDEST, WARMEST = -90.0, 60.0
"""World records (WMO): −89.2 °C at Vostok, 56.7 °C at Furnace Creek. [°C]"""


def yearly_extremes(
    provider: str,
    source: str,
    days: Sequence[date],
    low: FloatArray,
    high: FloatArray,
    *,
    site_elevation: float,
    cell_elevation: float | None,
) -> DesignTemperatures:
    """Give the means of the yearly minima and maxima.

    Parameters
    ----------
    days : sequence of date, length n
    low, high : ndarray, shape (n,)
        Extremes of each day, not a number where unknown. [°C]
    site_elevation, cell_elevation : float
        A site above its cell is taken to be colder by 6.5 K/km (ISO 2533), one below it no warmer. [m]

    Raises
    ------
    ProviderUnavailable
        Fewer than ten full years, or values that cannot be.
    """
    known = np.isfinite(low) & np.isfinite(high)
    if known.any() and (
        low[known].min() < COLDEST or high[known].max() > WARMEST or (low > high)[known].any()
    ):
        raise ProviderUnavailable(provider, "temperatures that cannot be: other units than were asked for")
    year_of = np.array([day.year for day in days])
    full = [int(year) for year in np.unique(year_of) if (known & (year_of == year)).sum() >= FULL_YEAR]
    if len(full) < LEAST_YEARS:
        raise ProviderUnavailable(provider, f"knows {len(full)} full years; {LEAST_YEARS} are needed")
    coldest = float(np.mean([low[known & (year_of == year)].min() for year in full]))
    warmest = float(np.mean([high[known & (year_of == year)].max() for year in full]))
    colder = 0.0 if cell_elevation is None else max(0.0, LAPSE_RATE * (site_elevation - cell_elevation))
    warmer = 0.0 if cell_elevation is None else max(0.0, LAPSE_RATE * (cell_elevation - site_elevation))
    moved = (
        f"; the site lies {abs(site_elevation - cell_elevation):.0f} m off the cell's height"
        if cell_elevation is not None and max(colder, warmer) > 0.5
        else ""
    )
    return DesignTemperatures(
        min_c=round(coldest - colder, 1),
        max_c=round(warmest + warmer, 1),
        source=f"{source}, {full[0]} to {full[-1]}",
        approximation=(
            f"Mean of the yearly extremes of {len(full)} years of daily values of a grid cell{moved}: an approximation "
            "of the extreme annual mean minimum; hollows where cold air gathers are colder"
        ),
    )
