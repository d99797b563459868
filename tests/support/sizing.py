"""Years, climates, jobs and datasheets that the tests of sizing start from."""

import math
from functools import cache
from typing import Any

import numpy as np

from core.pv.solar_position import solar_position_year
from core.pv.weather_year import DAYS_IN_MONTH, WeatherYear, monthly_sums
from nodes.sizing.engine import size
from state.job import JobInput
from state.sizing import SizingAnswer, SizingResult
from state.weather import PeakSunHours, Resource
from tests.support.typical_years import typical_year

NAIROBI = {"latitude": -1.29, "longitude": 36.82, "elevation_m": 1795, "timezone": "Africa/Nairobi"}
GREENSBORO = {"latitude": 36.1, "longitude": -79.95, "elevation_m": 273, "timezone": "America/New_York"}

MODULE: dict[str, Any] = {
    "manufacturer": "Example",
    "model": "M 400",
    "p_mp_w": 400,
    "v_oc_v": 49.8,
    "i_sc_a": 10.36,
    "v_mp_v": 41.7,
    "i_mp_a": 9.6,
    "beta_voc_pct_per_c": -0.28,
    "gamma_pmp_pct_per_c": -0.36,
    "area_m2": 2.0,
    "max_system_voltage_v": 1500,
    "max_series_fuse_a": 20,
}
STRING_INVERTER: dict[str, Any] = {
    "manufacturer": "Example",
    "model": "S 5000",
    "kind": "string",
    "pac_w": 5000,
    "vdc_max_v": 600,
    "mppt_min_v": 100,
    "mppt_max_v": 500,
    "v_start_v": 125,
    "mppt_count": 2,
    "pdc_max_w": 7500,
    "isc_max_per_mppt_a": 30,
    "idc_max_per_mppt_a": 22,
    "ac_current_max_a": 21.7,
    "ac_voltage_v": 230,
    "efficiency_pct": 97,
}
HYBRID_INVERTER: dict[str, Any] = STRING_INVERTER | {
    "model": "H 5000",
    "kind": "hybrid",
    "surge_w": 10000,
    "battery_voltage_v": 48,
    "charge_current_max_a": 100,
}
LITHIUM: dict[str, Any] = {
    "manufacturer": "Example",
    "model": "L 100",
    "chemistry": "lithium_ion",
    "nominal_v": 51.2,
    "capacity_ah": 100,
    "depth_of_discharge_pct": 80,
    "round_trip_efficiency_pct": 94,
    "max_charge_a": 100,
    "max_discharge_a": 100,
}
LEAD_ACID: dict[str, Any] = {
    "manufacturer": "Example",
    "model": "P 200",
    "chemistry": "lead_acid",
    "nominal_v": 12,
    "capacity_ah": 200,
}
HOME = [
    {"name": "Fridge", "hours_per_day": 8, "critical": True},
    {"name": "lights", "quantity": 10, "hours_per_day": 5, "critical": True},
    {"name": "TV", "hours_per_day": 4},
    {"name": "Pump", "power_w": 750, "hours_per_day": 1, "surge_factor": 3},
]
DATASHEETS = {"module": MODULE, "inverter": STRING_INVERTER}
COLD_UNKNOWN: dict[str, Any] = {"electrical": {"service_voltage_v": 230}}


@cache
def nairobi_year() -> WeatherYear:
    """Equatorial sun, every fourth day overcast; made here, not measured."""
    sun = solar_position_year(-1.29, 36.82, 3.0, 30.0)
    cos_zenith = np.maximum(np.cos(np.radians(sun.apparent_zenith)), 0.0)
    overcast = np.repeat(np.arange(365) % 4 == 3, 24)
    ghi = 1050.0 * cos_zenith**1.15 * np.where(overcast, 0.4, 0.85)
    dhi = ghi * np.where(overcast, 0.9, 0.25)
    hours = np.arange(8760) % 24
    return WeatherYear(
        latitude=-1.29,
        longitude=36.82,
        elevation=1795.0,
        utc_offset=3.0,
        ghi=ghi,
        dni=np.where(cos_zenith > 0.05, (ghi - dhi) / np.maximum(cos_zenith, 0.05), 0.0),
        dhi=dhi,
        temp_air=18.0 + 6.0 * np.sin((hours - 9.0) / 24.0 * 2.0 * math.pi),
        wind_speed=np.full(8760, 2.5),
        source="made for tests",
    )


@cache
def greensboro_year() -> WeatherYear:
    """The TMY3 of Greensboro Piedmont Triad (723170) that pvlib carries."""
    return typical_year("723170TYA.CSV")


def resource_of(year: WeatherYear, **changes: Any) -> Resource:
    daily = monthly_sums(year.ghi) / 1000.0 / DAYS_IN_MONTH
    given: dict[str, Any] = {
        "ref": "file:test",
        "source": year.source,
        "quality": "user",
        "annual_ghi_kwh_m2": float(year.ghi.sum()) / 1000.0,
        "peak_sun_hours": PeakSunHours(
            annual_mean=float(daily.mean()), worst_month=float(daily.min()), monthly=daily.tolist()
        ),
        "monthly_temp_air_c": (monthly_sums(year.temp_air) / 24.0 / DAYS_IN_MONTH).tolist(),
        "uncertainty_percent": 5.0,
    }
    return Resource.model_validate(given | changes)


def job_of(**changes: Any) -> JobInput:
    """A grid-tied home in Nairobi with its cold temperature known; each change replaces a top-level field."""
    given: dict[str, Any] = {
        "kind": "sizing",
        "system_type": "grid_tied",
        "site": NAIROBI,
        "demand": {"daily_kwh": 12},
        "electrical": {"design_temp_min_c": 6, "service_voltage_v": 230},
    }
    return JobInput.model_validate(given | changes)


def sized(year: WeatherYear | None = None, **changes: Any) -> SizingResult:
    """The result for a job that leaves no question open."""
    year = year or nairobi_year()
    found = size(job_of(**changes), year, resource_of(year), {})
    assert found.questions == []
    assert found.sizing is not None
    return found.sizing


def answer(answers: dict[str, Any] | None = None, quality: str = "user", **changes: Any) -> SizingAnswer:
    """What sizing says to a job in Nairobi that may leave questions open."""
    year = nairobi_year()
    return size(job_of(**changes), year, resource_of(year, quality=quality), answers or {})


def check_of(result: SizingResult, check_id: str) -> Any:
    return next(check for check in result.checks if check.id == check_id)


def statuses(result: SizingResult) -> dict[str, str]:
    return {check.id: check.status for check in result.checks}
