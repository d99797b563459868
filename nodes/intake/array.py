"""An array, a roof or a set of strings that cannot be meant as it stands."""

from collections.abc import Iterator

from core.catalog import find_inverter, find_module
from core.errors import FieldError, NotFound
from state.equipment import InverterDatasheet, ModuleDatasheet
from state.job import JobInput

LARGEST_PDC0 = 10e6
"""Beyond it plants have central inverters and designs of their own [W]."""


def nameplate(job: JobInput) -> Iterator[FieldError]:
    array = job.array
    if array.pdc0_w is not None and array.strings is not None:
        yield FieldError("/array/pdc0_w", "the strings given already set the nameplate power")
    if array.pdc0_w is not None and array.pdc0_w > LARGEST_PDC0:
        yield FieldError("/array/pdc0_w", f"the design search ends at {LARGEST_PDC0 / 1e6:g} MW")
    if array.system_losses_percent >= 100:
        yield FieldError("/array/losses_percent", "nothing would be left to generate")


def strings(job: JobInput) -> Iterator[FieldError]:
    """Strings on planes that there are, each input given once, together no more than is ever checked."""
    names = [plane.name for plane in job.roof] or ["array"]
    given = job.array.strings or []
    for index, string in enumerate(given):
        if string.plane is not None and string.plane not in names:
            yield FieldError(f"/array/strings/{index}/plane", f"there is no roof plane '{string.plane}'")
    module = _known_module(job)
    if module is not None:
        power = sum(each.modules_per_string * each.parallel for each in given) * module.p_mp_w
        if power > LARGEST_PDC0:
            reason = f"are {power / 1e6:,.0f} MW together; at most {LARGEST_PDC0 / 1e6:g} MW are checked"
            yield FieldError("/array/strings", reason)


def setbacks(job: JobInput) -> Iterator[FieldError]:
    """A setback that leaves nothing of a plane, or a width that its area cannot have."""
    for index, plane in enumerate(job.roof):
        if plane.area_m2 is None:
            continue
        width = plane.area_m2**0.5 if plane.width_m is None else plane.width_m
        if plane.setback_m > 0 and 2 * plane.setback_m >= min(width, plane.area_m2 / width):
            yield FieldError(
                f"/roof/{index}/setback_m",
                f"{plane.setback_m:g} m on every edge leaves nothing of {plane.name!r}",
            )


def backed_up_loads(job: JobInput) -> Iterator[FieldError]:
    """A bank for critical loads alone needs to know which they are, and an inverter that has a battery."""
    if job.system_type == "grid_tied":
        return
    appliances = job.demand.appliances if job.demand else []
    if job.storage.critical_only and not any(each.critical for each in appliances):
        reason = "no appliance is marked critical, so there is nothing for the bank to carry"
        yield FieldError("/storage/critical_only", reason)
    inverter = _known_inverter(job)
    if inverter is not None and inverter.kind == "string":
        reason = f"{inverter.model} is a grid-tied inverter without a battery input"
        yield FieldError("/equipment/inverter", reason)


def _known_module(job: JobInput) -> ModuleDatasheet | None:
    named = job.equipment.module
    try:
        return find_module(named) if isinstance(named, str) else named
    except NotFound:  # told of by another rule
        return None


def _known_inverter(job: JobInput) -> InverterDatasheet | None:
    named = job.equipment.inverter
    try:
        return find_inverter(named) if isinstance(named, str) else named
    except NotFound:
        return None
