"""Up to three other designs, each with what it trades away, measured on the same year."""

from collections.abc import Callable, Iterator, Sequence

from nodes.sizing.candidates import Candidate
from nodes.sizing.equipment import title
from nodes.sizing.ranking import Ranking
from state.sizing import Alternative

MOST = 3
SMALLER, LARGER = 0.75, 1.25
COSTED = 8
"""How many of the runners-up are asked for their cost per useful kWh."""


def alternatives(
    chosen: Candidate,
    others: Sequence[Candidate],
    resized: Callable[[float], Candidate],
    ranking: Ranking,
) -> list[Alternative]:
    """The best by another objective, other equipment, a smaller and a larger array; none that stands worse.

    Parameters
    ----------
    others : sequence of Candidate
        The offers that were not chosen, best first.
    resized : callable
        Gives the best design for a nameplate [W].
    """
    base = _figures(chosen, ranking)
    shown: list[Alternative] = []
    seen = [chosen]
    for name, other in _proposed(chosen, others, resized, ranking):
        if not _stands(other, chosen) or any(_same(other, each) for each in seen):
            continue
        seen.append(other)
        figures = _figures(other, ranking)
        shown.append(
            Alternative(
                title=name,
                trades=_trades(other, chosen, figures, base) + _cheaper(other, chosen, ranking),
                modules=other.design.modules,
                pdc0_w=other.design.pdc0,
                inverter=f"{other.design.inverters} × {title(other.design.inverter)}",
                ac_annual_kwh=round(figures["kWh a year"], 1),
                module=title(other.design.module),
            )
        )
        if len(shown) == MOST:
            break
    return shown


def _proposed(
    chosen: Candidate,
    others: Sequence[Candidate],
    resized: Callable[[float], Candidate],
    ranking: Ranking,
) -> Iterator[tuple[str, Candidate]]:
    standing = [each for each in others if _stands(each, chosen) and each.falls_short <= chosen.falls_short]
    yield from _by_another_objective(chosen, standing, ranking)
    inverter, module = title(chosen.design.inverter), title(chosen.design.module)
    for other in [each for each in standing if title(each.design.inverter) != inverter][:1]:
        yield f"{title(other.design.inverter)} instead of {inverter}", other
    yield "A smaller array", resized(SMALLER * chosen.design.pdc0)
    yield "A larger array", resized(LARGER * chosen.design.pdc0)
    for other in standing:
        if title(other.design.module) != module:
            yield f"Modules {title(other.design.module)} instead of {module}", other
        elif title(other.design.inverter) != inverter:
            yield f"{title(other.design.inverter)} instead of {inverter}", other
        else:
            yield "Other strings of the same equipment", other


def _by_another_objective(
    chosen: Candidate, standing: Sequence[Candidate], ranking: Ranking
) -> Iterator[tuple[str, Candidate]]:
    """One design at most: the cheapest per useful kWh, or where that is the chosen one's merit, the smallest."""
    if not standing:
        return
    if ranking.objective != "cost_per_kwh":
        costs = [(ranking.cost_per_kwh(each), each) for each in (chosen, *standing[:COSTED])]
        priced = [(cost, each) for cost, each in costs if cost is not None]
        cheapest = min(priced, key=lambda pair: pair[0], default=None)
        if cheapest is not None and cheapest[1] is not chosen:
            yield "The cheapest per useful kWh", cheapest[1]
            return
    if ranking.objective != "smallest":
        smallest = min(standing, key=lambda each: (each.area, each.design.pac0))
        if smallest.area < chosen.area:
            yield "The smallest", smallest


def _stands(other: Candidate, chosen: Candidate) -> bool:
    return bool(other.design.groups) and other.rank[0] <= chosen.rank[0]


def _same(other: Candidate, chosen: Candidate) -> bool:
    one, two = other.design, chosen.design
    return (one.module, one.inverter, one.inverters, one.groups) == (
        two.module,
        two.inverter,
        two.inverters,
        two.groups,
    )


def _figures(candidate: Candidate, ranking: Ranking) -> dict[str, float]:
    flows = ranking.flows(candidate)
    figures = {"kWh a year": ranking.generation(candidate) / 1000.0}
    if ranking.load is not None:
        figures["kWh from the grid"] = flows.grid_import / 1000.0
        figures["kWh unserved"] = flows.unserved / 1000.0
        figures["kWh exported or curtailed"] = (flows.export + flows.curtailed) / 1000.0
    return figures


def _cheaper(other: Candidate, chosen: Candidate, ranking: Ranking) -> str:
    """How the capital cost per useful kWh compares; nothing where prices are not known."""
    cost, base = ranking.cost_per_kwh(other), ranking.cost_per_kwh(chosen)
    if cost is None or base is None:
        return ""
    percent = 100.0 * (cost / base - 1.0)
    return f"; {abs(percent):.1f} % {'more' if percent > 0 else 'less'} capital per useful kWh"


def _trades(other: Candidate, chosen: Candidate, figures: dict[str, float], base: dict[str, float]) -> str:
    """What changes against the chosen design, largest things first, in the words of a quotation."""
    changes = []
    modules = other.design.modules - chosen.design.modules
    if modules:
        changes.append(f"{abs(modules)} module(s) {'more' if modules > 0 else 'fewer'}")
    area = other.area - chosen.area
    if abs(area) >= 1.0:
        changes.append(f"{abs(area):.0f} m² {'more' if area > 0 else 'less'} of modules")
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
