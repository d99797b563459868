"""Sizing from start to finish: what is wanted, what fits, what it yields, what it costs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from core.errors import FieldError, InvalidInput
from core.pv.weather_year import WeatherYear
from nodes.sizing import economics
from nodes.sizing.alternatives import alternatives
from nodes.sizing.array import Target, room_on, target_of
from nodes.sizing.battery_dispatch import YearFlows
from nodes.sizing.brief import Brief
from nodes.sizing.candidates import DEFAULT_DC_AC_RATIO, Candidate, existing, search
from nodes.sizing.electrical.voltage_drop import voltage_drop_checks
from nodes.sizing.equipment import batteries_to_try, inverters_to_try, modules_to_try
from nodes.sizing.flows import strategy_of
from nodes.sizing.narrative import assumptions_of, warnings_of
from nodes.sizing.plan import LARGEST_PDC0, Plan, plan_of
from nodes.sizing.questions import Form
from nodes.sizing.results import array_result, energy_result, unserved_check
from nodes.sizing.storage import bank_for
from nodes.sizing.storage_result import life_years, storage_result
from nodes.sizing.tariffs import prices_of
from nodes.sizing.uncertainty import uncertainties
from nodes.sizing.yields import UnitYear, energy_year, rated_efficiency, unit_year
from state.equipment import BatteryDatasheet, InverterDatasheet, ModuleDatasheet
from state.job import JobInput
from state.sizing import Alternative, Check, SizingAnswer, SizingResult
from state.weather import Resource


def size(job: JobInput, year: WeatherYear, resource: Resource, answers: Mapping[str, Any]) -> SizingAnswer:
    """Size the system of `job`, or check the one it already has.

    Parameters
    ----------
    job : JobInput
        One that intake accepts.
    year : WeatherYear
        The typical year that `resource` names.
    answers : mapping
        By question id. What is not answered comes back as a question; what waits on it is `not_evaluated`.

    Raises
    ------
    InvalidInput
        The job names equipment that no catalogue has, or wants what its equipment or roof cannot mean.
    """
    form = Form(answers)
    plan = plan_of(job, year, resource, form)
    result = None if plan is None else _result(job, year, resource, plan)
    return SizingAnswer(sizing=result, questions=form.open)


@dataclass(frozen=True, slots=True)
class _Choice:
    """The design that was chosen, what it was chosen from, and the year that it was chosen on."""

    best: Candidate
    others: Sequence[Candidate]
    target: Target
    unit: UnitYear
    inverters: Sequence[InverterDatasheet]
    batteries: Sequence[BatteryDatasheet]


def _result(job: JobInput, year: WeatherYear, resource: Resource, plan: Plan) -> SizingResult:
    choice = _choose(job, year, plan)
    best, load = choice.best, plan.load
    design, bank = best.design, best.bank
    if not design.groups:
        return _without_an_array(plan, choice)
    produced = energy_year(year, job.array, plan.brief.planes, design)
    hourly = None if load is None else load.hourly()
    prices = prices_of(job.economics)
    flows, used = strategy_of(
        job.system_type, design, bank, produced.p_dc, produced.p_ac, hourly, job.storage, prices
    )
    checks = [
        *best.checks,
        *voltage_drop_checks(design, best.conductors, job.electrical),
        *unserved_check(job.system_type, flows, load),
    ]
    valuation = economics.value(_bill(best, flows), job.economics)
    return SizingResult(
        status=_status(checks, resource, plan.brief),
        demand=None if load is None else load.to_result(),
        array=array_result(design, plan.brief.planes, produced),
        string_limits=design.string_limits(),
        inverter=design.inverter_result(),
        storage=None if bank is None else storage_result(job.system_type, job.storage, design, bank, flows),
        conductors=list(best.conductors),
        interconnection=best.interconnection,
        energy=energy_result(
            job.system_type,
            produced,
            flows,
            load,
            causes=uncertainties(resource, job.array),
            span=economics.stated_horizon(job.economics),
        ),
        checks=checks,
        binding_check=_binding(checks),
        economics=valuation.result,
        alternatives=_alternatives(plan, choice),
        assumptions=[
            *plan.assumptions,
            *assumptions_of(job, choice.best, choice.target, resource, used),
            *valuation.assumptions,
        ],
        warnings=[*warnings_of(job, checks, resource, flows, load), *valuation.warnings],
    )


def _choose(job: JobInput, year: WeatherYear, plan: Plan) -> _Choice:
    brief, named = plan.brief, plan.named
    modules = modules_to_try() if named.module is None else [named.module]
    inverters = inverters_to_try(job.system_type) if named.inverter is None else [named.inverter]
    batteries: list[BatteryDatasheet] = []
    if brief.has_battery:
        batteries = batteries_to_try(named.chemistry) if named.battery is None else [named.battery]
    target, unit = _target(job, year, plan, modules[0], batteries)
    if target.pdc0 is not None and target.pdc0 > LARGEST_PDC0:
        reason = f"needs an array of {target.pdc0 / 1e6:.0f} MW; the design search ends at 10 MW"
        raise InvalidInput([FieldError("/demand", reason)])
    if target.pdc0 is None and any(plane.area_m2 is None for plane in brief.planes) and plan.strings is None:
        reason = (
            "is needed: in one month the array would give nothing at all, so no size follows from the demand"
        )
        raise InvalidInput([FieldError("/array/pdc0_w", reason)])
    if plan.strings is not None and named.inverter is not None:
        best = existing(brief, modules[0], named.inverter, plan.strings, batteries)
        as_built = Target(best.design.pdc0, "the strings that are there")
        return _Choice(best, (), as_built, unit, inverters, batteries)
    offers: list[Candidate] = []
    for module in modules:
        offers += search(brief, module, target.pdc0, inverters, batteries)
        offers.sort(key=lambda each: each.rank)
        if offers and offers[0].satisfies:
            break
    return _Choice(offers[0], offers[1:], target, unit, inverters, batteries)


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


def _alternatives(plan: Plan, choice: _Choice) -> list[Alternative]:
    if plan.strings is not None:
        return []
    brief, module = plan.brief, choice.best.design.module

    def resized(pdc0: float) -> Candidate | None:
        offers = search(brief, module, pdc0, choice.inverters, choice.batteries)
        return offers[0] if offers else None

    hourly = None if plan.load is None else plan.load.hourly()
    return alternatives(brief.system_type, choice.best, choice.others, resized, choice.unit, hourly)


def _bill(best: Candidate, flows: YearFlows) -> economics.Bill:
    design, bank = best.design, best.bank
    return economics.Bill(
        pdc0_kw=design.pdc0 / 1000.0,
        pac0_kw=design.pac0 / 1000.0,
        battery_kwh=0.0 if bank is None else bank.nominal_energy / 1000.0,
        chemistry=None if bank is None else bank.battery.chemistry,
        self_used_kwh=(flows.from_array + flows.from_battery - flows.grid_charge) / 1000.0,
        exported_kwh=flows.export / 1000.0,
        hourly=flows.hourly,
        battery_life_years=None if bank is None else life_years(bank, flows),
    )


def _without_an_array(plan: Plan, choice: _Choice) -> SizingResult:
    """No string fits: the checks say why."""
    best = choice.best
    checks = list(best.checks)
    return SizingResult(
        status="infeasible" if _binding(checks) else "screening",
        demand=None if plan.load is None else plan.load.to_result(),
        array=None,
        string_limits=best.design.string_limits(),
        inverter=best.design.inverter_result(),
        storage=None if best.bank is None else best.bank.to_result(),
        energy=None,
        checks=checks,
        binding_check=_binding(checks),
        assumptions=list(plan.assumptions),
        warnings=[f"No string fits: {check.detail}." for check in checks if check.status == "fail"],
    )


def _status(
    checks: Sequence[Check], resource: Resource, brief: Brief
) -> Literal["feasible", "infeasible", "screening"]:
    """Infeasible where a check failed; screening where the climate or the cold voltage is not settled."""
    if _binding(checks):
        return "infeasible"
    settled = resource.quality != "screening" and brief.site.temp_min is not None
    return "feasible" if settled else "screening"


def _binding(checks: Sequence[Check]) -> str | None:
    """The failed check that misses its limit by most, in percent; None where none failed."""
    failed = [check for check in checks if check.status == "fail"]
    worst = min(
        failed,
        key=lambda each: each.margin_percent if each.margin_percent is not None else -1e9,
        default=None,
    )
    return None if worst is None else worst.id
