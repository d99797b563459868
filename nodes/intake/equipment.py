"""Equipment that no catalogue knows, and datasheets whose figures cannot all be true."""

from collections.abc import Callable, Iterator

from core.catalog import find_battery, find_inverter, find_module
from core.catalog.prices import find_price_book
from core.errors import FieldError, NotFound
from state.equipment import BatteryDatasheet, InverterDatasheet, ModuleDatasheet
from state.job import JobInput

POWER_TOLERANCE = 0.10
"""p_mp against v_mp · i_mp: datasheets round to the watt, a wrong unit or column is far off."""
VOLTAGE_TOLERANCE = 0.10
"""Nominal voltages name classes: sixteen lithium cells of 3.2 V are 51.2 V in the 48 V class, 6.7 % off."""


def unknown_names(job: JobInput) -> Iterator[FieldError]:
    kinds: dict[str, Callable[[str], object]] = {
        "module": find_module,
        "inverter": find_inverter,
        "battery": find_battery,
    }
    for kind, find in kinds.items():
        name = getattr(job.equipment, kind)
        if isinstance(name, str):
            try:
                find(name)
            except NotFound as unknown:
                yield FieldError(f"/equipment/{kind}", unknown.detail)


def price_book(job: JobInput) -> Iterator[FieldError]:
    name = job.economics.price_book
    if not isinstance(name, str):
        return
    at = "/economics/price_book"
    try:
        book = find_price_book(name)
    except NotFound as unknown:
        yield FieldError(at, unknown.detail)
        return
    if book.currency != job.economics.currency:
        yield FieldError(at, f"is in {book.currency}, the job in {job.economics.currency}")


def module_datasheet(job: JobInput) -> Iterator[FieldError]:
    module = job.equipment.module
    if not isinstance(module, ModuleDatasheet):
        return
    at = "/equipment/module"
    if module.v_mp_v >= module.v_oc_v:
        yield FieldError(f"{at}/v_mp_v", f"must be below v_oc_v, {module.v_oc_v:g} V")
    if module.i_mp_a >= module.i_sc_a:
        yield FieldError(f"{at}/i_mp_a", f"must be below i_sc_a, {module.i_sc_a:g} A")
    product = module.v_mp_v * module.i_mp_a
    if abs(module.p_mp_w - product) > POWER_TOLERANCE * product:
        yield FieldError(f"{at}/p_mp_w", f"contradicts v_mp_v · i_mp_a, which are {product:.0f} W")
    if module.max_system_voltage_v is not None and module.max_system_voltage_v <= module.v_oc_v:
        yield FieldError(f"{at}/max_system_voltage_v", f"must be above v_oc_v, {module.v_oc_v:g} V")
    if module.max_series_fuse_a is not None and module.max_series_fuse_a <= module.i_sc_a:
        yield FieldError(f"{at}/max_series_fuse_a", f"must be above i_sc_a, {module.i_sc_a:g} A")


def inverter_datasheet(job: JobInput) -> Iterator[FieldError]:
    inverter = job.equipment.inverter
    if not isinstance(inverter, InverterDatasheet):
        return
    at = "/equipment/inverter"
    if _exceeds(inverter.mppt_min_v, inverter.mppt_max_v):
        yield FieldError(f"{at}/mppt_min_v", f"must not exceed mppt_max_v, {inverter.mppt_max_v:g} V")
    for name in ("mppt_max_v", "v_start_v"):
        if _exceeds(getattr(inverter, name), inverter.vdc_max_v):
            yield FieldError(f"{at}/{name}", f"must not exceed vdc_max_v, {inverter.vdc_max_v:g} V")


def storage(job: JobInput) -> Iterator[FieldError]:
    battery, inverter = job.equipment.battery, job.equipment.inverter
    bank_v = job.storage.system_voltage_v
    chemistry = job.equipment.battery_chemistry
    if isinstance(battery, BatteryDatasheet) and chemistry not in (None, battery.chemistry):
        yield FieldError(
            "/equipment/battery_chemistry", f"contradicts the battery's chemistry, {battery.chemistry}"
        )
    if job.system_type == "grid_tied":
        return
    if isinstance(battery, BatteryDatasheet) and not _builds(battery.nominal_v, bank_v):
        yield FieldError(
            "/storage/system_voltage_v", f"{bank_v:g} V cannot be built from units of {battery.nominal_v:g} V"
        )
    inverter_v = inverter.battery_voltage_v if isinstance(inverter, InverterDatasheet) else None
    if inverter_v is not None and abs(inverter_v - bank_v) > VOLTAGE_TOLERANCE * bank_v:
        yield FieldError(
            "/storage/system_voltage_v",
            f"{bank_v:g} V contradicts the inverter's battery_voltage_v, {inverter_v:g} V",
        )


def installed_strings(job: JobInput) -> Iterator[FieldError]:
    inverter = job.equipment.inverter
    if not isinstance(inverter, InverterDatasheet) or inverter.mppt_count is None:
        return
    for index, string in enumerate(job.array.strings or []):
        if string.mppt > inverter.mppt_count:
            yield FieldError(
                f"/array/strings/{index}/mppt", f"the inverter has {inverter.mppt_count} MPP trackers"
            )


def _exceeds(low: float | None, high: float | None) -> bool:
    return low is not None and high is not None and low > high


def _builds(unit_v: float, bank_v: float) -> bool:
    """Whether a whole number of units in series makes the bank's voltage class."""
    in_series = round(bank_v / unit_v)
    return in_series >= 1 and abs(in_series * unit_v - bank_v) <= VOLTAGE_TOLERANCE * bank_v
