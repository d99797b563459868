"""Sizing from start to finish: what is wanted, what fits, what it yields, what it costs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from core.pv.weather_year import WeatherYear
from nodes.sizing import economics
from nodes.sizing.alternatives import alternatives
from nodes.sizing.brief import Brief
from nodes.sizing.candidates import Candidate
from nodes.sizing.electrical.voltage_drop import voltage_drop_checks
from nodes.sizing.flows import flows_of
from nodes.sizing.narrative import assumptions_of, warnings_of
from nodes.sizing.plan import Plan, plan_of
from nodes.sizing.questions import Form
from nodes.sizing.ranking import bill_of
from nodes.sizing.remedies import nearest_change
from nodes.sizing.results import UNSERVED_CHECK, array_result, energy_result, unserved_check
from nodes.sizing.selection import Choice, choose, search
from nodes.sizing.storage_result import storage_result
from nodes.sizing.tariffs import prices_of
from nodes.sizing.uncertainty import uncertainties
from nodes.sizing.yields import energy_year
from state.job import JobInput
from state.sizing import Alternative, Check, SizingAnswer, SizingResult
from state.weather import Resource

RESIZED_SHORTLIST = 8
"""Of a smaller and a larger array only the best one is shown."""


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


def _result(job: JobInput, year: WeatherYear, resource: Resource, plan: Plan) -> SizingResult:
    choice = choose(job, year, plan)
    best, load = choice.best, plan.load
    design, bank = best.design, best.bank
    if not design.groups:
        return _without_an_array(plan, choice)
    produced = energy_year(year, job.array, plan.brief.planes, design)
    hourly = None if load is None else load.hourly()
    prices = prices_of(job.economics)
    flows, used = flows_of(
        job.system_type, design, bank, produced.p_dc, produced.p_ac, hourly, job.storage, prices
    )
    checks = [
        *best.checks,
        *voltage_drop_checks(design, best.conductors, plan.brief.electrical),
        *unserved_check(job.system_type, flows, load),
    ]
    valuation = economics.value(bill_of(best, flows), job.economics)
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
        nearest_change=nearest_change(plan, choice) if _binding(checks) else None,
        economics=valuation.result,
        alternatives=_alternatives(plan, choice),
        assumptions=[
            *plan.assumptions,
            *assumptions_of(job, choice, resource, used),
            *valuation.assumptions,
        ],
        warnings=[*warnings_of(job, checks, resource, flows, load), *valuation.warnings],
    )


def _alternatives(plan: Plan, choice: Choice) -> list[Alternative]:
    if plan.strings is not None:
        return []

    def resized(pdc0: float) -> Candidate:
        same = replace(choice.catalogue, modules=[choice.best.design.module])
        return search(plan.brief, pdc0, same, choice.ranking, shortlist=RESIZED_SHORTLIST).candidates[0]

    return alternatives(choice.best, choice.others, resized, choice.ranking)


def _without_an_array(plan: Plan, choice: Choice) -> SizingResult:
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
        nearest_change=nearest_change(plan, choice) if _binding(checks) else None,
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
    """The failed check that misses its limit by most, in percent; None where none failed.

    Energy that stays unserved is what the others lead to, and binds where they all hold.
    """
    failed = [check for check in checks if check.status == "fail"]
    worst = min(
        failed,
        key=lambda each: (
            each.id == UNSERVED_CHECK,
            each.margin_percent if each.margin_percent is not None else -1e9,
        ),
        default=None,
    )
    return None if worst is None else worst.id
