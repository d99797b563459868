"""Finding a product in the curated tables, by its exact name or by something like it."""

from collections.abc import Sequence
from functools import cache
from typing import Generic

from core.catalog import tables
from core.catalog.names import LEAST_FOUND, closeness, closest, compact, likeness, unknown
from core.catalog.tables import Datasheet, Entry
from core.errors import NotFound
from state.equipment import (
    BatteryDatasheet,
    ChargeControllerDatasheet,
    InverterDatasheet,
    ModuleDatasheet,
)

Sheet = ModuleDatasheet | InverterDatasheet | BatteryDatasheet | ChargeControllerDatasheet


def find_module(name: str) -> ModuleDatasheet:
    """The module of that name, spelling of case and punctuation aside.

    Raises
    ------
    NotFound
        No module, or more than one, has that name; the message suggests the nearest.
    """
    return _modules().find(name)


def find_inverter(name: str) -> InverterDatasheet:
    """Like `find_module`, for inverters."""
    return _inverters().find(name)


def find_battery(name: str) -> BatteryDatasheet:
    """Like `find_module`, for batteries."""
    return _batteries().find(name)


def search_modules(query: str = "", limit: int = 10) -> list[ModuleDatasheet]:
    """The modules most like `query`, best first; every module, in table order, for an empty query."""
    return _modules().search(query, limit)


def search_inverters(query: str = "", limit: int = 10) -> list[InverterDatasheet]:
    """Like `search_modules`, for inverters."""
    return _inverters().search(query, limit)


def search_batteries(query: str = "", limit: int = 10) -> list[BatteryDatasheet]:
    """Like `search_modules`, for batteries."""
    return _batteries().search(query, limit)


def search_charge_controllers(query: str = "", limit: int = 10) -> list[ChargeControllerDatasheet]:
    """Like `search_modules`, for MPPT charge controllers."""
    return _charge_controllers().search(query, limit)


def charge_controllers() -> list[ChargeControllerDatasheet]:
    """All of them, in table order."""
    return [entry.datasheet for entry in tables.charge_controllers()]


class Shelf(Generic[Datasheet]):
    """The products of one kind under every name they answer to."""

    def __init__(self, kind: str, entries: Sequence[Entry[Datasheet]]) -> None:
        self._kind = kind
        self._titled = {title(entry.datasheet): entry for entry in entries}
        self._named: dict[str, list[Datasheet]] = {}
        for entry in entries:
            for name in {compact(name) for name in _names(entry)}:
                self._named.setdefault(name, []).append(entry.datasheet)

    def find(self, name: str) -> Datasheet:
        found = self._named.get(compact(name), [])
        if len(found) == 1:
            return found[0]
        nearest = [title(each) for each in found] or closest(name, list(self._titled))
        raise NotFound(unknown(self._kind, name, nearest))

    def search(self, query: str, limit: int) -> list[Datasheet]:
        entries = list(self._titled.values())
        if not compact(query):
            return [entry.datasheet for entry in entries[:limit]]
        # Of two that hold the query equally well, the one with less else in a name of its own is meant.
        scored = [
            (
                likeness(query, description(entry)),
                max(closeness(query, name) for name in _names(entry)),
                entry,
            )
            for entry in entries
        ]
        ranked = sorted(scored, key=lambda each: (-each[0], -each[1]))
        return [entry.datasheet for found, _, entry in ranked[:limit] if found >= LEAST_FOUND]


def title(datasheet: Sheet) -> str:
    """The name a product is shown and suggested under."""
    return f"{datasheet.manufacturer} {datasheet.model}"


def description(entry: Entry[Datasheet]) -> str:
    """All that a search may ask for: the names, the kind, the rating."""
    sheet = entry.datasheet
    match sheet:
        case ModuleDatasheet():
            rating = f"{sheet.p_mp_w:g} W"
        case InverterDatasheet():
            rating = f"{sheet.kind or ''} {sheet.pac_w:g} W {sheet.pac_w / 1000:g} kW"
        case BatteryDatasheet():
            rating = f"{sheet.chemistry} {sheet.nominal_v:g} V {sheet.capacity_ah:g} Ah"
        case ChargeControllerDatasheet():
            volts = " ".join(f"{each:g} V" for each in sheet.battery_voltages_v)
            rating = f"{sheet.charge_current_max_a:g} A {volts}"
    return " ".join((title(sheet), *entry.aliases, rating))


def _names(entry: Entry[Datasheet]) -> tuple[str, ...]:
    return (title(entry.datasheet), entry.datasheet.model, *entry.aliases)


@cache
def _modules() -> Shelf[ModuleDatasheet]:
    return Shelf("module", tables.modules())


@cache
def _inverters() -> Shelf[InverterDatasheet]:
    return Shelf("inverter", tables.inverters())


@cache
def _batteries() -> Shelf[BatteryDatasheet]:
    return Shelf("battery", tables.batteries())


@cache
def _charge_controllers() -> Shelf[ChargeControllerDatasheet]:
    return Shelf("charge controller", tables.charge_controllers())
