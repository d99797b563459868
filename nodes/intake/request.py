"""A request that cannot be meant: no position, an empty ticket, times or sources that exclude each other."""

from collections.abc import Iterator

from core.errors import FieldError
from core.validation import json_pointer
from state.job import JobInput
from state.triage import Ticket


def unset_position(job: JobInput) -> Iterator[FieldError]:
    """0° N 0° E lies far out in the Gulf of Guinea; forms and devices send it for "not known"."""
    if job.site.latitude == 0 and job.site.longitude == 0:
        yield FieldError(
            "/site", "0, 0 is open sea in the Gulf of Guinea: the position was probably never set"
        )


def empty_ticket(job: JobInput) -> Iterator[FieldError]:
    ticket = job.ticket
    if job.kind != "sizing" and (ticket is None or not _says_something(ticket)):
        yield FieldError("/ticket", "must have a text, a fault code or a measurement")
    for index, code in enumerate(ticket.fault_codes if ticket else []):
        if not code.strip():
            yield FieldError(f"/ticket/fault_codes/{index}", "must not be blank")


def _says_something(ticket: Ticket) -> bool:
    measured = ticket.measurements.model_dump().values()
    return bool(
        (ticket.text or "").strip()
        or any(code.strip() for code in ticket.fault_codes)
        or any(value not in (None, []) for value in measured)
    )


def repeated_planes(job: JobInput) -> Iterator[FieldError]:
    """Results speak of planes by name."""
    names = [plane.name for plane in job.roof]
    for index, name in enumerate(names):
        if name in names[:index]:
            yield FieldError(f"/roof/{index}/name", f"{name!r} is the name of another plane too")


def two_resources(job: JobInput) -> Iterator[FieldError]:
    resource = job.resource
    if resource.peak_sun_hours is not None and resource.weather_file_id is not None:
        yield FieldError("/resource/peak_sun_hours", "contradicts weather_file_id: give one of them")
        yield FieldError("/resource/weather_file_id", "contradicts peak_sun_hours: give one of them")


def design_temperatures(job: JobInput) -> Iterator[FieldError]:
    low, high = job.electrical.design_temp_min_c, job.electrical.design_temp_max_c
    if low is not None and high is not None and low > high:
        yield FieldError("/electrical/design_temp_min_c", f"must not be above design_temp_max_c, {high:g} °C")


def schedule(job: JobInput) -> Iterator[FieldError]:
    earliest, latest = job.schedule.earliest, job.schedule.latest
    if earliest is not None and latest is not None and latest <= earliest:
        yield FieldError("/schedule/latest", "must be after earliest")


def unstorable_text(job: JobInput) -> Iterator[FieldError]:
    """PostgreSQL stores every character but one."""
    documents: list[tuple[tuple[str | int, ...], object]] = [((), job.model_dump(mode="json"))]
    while documents:
        path, value = documents.pop()
        if isinstance(value, dict):
            documents += [((*path, key), inner) for key, inner in value.items()]
        elif isinstance(value, list):
            documents += [((*path, index), inner) for index, inner in enumerate(value)]
        elif isinstance(value, str) and "\0" in value:
            yield FieldError(json_pointer(*path), "must not have the character U+0000")
