"""What a job must be before anything is done about it, beyond the types of its fields.

Absent input is a question that a branch asks; impossible or contradictory input is refused here.
"""

from collections.abc import Callable, Iterator

from core.climate.terrain import lookup_elevation, lookup_timezone
from core.errors import FieldError, InvalidInput
from nodes.intake import array, demand, equipment, request, units
from state.job import JobInput

HIGHEST_SITE_M = 6500.0
"""The bound of `Site.elevation_m`; the map's cells reach a little higher."""

Rule = Callable[[JobInput], Iterator[FieldError]]

RULES: tuple[Rule, ...] = (
    request.unset_position,
    units.swapped_position,
    demand.contradicting_forms,
    demand.monthly_demand,
    demand.appliances,
    units.demand_units,
    array.nameplate,
    array.strings,
    array.setbacks,
    array.backed_up_loads,
    units.loss_units,
    request.repeated_planes,
    equipment.unknown_names,
    equipment.price_book,
    equipment.module_datasheet,
    equipment.inverter_datasheet,
    units.module_units,
    units.inverter_units,
    units.battery_units,
    equipment.installed_strings,
    equipment.storage,
    request.design_temperatures,
    request.two_resources,
    request.empty_ticket,
    request.schedule,
    request.unstorable_text,
)


def check_input(job: JobInput) -> None:
    """Refuse a job that cannot be meant as it stands.

    Raises
    ------
    InvalidInput
        Names every offence, not only the first, each by its RFC 6901 pointer into the `JobInput`.
    """
    errors = [error for rule in RULES for error in rule(job)]
    if errors:
        raise InvalidInput(errors)


def complete_site(job: JobInput) -> JobInput:
    """The job with elevation and time zone looked up where they are absent."""
    site = job.site
    if site.elevation_m is None:
        elevation = min(lookup_elevation(site.latitude, site.longitude), HIGHEST_SITE_M)
        site = site.model_copy(update={"elevation_m": elevation})
    if site.timezone is None:
        site = site.model_copy(update={"timezone": lookup_timezone(site.latitude, site.longitude)})
    return job.model_copy(update={"site": site})
