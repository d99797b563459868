"""Equipment by name: curated datasheets for design and checks, the CEC tables for energy.

`find_*` resolves a name exactly or refuses it with suggestions; `search_*` forgives typing errors.
"""

from core.catalog.search import (
    charge_controllers,
    find_battery,
    find_inverter,
    find_module,
    search_batteries,
    search_charge_controllers,
    search_inverters,
    search_modules,
)

__all__ = [
    "charge_controllers",
    "find_battery",
    "find_inverter",
    "find_module",
    "search_batteries",
    "search_charge_controllers",
    "search_inverters",
    "search_modules",
]
