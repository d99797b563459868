"""What is to be done, by whom, with which parts, how long it takes and what it costs."""

from collections.abc import Sequence
from dataclasses import dataclass

from nodes.triage.findings import Finding
from nodes.triage.hazards import first_steps, stopping
from nodes.triage.ranking import Ranked
from nodes.triage.settings import TriageSettings
from state.equipment import BatteryDatasheet, Chemistry
from state.job import JobInput

ALTERNATIVES_CHECKED = 2
"""How many further explanations add their first check to the list."""


@dataclass(frozen=True, slots=True)
class Work:
    truck_roll: bool
    actions: list[str]
    parts: list[str]
    skills: list[str]
    duration_h: float
    labour_cost: float | None
    transport_cost: float | None
    assumptions: list[str]


def plan_work(
    job: JobInput,
    findings: Sequence[Finding],
    ranked: Sequence[Ranked],
    *,
    offline: bool,
    settings: TriageSettings,
) -> Work:
    """The work for the likeliest explanation; a hazard always needs somebody on site."""
    top = ranked[0].mode if ranked else None
    danger = bool(stopping(findings))
    truck_roll = danger or top is None or top.visit
    visit_h, why = visit_duration(job, offline=offline, settings=settings)
    duration = visit_h if truck_roll else settings.remote_h
    known_rates = job.economics.currency == settings.currency
    assumptions = [why if truck_roll else f"{settings.remote_h:g} h from afar, without a journey"]
    transport = settings.transport_offline if offline else settings.transport
    if known_rates:
        assumptions.append(_rates(settings, transport if truck_roll else None))
    else:
        assumptions.append(f"no cost: labour and transport are known in {settings.currency} only")
    return Work(
        truck_roll=truck_roll,
        actions=_actions(findings, ranked, remote_first=not danger),
        parts=list(dict.fromkeys(top.parts)) if top else [],
        skills=_skills(findings, ranked),
        duration_h=round(duration, 2),
        labour_cost=round(duration * settings.labour_per_hour, 2) if known_rates else None,
        transport_cost=(transport if truck_roll else 0.0) if known_rates else None,
        assumptions=assumptions,
    )


def _rates(settings: TriageSettings, transport: float | None) -> str:
    journey = "" if transport is None else f", transport {transport:g} {settings.currency}"
    return f"rates of the settings: labour {settings.labour_per_hour:g} {settings.currency}/h{journey}"


def visit_duration(job: JobInput, *, offline: bool, settings: TriageSettings) -> tuple[float, str]:
    """Hours on site, and what they are made of."""
    battery = job.system_type != "grid_tied"
    hours = settings.visit_with_battery_h if battery else settings.visit_h
    parts = [f"{hours:g} h for a system {'with' if battery else 'without'} a battery"]
    if offline:
        hours += settings.offline_extra_h
        parts.append(f"{settings.offline_extra_h:g} h more because it is down")
    if battery and (chemistry := _chemistry(job)):
        factor = settings.lithium_factor if chemistry == "lithium_ion" else settings.lead_acid_factor
        hours *= factor
        parts.append(f"× {factor:g} for {chemistry.replace('_', ' ')}")
    return hours, "visit: " + ", ".join(parts)


def _chemistry(job: JobInput) -> Chemistry | None:
    battery = job.equipment.battery
    return battery.chemistry if isinstance(battery, BatteryDatasheet) else job.equipment.battery_chemistry


def _actions(findings: Sequence[Finding], ranked: Sequence[Ranked], *, remote_first: bool) -> list[str]:
    explained = [hypothesis.mode for hypothesis in ranked if hypothesis.mode]
    top, others = explained[:1], explained[1 : 1 + ALTERNATIVES_CHECKED]
    return list(
        dict.fromkeys(
            [
                *first_steps(findings),
                *(f"From afar: {mode.remote}" for mode in top if mode.remote and remote_first),
                *(check for mode in top for check in mode.checks),
                *(f"If it is not that but {mode.label}: {mode.checks[0]}" for mode in others),
            ]
        )
    )


HAZARD_SKILLS = {
    "battery": "battery",
    "ground_fault": "pv_electrician",
    "arc_fault": "pv_electrician",
    "shock": "pv_electrician",
    "fire": "pv_electrician",
    "fall": "roof_work",
}
"""Who may make a hazard safe."""


def _skills(findings: Sequence[Finding], ranked: Sequence[Ranked]) -> list[str]:
    top = ranked[0].mode.skills if ranked and ranked[0].mode else ("pv_electrician",)
    hazards = (HAZARD_SKILLS[kind] for kind in stopping(findings) if kind in HAZARD_SKILLS)
    return list(dict.fromkeys([*top, *hazards]))
