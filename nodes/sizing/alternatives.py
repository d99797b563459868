"""Up to three other designs, each with what it trades away, measured on the same year."""

from collections.abc import Callable, Sequence

import numpy as np

from nodes.sizing.candidates import Candidate
from nodes.sizing.equipment import title
from nodes.sizing.flows import flows_of
from nodes.sizing.yields import UnitYear, rated_efficiency
from state.job import SystemType
from state.sizing import Alternative

MOST = 3
SMALLER, LARGER = 0.75, 1.25


def alternatives(
    system_type: SystemType,
    chosen: Candidate,
    others: Sequence[Candidate],
    resized: Callable[[float], Candidate | None],
    unit: UnitYear,
    load: np.ndarray[tuple[int, ...], np.dtype[np.float64]] | None,
) -> list[Alternative]:
    """Another inverter, a smaller and a larger array; only those that stand as well as the chosen one.

    Parameters
    ----------
    others : sequence of Candidate
        The offers that were not chosen, best first.
    resized : callable
        Gives the best design for a nameplate [W].
    load : ndarray, shape (8760,), or None
        [W]
    """
    inverter = title(chosen.design.inverter)
    found: list[tuple[str, Candidate]] = [
        (f"{title(other.design.inverter)} instead of {inverter}", other)
        for other in others
        if title(other.design.inverter) != inverter
    ][:1]
    for factor, name in ((SMALLER, "A smaller array"), (LARGER, "A larger array")):
        other = resized(factor * chosen.design.pdc0)
        if other is not None:
            found.append((name, other))
    base = _figures(system_type, chosen, unit, load)
    shown = []
    for name, other in found:
        if not _stands(other, chosen) or _same(other, chosen):
            continue
        figures = _figures(system_type, other, unit, load)
        shown.append(
            Alternative(
                title=name,
                trades=_trades(other, chosen, figures, base),
                modules=other.design.modules,
                pdc0_w=other.design.pdc0,
                inverter=f"{other.design.inverters} × {title(other.design.inverter)}",
                ac_annual_kwh=round(figures["kWh a year"], 1),
            )
        )
    return shown[:MOST]


def _stands(other: Candidate, chosen: Candidate) -> bool:
    return bool(other.design.groups) and other.rank[0] <= chosen.rank[0]


def _same(other: Candidate, chosen: Candidate) -> bool:
    one, two = other.design, chosen.design
    return (one.inverter, one.inverters, one.groups) == (two.inverter, two.inverters, two.groups)


def _figures(
    system_type: SystemType,
    candidate: Candidate,
    unit: UnitYear,
    load: np.ndarray[tuple[int, ...], np.dtype[np.float64]] | None,
) -> dict[str, float]:
    design = candidate.design
    p_dc = design.pdc0 * unit.p_dc
    p_ac = unit.behind(design.pdc0, design.pac0, rated_efficiency(design.inverter))
    flows = flows_of(system_type, design, candidate.bank, p_dc, p_ac, load)
    figures = {"kWh a year": float(p_ac.sum()) / 1000.0}
    if load is not None:
        figures["kWh from the grid"] = flows.grid_import / 1000.0
        figures["kWh unserved"] = flows.unserved / 1000.0
        figures["kWh exported or curtailed"] = (flows.export + flows.curtailed) / 1000.0
    return figures


def _trades(other: Candidate, chosen: Candidate, figures: dict[str, float], base: dict[str, float]) -> str:
    """What changes against the chosen design, largest things first, in the words of a quotation."""
    changes = []
    modules = other.design.modules - chosen.design.modules
    if modules:
        changes.append(f"{abs(modules)} module(s) {'more' if modules > 0 else 'fewer'}")
    power = other.design.pac0 - chosen.design.pac0
    if power:
        changes.append(f"{abs(power) / 1000:.1f} kW {'more' if power > 0 else 'less'} inverter")
    for name, amount in figures.items():
        difference = amount - base[name]
        if abs(difference) >= 1.0:
            changes.append(f"{difference:+.0f} {name}")
    warnings = other.count("warn") - chosen.count("warn")
    if warnings:
        changes.append(f"{abs(warnings)} warning(s) {'more' if warnings > 0 else 'fewer'}")
    unknown = other.count("not_evaluated") - chosen.count("not_evaluated")
    if unknown:
        changes.append(f"{abs(unknown)} check(s) {'more' if unknown > 0 else 'fewer'} without data")
    return ", ".join(changes) or "nothing that these figures show"
