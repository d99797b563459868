"""The equipment of a job: what was named, and what the catalogue offers where nothing was."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from core.catalog import (
    find_battery,
    find_inverter,
    find_module,
    search_batteries,
    search_inverters,
    search_modules,
)
from core.errors import FieldError, InvalidInput, NotFound
from state.equipment import BatteryDatasheet, Chemistry, Equipment, InverterDatasheet, ModuleDatasheet
from state.job import SystemType

Datasheet = TypeVar("Datasheet", ModuleDatasheet, InverterDatasheet, BatteryDatasheet)

WHOLE_CATALOGUE = 100_000
INVERTER_KINDS: dict[str, tuple[str, ...]] = {
    "grid_tied": ("string",),
    "hybrid": ("hybrid",),
    "off_grid": ("off_grid", "hybrid"),
}
DEFAULT_CHEMISTRY: Chemistry = "lithium_ion"


@dataclass(frozen=True, slots=True)
class Named:
    """What the job names, as datasheets; None where it leaves the choice to us."""

    module: ModuleDatasheet | None
    inverter: InverterDatasheet | None
    battery: BatteryDatasheet | None
    chemistry: Chemistry


def named(equipment: Equipment) -> Named:
    """Datasheets of the equipment a job names.

    Raises
    ------
    InvalidInput
        With a pointer to every name that no catalogue has.
    """
    errors: list[FieldError] = []
    module = _resolve(equipment.module, find_module, "/equipment/module", errors)
    inverter = _resolve(equipment.inverter, find_inverter, "/equipment/inverter", errors)
    battery = _resolve(equipment.battery, find_battery, "/equipment/battery", errors)
    chemistry = equipment.battery_chemistry
    if battery is not None and chemistry is not None and battery.chemistry != chemistry:
        reason = f"the battery named is {battery.chemistry}, not {chemistry}"
        errors.append(FieldError("/equipment/battery_chemistry", reason))
    if errors:
        raise InvalidInput(errors)
    if chemistry is None:
        chemistry = DEFAULT_CHEMISTRY if battery is None else battery.chemistry
    return Named(module, inverter, battery, chemistry)


def modules_to_try() -> list[ModuleDatasheet]:
    """The catalogue's modules, those that need least area first; of unknown area last."""
    return sorted(search_modules("", WHOLE_CATALOGUE), key=lambda each: (each.area_m2 or 1e9) / each.p_mp_w)


def every_inverter() -> list[InverterDatasheet]:
    return search_inverters("", WHOLE_CATALOGUE)


def inverters_to_try(system_type: SystemType) -> list[InverterDatasheet]:
    """The catalogue's inverters of the right kind, smallest first; for a battery those that tell its voltage."""
    kinds = INVERTER_KINDS[system_type]
    offered = [
        each
        for each in every_inverter()
        if each.kind in kinds and (system_type == "grid_tied" or each.battery_voltage_v is not None)
    ]
    return sorted(offered, key=lambda each: each.pac_w)


def batteries_to_try(chemistry: Chemistry) -> list[BatteryDatasheet]:
    return [each for each in search_batteries("", WHOLE_CATALOGUE) if each.chemistry == chemistry]


def title(datasheet: ModuleDatasheet | InverterDatasheet | BatteryDatasheet) -> str:
    """The name that people know it by."""
    return f"{datasheet.manufacturer} {datasheet.model}"


def titles(datasheets: Sequence[ModuleDatasheet] | Sequence[InverterDatasheet]) -> list[str]:
    return [title(each) for each in datasheets]


def _resolve(
    wanted: Datasheet | str | None,
    find: Callable[[str], Datasheet],
    pointer: str,
    errors: list[FieldError],
) -> Datasheet | None:
    if not isinstance(wanted, str):
        return wanted
    try:
        return find(wanted)
    except NotFound as unknown:
        errors.append(FieldError(pointer, unknown.detail))
        return None
