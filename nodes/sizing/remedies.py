"""The nearest change that makes an infeasible design feasible: tried, not guessed."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain

from nodes.sizing.array import usable_area
from nodes.sizing.brief import Brief
from nodes.sizing.candidates import Candidate, existing
from nodes.sizing.equipment import every_inverter, inverters_to_try, modules_to_try, title
from nodes.sizing.plan import Plan
from nodes.sizing.selection import Catalogue, Choice, search
from nodes.sizing.strings import parallel_limit
from state.equipment import StringLayout

SMALLER = (0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1)
LARGER = (1.25, 1.5, 2.0, 3.0, 5.0, 10.0)
"""Of banks and arrays that leave an off-grid home short."""
MOST_DAYS = 14.0
"""Of autonomy, as a job may ask for."""
INVERTERS_TRIED = 30


def nearest_change(plan: Plan, choice: Choice) -> str | None:
    """The first of the changes below, from the smallest on, after which no check fails; None where none helps."""
    if plan.strings is not None:
        changes = _to_strings(plan, choice)
    else:
        changes = chain(_to_search(plan, choice), _to_serve(plan, choice))
    return next((words for words, candidate in changes if _stands(candidate, choice)), None)


def _stands(candidate: Candidate, choice: Choice) -> bool:
    sound = bool(candidate.design.groups) and candidate.count("fail") == 0
    return sound and choice.ranking.serves(candidate)


def _to_strings(plan: Plan, choice: Choice) -> Iterator[tuple[str, Candidate]]:
    """Other lengths and fewer in parallel, another inverter for the strings that are there, then a larger bank."""
    design, brief = choice.best.design, plan.brief
    strings = plan.strings or ()
    window = design.window
    most_parallel = parallel_limit(design.module, design.inverter)
    if not window.empty:
        within = [_within(string, window.fewest, window.most) for string in strings]
        for changed in (within, [_at_most_parallel(each, most_parallel) for each in within]):
            if list(changed) != list(strings):
                yield (
                    _described(strings, changed),
                    existing(brief, design.module, design.inverter, changed, choice.catalogue.batteries),
                )
    others = [
        each for each in every_inverter() if each.kind == design.inverter.kind or design.inverter.kind is None
    ]
    for inverter in sorted(others, key=lambda each: abs(each.pac_w - design.inverter.pac_w))[
        :INVERTERS_TRIED
    ]:
        yield (
            f"{title(inverter)} instead of {title(design.inverter)}, for the strings as they are",
            existing(brief, design.module, inverter, strings, choice.catalogue.batteries),
        )
    for larger, words in _larger_banks(brief, LARGER):
        found = existing(larger, design.module, design.inverter, strings, choice.catalogue.batteries)
        yield words, found


def _within(string: StringLayout, fewest: int | None, most: int | None) -> StringLayout:
    length = max(string.modules_per_string, fewest or 1)
    length = length if most is None else min(length, most)
    return string.model_copy(update={"modules_per_string": length})


def _at_most_parallel(string: StringLayout, most: int) -> StringLayout:
    return string.model_copy(update={"parallel": min(string.parallel, most)})


def _described(before: Sequence[StringLayout], after: Sequence[StringLayout]) -> str:
    changes = [
        f"MPPT {new.mppt}: {new.parallel} × {new.modules_per_string} modules "
        f"instead of {old.parallel} × {old.modules_per_string}"
        for old, new in zip(before, after, strict=True)
        if old != new
    ]
    return "; ".join(changes)


def _to_search(plan: Plan, choice: Choice) -> Iterator[tuple[str, Candidate]]:
    """Other equipment for the same array, then more roof, then a smaller array."""
    brief, named, best = plan.brief, plan.named, choice.best
    wanted, given = choice.target.pdc0, choice.catalogue

    def best_of(brief: Brief, pdc0: float | None, catalogue: Catalogue) -> Candidate:
        return search(brief, pdc0, catalogue, choice.ranking).candidates[0]

    free_inverter = replace(given, inverters=inverters_to_try(brief.system_type))
    free_module = replace(given, modules=modules_to_try())
    if named.inverter is not None:
        found = best_of(brief, wanted, free_inverter)
        yield f"{_inverters(found)} instead of {title(best.design.inverter)}", found
    if named.module is not None:
        found = best_of(brief, wanted, free_module)
        yield f"modules {title(found.design.module)} instead of {title(best.design.module)}", found
    if named.inverter is not None and named.module is not None:
        found = best_of(brief, wanted, replace(free_inverter, modules=free_module.modules))
        yield f"{_inverters(found)} with modules {title(found.design.module)}", found
    if wanted is not None and any(plane.area_m2 is not None for plane in brief.planes):
        roomy = replace(brief, planes=[plane.model_copy(update={"area_m2": None}) for plane in brief.planes])
        found = best_of(roomy, wanted, given)
        more = found.area - sum(usable_area(plane, brief.gcr) or 0.0 for plane in brief.planes)
        yield f"about {max(more, 0.0):.0f} m² more of usable roof, for {found.design.modules} modules", found
    aim = wanted or best.design.pdc0
    if brief.system_type != "off_grid" and aim > 0:
        for share in SMALLER:
            found = best_of(brief, share * aim, given)
            kilowatts = (found.design.pdc0 / 1000.0, aim / 1000.0)
            yield "an array of {:.1f} kW instead of {:.1f} kW".format(*kilowatts), found


def _to_serve(plan: Plan, choice: Choice) -> Iterator[tuple[str, Candidate]]:
    """Off-grid a larger array, a larger bank, then both."""
    brief, before = plan.brief, choice.best.design.pdc0
    aim = choice.target.pdc0 or before

    def best_of(brief: Brief, pdc0: float) -> Candidate:
        return search(brief, pdc0, choice.catalogue, choice.ranking).candidates[0]

    for factor in LARGER if brief.system_type == "off_grid" and aim > 0 else ():
        found = best_of(brief, factor * aim)
        array = f"an array of {found.design.pdc0 / 1000.0:.1f} kW instead of {before / 1000.0:.1f} kW"
        yield array, found
        for larger, bank in _larger_banks(brief, [factor]):
            yield bank, best_of(larger, aim)
            yield f"{array}, and {bank}", best_of(larger, factor * aim)


def _larger_banks(brief: Brief, factors: Sequence[float]) -> Iterator[tuple[Brief, str]]:
    days = brief.storage.autonomy_days
    for factor in factors if brief.has_battery else ():
        more = min(round(factor * days, 2), MOST_DAYS)
        if more > days:
            storage = brief.storage.model_copy(update={"autonomy_days": more})
            yield (
                replace(brief, storage=storage),
                f"a bank for {more:g} {'day' if more == 1 else 'days'} instead of {days:g}",
            )


def _inverters(candidate: Candidate) -> str:
    return f"{candidate.design.inverters} × {title(candidate.design.inverter)}"
