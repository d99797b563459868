"""What a job asks sizing for, once everything missing has been asked for or assumed, and said so."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.catalog import find_inverter, find_module
from core.errors import FieldError, InvalidInput
from core.pv.weather_year import WeatherYear
from nodes.sizing.array import planes_of
from nodes.sizing.brief import Brief
from nodes.sizing.climate import site_temperatures
from nodes.sizing.demand import Load, ask_for_energy, load_of
from nodes.sizing.equipment import Named, every_inverter, modules_to_try, named, titles
from nodes.sizing.questions import Form, installed_equipment
from nodes.sizing.storage import FLAT
from nodes.sizing.yields import best_first
from state.equipment import RoofPlane, StringLayout
from state.job import JobInput
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
    """The plan; None where nothing can be said until the open questions of `form` are answered.

    Raises
    ------
    InvalidInput
        The job contradicts itself.
    """
    equipment = named(job.equipment)
    planes, assumptions = planes_of(job.roof, job.site.latitude)
    planes = best_first(year, job.array, planes)
    site, more = site_temperatures(job.electrical, resource, year, planes, form)
    load = _load(job, form)
    if job.array.strings is not None:
        equipment = _installed(equipment, form)
    _refuse_contradictions(job, equipment, load, planes)
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
        electrical=job.electrical,
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


def _installed(equipment: Named, form: Form) -> Named:
    """The equipment of an existing array, asked for where it is not named: its limits cannot be guessed."""
    if equipment.module is None:
        name = form.choice(installed_equipment("module", titles(modules_to_try())))
        equipment = equipment if name is None else replace(equipment, module=find_module(name))
    if equipment.inverter is None:
        name = form.choice(installed_equipment("inverter", titles(every_inverter())))
        equipment = equipment if name is None else replace(equipment, inverter=find_inverter(name))
    return equipment


def _refuse_contradictions(
    job: JobInput, equipment: Named, load: Load | None, planes: Sequence[RoofPlane]
) -> None:
    errors = _contradictions_of_array(job, planes)
    if job.system_type != "grid_tied":
        if job.storage.critical_only and load is not None and load.critical is None:
            reason = "no appliance is marked critical, so there is nothing for the bank to carry"
            errors.append(FieldError("/storage/critical_only", reason))
        if equipment.inverter is not None and equipment.inverter.kind == "string":
            reason = f"{equipment.inverter.model} is a grid-tied inverter without a battery input"
            errors.append(FieldError("/equipment/inverter", reason))
    if errors:
        raise InvalidInput(errors)


def _contradictions_of_array(job: JobInput, planes: Sequence[RoofPlane]) -> list[FieldError]:
    array, errors = job.array, []
    names = [plane.name for plane in planes]
    for index, string in enumerate(array.strings or ()):
        if string.plane is not None and string.plane not in names:
            reason = f"there is no roof plane '{string.plane}'"
            errors.append(FieldError(f"/array/strings/{index}/plane", reason))
    if array.pdc0_w is not None and array.strings is not None:
        errors.append(FieldError("/array/pdc0_w", "the strings given already set the nameplate power"))
    if array.pdc0_w is not None and array.pdc0_w > LARGEST_PDC0:
        errors.append(FieldError("/array/pdc0_w", f"the design search ends at {LARGEST_PDC0 / 1e6:g} MW"))
    if array.system_losses_percent >= 100:
        errors.append(FieldError("/array/losses_percent", "nothing would be left to generate"))
    return errors
