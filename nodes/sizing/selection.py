"""From a plan to a design: the target, every combination that fits, and the best of them by the objective."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from core.errors import FieldError, InvalidInput
from core.pv.weather_year import WeatherYear
from nodes.sizing.array import Target, room_on, target_of
from nodes.sizing.brief import Brief
from nodes.sizing.candidates import Candidate, check_offer, existing
from nodes.sizing.equipment import batteries_to_try, inverters_to_try, modules_to_try
from nodes.sizing.plan import LARGEST_PDC0, Plan
from nodes.sizing.ranking import Ranking
from nodes.sizing.screen import DEFAULT_DC_AC_RATIO, not_by_the_hundred, screen, wanted_of
from nodes.sizing.storage import bank_for
from nodes.sizing.yields import UnitYear, rated_efficiency, unit_year
from state.equipment import BatteryDatasheet, InverterDatasheet, ModuleDatasheet
from state.job import JobInput

SHORTLIST, SHORTLIST_WITH_BATTERY = 40, 20
"""Offers that are laid out and checked in full. With a battery each also tries every bank of the catalogue."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The equipment that a search may use."""

    modules: Sequence[ModuleDatasheet]
    inverters: Sequence[InverterDatasheet]
    batteries: Sequence[BatteryDatasheet]


@dataclass(frozen=True, slots=True)
class Found:
    """Checked designs, best first, out of `considered` combinations of which `fitting` fit."""

    candidates: list[Candidate]
    considered: int
    fitting: int


@dataclass(frozen=True, slots=True)
class Choice:
    """The design that was chosen, what it was chosen from, and what it was measured by."""

    best: Candidate
    others: Sequence[Candidate]
    target: Target
    ranking: Ranking
    catalogue: Catalogue
    considered: int = 0
    fitting: int = 0


def choose(job: JobInput, year: WeatherYear, plan: Plan) -> Choice:
    """The best design for a plan, or the one that is already there.

    Raises
    ------
    InvalidInput
        The demand needs more than the search covers.
    """
    named, brief = plan.named, plan.brief
    catalogue = catalogue_of(plan)
    target, unit = _target(job, year, plan, catalogue.modules[0], catalogue.batteries)
    if target.pdc0 is not None and target.pdc0 > LARGEST_PDC0:
        reason = f"needs an array of {target.pdc0 / 1e6:.0f} MW; the design search ends at 10 MW"
        raise InvalidInput([FieldError("/demand" if job.array.pdc0_w is None else "/array/pdc0_w", reason)])
    if target.pdc0 is None and any(plane.area_m2 is None for plane in brief.planes) and plan.strings is None:
        reason = (
            "is needed: in one month the array would give nothing at all, so no size follows from the demand"
        )
        raise InvalidInput([FieldError("/array/pdc0_w", reason)])
    hourly = None if plan.load is None else plan.load.hourly()
    ranking = Ranking(job.array.objective, job.system_type, job.economics, unit, hourly)
    if plan.strings is not None and named.inverter is not None:
        best = existing(brief, catalogue.modules[0], named.inverter, plan.strings, catalogue.batteries)
        as_built = Target(best.design.pdc0, "the strings that are there")
        return Choice(best, (), as_built, ranking, catalogue)
    found = search(brief, target.pdc0, catalogue, ranking)
    best, *others = found.candidates
    return Choice(best, others, target, ranking, catalogue, found.considered, found.fitting)


def catalogue_of(plan: Plan) -> Catalogue:
    """What is named, and the whole catalogue for what is not."""
    named, brief = plan.named, plan.brief
    batteries: list[BatteryDatasheet] = []
    if brief.has_battery:
        batteries = batteries_to_try(named.chemistry) if named.battery is None else [named.battery]
    return Catalogue(
        modules=modules_to_try() if named.module is None else [named.module],
        inverters=inverters_to_try(brief.system_type) if named.inverter is None else [named.inverter],
        batteries=batteries,
    )


def search(
    brief: Brief,
    pdc0: float | None,
    catalogue: Catalogue,
    ranking: Ranking,
    *,
    shortlist: int = SHORTLIST,
) -> Found:
    """Designs for about `pdc0` [W], or for a full roof where that is None, best first; at least one."""
    wanted, placed = wanted_of(brief, catalogue.modules[0], pdc0)
    module_w = catalogue.modules[0].p_mp_w
    screened = screen(
        brief,
        catalogue.modules,
        pdc0,
        not_by_the_hundred(brief, _for_the_batteries(catalogue), placed * module_w),
        pricing=ranking.pricing(pdc0 or wanted * module_w),
        smallest=ranking.objective == "smallest",
        shortlist=min(shortlist, SHORTLIST_WITH_BATTERY if brief.has_battery else SHORTLIST),
    )
    checked = [check_offer(brief, offer, pdc0, catalogue.batteries) for offer in screened.offers]
    return Found(sorted(checked, key=ranking.key), screened.considered, screened.fitting)


def _for_the_batteries(catalogue: Catalogue) -> Sequence[InverterDatasheet]:
    """Without inverters that are made for another chemistry, as long as others are left."""
    chemistries = {battery.chemistry for battery in catalogue.batteries}
    fitting = [
        each
        for each in catalogue.inverters
        if not chemistries or each.battery_chemistries is None or chemistries & set(each.battery_chemistries)
    ]
    return fitting or catalogue.inverters


def _target(
    job: JobInput,
    year: WeatherYear,
    plan: Plan,
    module: ModuleDatasheet,
    batteries: Sequence[BatteryDatasheet],
) -> tuple[Target, UnitYear]:
    """What the array is to be, on the planes that it will then need."""
    brief = plan.brief
    bank = None
    if batteries:
        bank = bank_for(
            batteries[0],
            plan.named.inverter,
            daily_energy=brief.daily_energy,
            autonomy_days=brief.storage.autonomy_days,
            system_voltage=brief.storage.system_voltage_v,
            temperature=brief.storage.temperature_c,
            hourly_share=brief.hourly_share,
        )
    unit_on = partial(
        unit_year,
        year,
        job.array,
        module=module,
        dc_ac_ratio=brief.dc_ac_ratio or DEFAULT_DC_AC_RATIO,
        eta_inv_nom=rated_efficiency(plan.named.inverter),
    )
    target_on = partial(
        target_of,
        job.array,
        job.system_type,
        plan.load,
        battery=None if bank is None else bank.efficiencies,
        usable_energy=0.0 if bank is None else bank.usable_energy,
    )
    unit = unit_on([(brief.planes[0], 1.0)])
    target = target_on(unit)
    shares = _shares(brief, module, target.pdc0)
    if len(shares) > 1:
        unit = unit_on(shares)
        target = target_on(unit)
    return target, unit


def _shares(brief: Brief, module: ModuleDatasheet, pdc0: float | None) -> list[tuple[Any, float]]:
    """How an array of that power spreads over the planes, best first; the whole roof where it is None."""
    missing = float("inf") if pdc0 is None else pdc0
    shares = []
    for plane in brief.planes:
        room = room_on(plane, module, brief.gcr).most_modules
        power = missing if room is None else min(missing, room * module.p_mp_w)
        if power > 0:
            shares.append((plane, min(power, 1e12)))
        missing -= power
        if missing <= 0:
            break
    return shares or [(brief.planes[0], 1.0)]
