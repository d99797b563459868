"""The energy of an array: an hourly year for sizing, or the hours of a forecast.

The chain: Perez transposition, rows shading each other, obstacles and dirt, coated glass, spectrum, cell temperature,
modules that are linear or a diode, itemised losses, an inverter's curve and its limit.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from core.pv.energy import EnergyYear, PowerSeries
from core.pv.module import pvwatts_dc, relative_efficiency
from core.pv.plane import Daylight, PlaneConditions, plane_conditions
from core.pv.single_diode import relative_power
from core.pv.solar_position import Instants, solar_position, solar_position_year
from core.pv.system import Plane, System, demand_physical
from core.pv.weather_year import MONTH_OF_HOUR, FloatArray, WeatherYear

__all__ = ["EnergyYear", "Plane", "PowerSeries", "System", "simulate", "simulate_times"]


def simulate(year: WeatherYear, planes: Sequence[Plane], system: System) -> EnergyYear:
    """Run an array through a year of weather.

    Parameters
    ----------
    year : WeatherYear
        Light, air and wind of the site.
    planes : sequence of Plane
        At least one; all of them feed one inverter.
    system : System
        The rest of the plant.

    Returns
    -------
    EnergyYear
        Power in each hour, sums, and losses by stage.

    Raises
    ------
    ValueError
        If there is no plane, or a number lies outside its physical range.

    Notes
    -----
    Against PVWatts version 8 (NREL-PySAM 7.1.1, standard module) on the three typical years that pvlib ships and on
    modelled years of eight sites between 60° N and 45° S, eight orientations each (`make bench ONLY=energy`): roof
    -0.2 % in the annual mean, worst -0.8 %, worst month +2.8 %; rack +0.4 %, worst +1.0 %. With `noct_sam`, version 8's
    own module as a diode and its inverter: roof 0.0 %, worst +0.4 %. What then remains is the spectrum of a sun below
    4°, where version 8 follows its polynomial out of its range.
    """
    return EnergyYear(*_run(_daylight(year), year.temp_air, planes, system))


@lru_cache(maxsize=8)
def _daylight(year: WeatherYear) -> Daylight:
    """Give what all arrays under one year see, since a design tries several: some hundred kilobytes each."""
    return Daylight.select(
        solar_position_year(year.latitude, year.longitude, year.utc_offset, year.minute),
        month=MONTH_OF_HOUR,
        elevation=year.elevation,
        ghi=year.ghi,
        dni=year.dni,
        dhi=year.dhi,
        temp_air=year.temp_air,
        wind_speed=year.wind_speed,
    )


def simulate_times(
    times_utc: Instants,
    latitude: float,
    longitude: float,
    elevation: float,
    *,
    ghi: FloatArray,
    dni: FloatArray,
    dhi: FloatArray,
    temp_air: FloatArray,
    wind_speed: FloatArray,
    planes: Sequence[Plane],
    system: System,
) -> PowerSeries:
    """Run an array through consecutive hours, such as those of a forecast.

    Parameters
    ----------
    times_utc : ndarray of datetime64, shape (n,)
        The middle of each hour; for means over the preceding hour that is half an hour before their stamp.
    latitude, longitude : float
        Degrees north and east. [°]
    elevation : float
        Above sea level. [m]
    ghi, dni, dhi, temp_air, wind_speed : ndarray, shape (n,)
        As in `WeatherYear`.
    planes, system
        As in `simulate`.

    Returns
    -------
    PowerSeries
        Arrays of length n.

    Raises
    ------
    ValueError
        As `simulate`, and if the weather is not one finite value for each instant.

    Notes
    -----
    An hour in whose middle the sun is still, or already, below the horizon counts as dark.
    """
    weather = {"ghi": ghi, "dni": dni, "dhi": dhi, "temp_air": temp_air, "wind_speed": wind_speed}
    for name, values in weather.items():
        if values.shape != times_utc.shape or not np.isfinite(values).all():
            raise ValueError(f"{name} needs one finite value for each of the {len(times_utc)} instants")
    sun = solar_position(times_utc, latitude, longitude)
    month = times_utc.astype("datetime64[M]").astype(np.int64) % 12
    daylight = Daylight.select(sun, month=month, elevation=elevation, **weather)
    return PowerSeries(*_run(daylight, temp_air, planes, system))


class _Result(NamedTuple):
    planes: tuple[Plane, ...]
    p_ac: FloatArray
    p_dc: FloatArray
    poa_global: FloatArray
    temp_cell: FloatArray
    losses: dict[str, float]


def _run(daylight: Daylight, temp_air: FloatArray, planes: Sequence[Plane], system: System) -> _Result:
    demand_physical(planes, system)
    unshaded = _left_by(system.shading_percent, daylight)
    clean = _left_by(system.soiling_percent, daylight)
    conditions = [plane_conditions(daylight, plane, system, passing=unshaded * clean) for plane in planes]
    warm = np.zeros(len(daylight.lit))
    modules = np.zeros(len(daylight.lit))
    for plane, seen in zip(planes, conditions, strict=True):
        linear = pvwatts_dc(
            seen.effective_irradiance, seen.temp_cell, pdc0=plane.pdc0, gamma_pdc=plane.gamma_pdc
        )
        warm += linear
        if plane.diode is None:
            modules += linear * relative_efficiency(seen.effective_irradiance)
        else:
            modules += plane.pdc0 * relative_power(plane.diode, seen.effective_irradiance, seen.temp_cell)
    p_dc = modules * (1.0 - system.losses_percent / 100.0)
    converted = system.inverter.unlimited(p_dc, pac0=system.pac0)
    p_ac = np.minimum(converted, system.pac0)
    return _Result(
        planes=tuple(planes),
        p_ac=daylight.spread(p_ac),
        p_dc=daylight.spread(p_dc),
        poa_global=np.stack([daylight.spread(seen.poa_global) for seen in conditions]),
        temp_cell=np.stack([daylight.spread(seen.temp_cell, temp_air) for seen in conditions]),
        losses=_stages(planes, conditions, unshaded, after=(warm, modules, p_dc, converted, p_ac)),
    )


def _left_by(lost_percent: Sequence[float], daylight: Daylight) -> FloatArray:
    """Give the share of the light that stays in each lit interval, from what is lost in each month."""
    return (1.0 - np.asarray(lost_percent, dtype=np.float64) / 100.0)[daylight.month]


def _stages(
    planes: Sequence[Plane],
    conditions: Sequence[PlaneConditions],
    unshaded: FloatArray,
    *,
    after: tuple[FloatArray, ...],
) -> dict[str, float]:
    """Give the percentage lost between each amount of energy and the next."""

    def worth(lights: Sequence[FloatArray]) -> float:
        return sum(
            plane.pdc0 / 1000.0 * float(light.sum()) for plane, light in zip(planes, lights, strict=True)
        )

    amounts = [
        worth([seen.poa_global for seen in conditions]),
        worth([seen.unshaded for seen in conditions]),
        worth([seen.unshaded * unshaded for seen in conditions]),
        worth([seen.incident for seen in conditions]),
        worth([seen.transmitted for seen in conditions]),
        worth([seen.effective_irradiance for seen in conditions]),
        *(float(power.sum()) for power in after),
    ]
    return {
        stage: 100.0 * (1.0 - left / entering) if entering > 0.0 else 0.0
        for stage, entering, left in zip(_STAGES, amounts[:-1], amounts[1:], strict=True)
    }


_STAGES = (
    "row_shading",
    "shading",
    "soiling",
    "reflection",
    "spectrum",
    "temperature",
    "low_light",
    "system",
    "inverter",
    "clipping",
)
