"""Equipment by name: curated datasheets for design and checks, the CEC tables for energy.

`find_*` resolves a name exactly or refuses it with suggestions; `search_*` forgives typing errors.
"""

from core.catalog.search import (
    find_battery,
    find_inverter,
    find_module,
    search_batteries,
    search_inverters,
    search_modules,
)

__all__ = [
    "find_battery",
    "find_inverter",
    "find_module",
    "search_batteries",
    "search_inverters",
    "search_modules",
]
