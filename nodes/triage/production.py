"""What the array should produce a day, against which a loss is reckoned."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from nodes.triage.settings import TriageSettings
from state.equipment import ModuleDatasheet
from state.job import JobInput
from state.weather import Forecast, ForecastHour, WeatherResult


@dataclass(frozen=True, slots=True)
class ExpectedProduction:
    """AC energy of the whole array on a day of the coming weather, and what that rests on. [kWh/day]"""

    kwh_per_day: float
    basis: str


def expected_production(
    job: JobInput, weather: WeatherResult | None, settings: TriageSettings
) -> ExpectedProduction | None:
    """Expected production of the job's own array; None where its size or the sun is not known.

    Daily irradiation on the horizontal [kWh/m²] times nameplate [kWp], less the array's stated losses and the
    inverter's. Tilt is not accounted for: near the equator within a few percent, more at higher latitudes.
    """
    pdc0 = array_size_w(job)
    sun = None if pdc0 is None else _daily_irradiation(job, weather)
    if pdc0 is None or sun is None:
        return None
    irradiation, whence = sun
    ratio = (1 - job.array.system_losses_percent / 100) * settings.performance_ratio_after_losses
    basis = f"{irradiation:.1f} kWh/m² a day {whence} × {pdc0 / 1000:g} kWp × {ratio:.2f}"
    return ExpectedProduction(irradiation * pdc0 / 1000 * ratio, basis)


@dataclass(frozen=True, slots=True)
class ExpectedPower:
    """AC power that the array should deliver at the moment of measurement, and what that rests on. [W]"""

    watts: float
    basis: str
    normal_above: float
    """Share of it from which on the measured power is normal: less where the sun itself is a forecast."""


MEASURED_SUN, FORECAST_SUN = 0.85, 0.6
"""Share that still counts as normal: module temperature takes up to 15 %; a forecast of the horizontal irradiance
errs by more than that, and the array's tilt is not in it."""
DARK_W_M2 = 50.0
"""Below this irradiance power tells nothing."""


def power_expected(
    job: JobInput, forecast: Forecast | None, settings: TriageSettings
) -> ExpectedPower | None:
    """What the job's own array should deliver when it was measured.

    By the irradiance in its plane if that was measured too, else by the forecast of the hour of `measured_at`. None
    where the array's size, the moment or the sun is not known, or it was dark.
    """
    pdc0 = array_size_w(job)
    sun = _sun(job, forecast)
    if pdc0 is None or sun is None or sun[0] < DARK_W_M2 or job.array.system_losses_percent >= 100:
        return None
    irradiance, whence, normal_above = sun
    ratio = (1 - job.array.system_losses_percent / 100) * settings.performance_ratio_after_losses
    basis = f"{irradiance:.0f} W/m² {whence} × {pdc0 / 1000:g} kWp × {ratio:.2f}"
    return ExpectedPower(irradiance / 1000 * pdc0 * ratio, basis, normal_above)


def _sun(job: JobInput, forecast: Forecast | None) -> tuple[float, str, float] | None:
    measured = job.ticket.measurements if job.ticket else None
    if measured is None:
        return None
    if measured.poa_global_w_m2 is not None:
        return measured.poa_global_w_m2, "measured", MEASURED_SUN
    if measured.measured_at is None or forecast is None:
        return None
    for hour in forecast.hourly:
        if hour.start <= measured.measured_at < hour.start + timedelta(hours=1) and hour.ghi_w_m2 is not None:
            return hour.ghi_w_m2, f"in the forecast of {forecast.source}", FORECAST_SUN
    return None


def array_size_w(job: JobInput) -> float | None:
    """Nameplate of the existing array, as stated or counted from its strings. [W]"""
    if job.array.pdc0_w is not None:
        return job.array.pdc0_w
    if job.array.strings and isinstance(job.equipment.module, ModuleDatasheet):
        modules = sum(layout.modules_per_string * layout.parallel for layout in job.array.strings)
        return modules * job.equipment.module.p_mp_w
    return None


def _daily_irradiation(job: JobInput, weather: WeatherResult | None) -> tuple[float, str] | None:
    if weather is not None and weather.forecast is not None:
        days = _whole_days(weather.forecast, job.site.timezone or "UTC")
        if days:
            return sum(days) / len(days), f"in the forecast of {weather.forecast.source}"
    if job.resource.peak_sun_hours is not None:
        return job.resource.peak_sun_hours, "as stated"
    if weather is not None:
        return weather.resource.peak_sun_hours.annual_mean, f"on yearly mean ({weather.resource.source})"
    return None


def _whole_days(forecast: Forecast, timezone: str) -> list[float]:
    """Irradiation of each local day that the forecast covers without a gap. [kWh/m²]"""
    days: dict[object, list[ForecastHour]] = defaultdict(list)
    for hour in forecast.hourly:
        days[hour.start.astimezone(ZoneInfo(timezone)).date()].append(hour)
    return [total for hours in days.values() if (total := _irradiation(hours)) is not None]


def _irradiation(hours: Sequence[ForecastHour]) -> float | None:
    known = [hour.ghi_w_m2 for hour in hours if hour.ghi_w_m2 is not None]
    return sum(known) / 1000 if len(hours) >= 23 and len(known) == len(hours) else None
