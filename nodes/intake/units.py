"""Figures that lie within their bounds and yet can hardly be in the unit of their field.

Figures out of their bounds are refused where the document is parsed, with the same suspicion.
"""

import math
from collections.abc import Iterator

from core.climate.terrain import lookup_timezone
from core.errors import FieldError
from state.equipment import BatteryDatasheet, InverterDatasheet, ModuleDatasheet
from state.job import JobInput

LEAST_INVERTER_W = 100.0
"""The smallest micro-inverters have some 250 W."""
LEAST_APPLIANCE_W = 1.0
LEAST_COEFFICIENT = 0.05
"""Percent per kelvin; the least of a silicon module's voltage and power coefficients are above 0.2."""
LEAST_PERCENT = 1.0
MOST_POWER_PER_AREA = 350.0
"""W/m²; 35 % of the light, more than any module on sale."""
CURRENT_FACTOR = 3.0
"""Output current against power ÷ voltage: phases and overloads make a factor of two, units one of a thousand."""
MOST_DWELLING_KWH = 2000.0
"""A day's energy that no one- or two-family home uses; homes use some ten to hundred."""


def module_units(job: JobInput) -> Iterator[FieldError]:
    module, at = job.equipment.module, "/equipment/module"
    if not isinstance(module, ModuleDatasheet):
        return
    for name in ("beta_voc_pct_per_c", "gamma_pmp_pct_per_c", "beta_vmp_pct_per_c"):
        coefficient = getattr(module, name)
        if coefficient is not None and abs(coefficient) < LEAST_COEFFICIENT:
            yield _fraction(f"{at}/{name}", coefficient, "% per °C")
    if module.area_m2 is not None and module.p_mp_w > MOST_POWER_PER_AREA * module.area_m2:
        share = module.p_mp_w / module.area_m2 / 10.0
        yield FieldError(f"{at}/area_m2", f"{module.p_mp_w:g} W from it would be {share:.0f} % of the light")


def inverter_units(job: JobInput) -> Iterator[FieldError]:
    inverter, at = job.equipment.inverter, "/equipment/inverter"
    if not isinstance(inverter, InverterDatasheet):
        return
    if inverter.pac_w < LEAST_INVERTER_W:
        yield _kilowatts(f"{at}/pac_w", inverter.pac_w)
    if inverter.ac_current_max_a is not None and inverter.ac_voltage_v is not None:
        amperes = inverter.pac_w / inverter.ac_voltage_v
        if not 1 / CURRENT_FACTOR <= inverter.ac_current_max_a / amperes <= CURRENT_FACTOR:
            reason = f"contradicts pac_w ÷ ac_voltage_v, which are {amperes:.3g} A on one phase"
            yield FieldError(f"{at}/ac_current_max_a", reason)


def battery_units(job: JobInput) -> Iterator[FieldError]:
    battery, at = job.equipment.battery, "/equipment/battery"
    if not isinstance(battery, BatteryDatasheet):
        return
    for name in ("depth_of_discharge_pct", "round_trip_efficiency_pct"):
        percent = getattr(battery, name)
        if percent is not None and percent <= LEAST_PERCENT:
            yield _fraction(f"{at}/{name}", percent, "%")


def loss_units(job: JobInput) -> Iterator[FieldError]:
    losses = job.array.losses_percent
    if losses is not None and 0 < losses < LEAST_PERCENT:
        yield _fraction("/array/losses_percent", losses, "%")


def demand_units(job: JobInput) -> Iterator[FieldError]:
    demand = job.demand
    if demand is None:
        return
    for index, appliance in enumerate(demand.appliances):
        if appliance.power_w is not None and appliance.power_w < LEAST_APPLIANCE_W:
            yield _kilowatts(f"/demand/appliances/{index}/power_w", appliance.power_w)
    daily = demand.daily_kwh
    if daily is not None and daily > MOST_DWELLING_KWH and job.electrical.dwelling:
        yield FieldError(
            "/demand/daily_kwh",
            f"{daily:,.0f} kWh a day are no home's: is the figure in Wh? Or set electrical.dwelling to false",
        )


def swapped_position(job: JobInput) -> Iterator[FieldError]:
    """Open sea, where latitude and longitude the other way round would be land; or the zone says they are."""
    latitude, longitude = job.site.latitude, job.site.longitude
    if not (math.isfinite(longitude) and abs(longitude) <= 90) or latitude == longitude:
        return
    here, swapped = lookup_timezone(latitude, longitude), lookup_timezone(longitude, latitude)
    stated = job.site.timezone
    at_sea = here.startswith("Etc/") and not swapped.startswith("Etc/")
    if at_sea or (stated is not None and stated != here and stated == swapped):
        where = "open sea" if at_sea else f"in the time zone {here}"
        yield FieldError(
            "/site", f"{latitude:g}, {longitude:g} is {where}: are latitude and longitude swapped?"
        )


def _fraction(pointer: str, value: float, unit: str) -> FieldError:
    return FieldError(
        pointer, f"{value:g} {unit} can hardly be meant: is it a fraction? {100 * value:g} {unit} then"
    )


def _kilowatts(pointer: str, value: float) -> FieldError:
    return FieldError(pointer, f"{value:g} W can hardly be meant: is it in kW? {1000 * value:g} W then")
