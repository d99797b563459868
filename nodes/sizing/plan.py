"""What a job asks sizing for, once everything missing has been asked for or assumed, and said so."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.catalog import find_inverter, find_module
from core.pv.weather_year import WeatherYear
from nodes.sizing.array import planes_of
from nodes.sizing.brief import Brief
from nodes.sizing.climate import site_temperatures
from nodes.sizing.demand import Load, ask_for_energy, load_of
from nodes.sizing.equipment import INVERTER_KINDS, Named, every_inverter, modules_to_try, named, titles
from nodes.sizing.questions import (
    BUSBAR,
    INVERTER_VDC_MAX,
    MAIN_BREAKER,
    MODULE_SERIES_FUSE,
    Form,
    installed_equipment,
)
from nodes.sizing.storage import FLAT
from nodes.sizing.yields import best_first
from state.equipment import Electrical, StringLayout
from state.job import JobInput, SystemType
from state.weather import Resource

LARGEST_PDC0 = 10e6
"""Beyond it plants have central inverters and designs of their own [W]."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to size.

    Parameters
    ----------
    load : Load or None
        All loads; None where a grid-tied array is sized without them.
    named : Named
        The equipment that is fixed.
    strings : sequence of StringLayout or None
        The existing array, to be checked only.
    """

    brief: Brief
    load: Load | None
    named: Named
    strings: Sequence[StringLayout] | None
    assumptions: tuple[str, ...]


def plan_of(job: JobInput, year: WeatherYear, resource: Resource, form: Form) -> Plan | None:
    """The plan; None where nothing can be said until the open questions of `form` are answered."""
    equipment = named(job.equipment)
    planes, assumptions = planes_of(job.roof, job.site.latitude)
    planes = best_first(year, job.array, planes)
    site, more = site_temperatures(job.electrical, resource, year, planes, form)
    load = _load(job, form)
    if job.array.strings is not None:
        equipment = _installed(equipment, job.system_type, form)
    equipment = _completed(equipment, job.array.strings, form)
    electrical = _panel(job, form)
    waits = (load is None and _needs_load(job)) or (
        job.array.strings is not None and (equipment.module is None or equipment.inverter is None)
    )
    if waits:
        return None
    carried = load.critical if load is not None and job.storage.critical_only else load
    brief = Brief(
        system_type=job.system_type,
        planes=planes,
        gcr=job.array.gcr,
        electrical=electrical,
        storage=job.storage,
        site=site,
        dc_ac_ratio=job.array.dc_ac_ratio,
        peak_power=None if carried is None else carried.peak_power,
        surge_power=None if carried is None else carried.surge_power,
        daily_energy=0.0 if carried is None else float(carried.daily_energy.max()),
        hourly_share=FLAT if carried is None else tuple(map(float, carried.hourly_share)),
    )
    told = (*assumptions, *more, *(load.assumptions if load is not None else ()))
    return Plan(brief, load, equipment, job.array.strings, told)


def _load(job: JobInput, form: Form) -> Load | None:
    needs_power = job.system_type != "grid_tied"
    load = load_of(job.demand, form, needs_power=needs_power)
    described = job.demand is not None and bool(job.demand.appliances)
    if load is None and not described and _needs_load(job):
        load = ask_for_energy(form, needs_power=needs_power)
    return load


def _needs_load(job: JobInput) -> bool:
    """A battery is sized for loads; an array also by its power, its strings, or the whole roof."""
    if job.system_type != "grid_tied":
        return True
    roof_known = bool(job.roof) and all(plane.area_m2 is not None for plane in job.roof)
    return job.array.pdc0_w is None and job.array.strings is None and not roof_known


def _installed(equipment: Named, system_type: SystemType, form: Form) -> Named:
    """The equipment of an existing array, asked for where it is not named: its limits cannot be guessed."""
    if equipment.module is None:
        name = form.choice(installed_equipment("module", titles(modules_to_try())))
        equipment = equipment if name is None else replace(equipment, module=find_module(name))
    if equipment.inverter is None:
        fitting = [each for each in every_inverter() if each.kind in INVERTER_KINDS[system_type]]
        name = form.choice(installed_equipment("inverter", titles(fitting)))
        equipment = equipment if name is None else replace(equipment, inverter=find_inverter(name))
    return equipment


def _completed(equipment: Named, strings: Sequence[StringLayout] | None, form: Form) -> Named:
    """With the limits that a check of life and fire rests on, asked for where a given datasheet is silent."""
    inverter, module = equipment.inverter, equipment.module
    if inverter is not None and inverter.vdc_max_v is None:
        volts = form.number(INVERTER_VDC_MAX)
        inverter = inverter if volts is None else inverter.model_copy(update={"vdc_max_v": volts})
    pushed = any(string.parallel > 1 for string in strings or ())
    if module is not None and module.max_series_fuse_a is None and pushed:
        amperes = form.number(MODULE_SERIES_FUSE)
        module = module if amperes is None else module.model_copy(update={"max_series_fuse_a": amperes})
    return replace(equipment, inverter=inverter, module=module)


def _panel(job: JobInput, form: Form) -> Electrical:
    """With both figures of the panel: one of them alone was given for a check that needs the other too."""
    electrical = job.electrical
    feeds = job.system_type != "off_grid" and electrical.standard == "nec_2023"
    for question, other in ((BUSBAR, electrical.main_breaker_a), (MAIN_BREAKER, electrical.busbar_a)):
        if feeds and getattr(electrical, question.id) is None and other is not None:
            amperes = form.number(question)
            if amperes is not None:
                electrical = electrical.model_copy(update={question.id: amperes})
    return electrical
