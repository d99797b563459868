"""The curated datasheets: four TOML files in this package, one row per product.

A row holds figures in the unit of its source; `source` says where they were read, `notes` what a reader of
the figures must know. Both travel in the datasheet's `source`, so a result can be traced to the document.
"""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Generic, TypeVar

from state.equipment import (
    BatteryDatasheet,
    ChargeControllerDatasheet,
    InverterDatasheet,
    ModuleDatasheet,
)

Datasheet = TypeVar(
    "Datasheet", bound=ModuleDatasheet | InverterDatasheet | BatteryDatasheet | ChargeControllerDatasheet
)


@dataclass(frozen=True, slots=True)
class Entry(Generic[Datasheet]):
    """A datasheet and the other names it is sold or filed under."""

    datasheet: Datasheet
    aliases: tuple[str, ...] = ()


@cache
def modules() -> tuple[Entry[ModuleDatasheet], ...]:
    return _read("modules", ModuleDatasheet, _module_figures)


@cache
def inverters() -> tuple[Entry[InverterDatasheet], ...]:
    return _read("inverters", InverterDatasheet, dict)


@cache
def batteries() -> tuple[Entry[BatteryDatasheet], ...]:
    return _read("batteries", BatteryDatasheet, dict)


@cache
def charge_controllers() -> tuple[Entry[ChargeControllerDatasheet], ...]:
    return _read("charge_controllers", ChargeControllerDatasheet, dict)


def _read(
    kind: str, model: type[Datasheet], figures_of: Callable[[dict[str, Any]], dict[str, Any]]
) -> tuple[Entry[Datasheet], ...]:
    rows = tomllib.loads(files(__package__).joinpath(f"{kind}.toml").read_text("utf-8"))["rows"]
    return tuple(_entry(row, model, figures_of) for row in rows)


def _entry(
    row: dict[str, Any], model: type[Datasheet], figures_of: Callable[[dict[str, Any]], dict[str, Any]]
) -> Entry[Datasheet]:
    aliases = tuple(row.pop("aliases", ()))
    source = _citation(row.pop("source"), row.pop("notes", []))
    return Entry(model(**figures_of(row), source=source), aliases)


def _citation(source: dict[str, str], notes: list[str]) -> str:
    """The document, then where it lies, where it was read and what to know of it, as far as each is known."""
    document = f"{source['publisher']}: {source['document']} ({source['revision']})"
    address = f", {source['url']}" if "url" in source else ""
    read_in = f"; read in: {source['read_in']}" if "read_in" in source else ""
    return document + address + read_in + "".join(f"; {note}" for note in notes)


def _module_figures(row: dict[str, Any]) -> dict[str, Any]:
    """Figures in the units of `ModuleDatasheet`: PVsyst's mA/K and mV/K to %/K, edge lengths to an area.

    PVsyst relates muISC and muVocSpec to the module's Isc and Voc at standard test conditions.
    """
    figures = dict(row)
    if "alpha_isc_ma_per_k" in figures:
        alpha = figures.pop("alpha_isc_ma_per_k") / figures["i_sc_a"] / 10
        figures["alpha_isc_pct_per_c"] = round(alpha, 4)
    if "beta_voc_mv_per_k" in figures:
        beta = figures.pop("beta_voc_mv_per_k") / figures["v_oc_v"] / 10
        figures["beta_voc_pct_per_c"] = round(beta, 4)
    if "length_mm" in figures:
        figures["area_m2"] = round(figures.pop("length_mm") * figures.pop("width_mm") / 1e6, 4)
    return figures
