"""What a reader must not miss, the gravest first; and what was taken for granted."""

from collections.abc import Callable, Iterable, Iterator

from nodes.report.figures import ended, figure, moment, words
from nodes.report.results import Results

Findings = Callable[[Results], Iterator[str]]


def _hazards(results: Results) -> Iterator[str]:
    triage = results.triage
    if triage:
        if triage.stop_work:
            yield "Work is stopped until a person has made sure that it is safe."
        for hazard in triage.hazards:
            yield f"{words(hazard.kind).capitalize()}: {hazard.evidence} [{hazard.rule}]"


def _infeasible(results: Results) -> Iterator[str]:
    """Sizing names what stands in the way first among its own warnings."""
    if results.sizing and results.sizing.status == "infeasible":
        yield "The design is infeasible as asked for."
        yield from results.sizing.warnings


def _visit_missing_or_late(results: Results) -> Iterator[str]:
    dispatch, triage = results.dispatch, results.triage
    if not dispatch:
        return
    if triage and triage.truck_roll and dispatch.visit_needed and dispatch.visit is None:
        yield "The fault needs a visit, and none is planned."
    if dispatch.visit and dispatch.respond_by and dispatch.visit.start > dispatch.respond_by:
        hours = (dispatch.visit.start - dispatch.respond_by).total_seconds() / 3600
        yield f"The visit starts {figure(hours, 'h', 1)} after the deadline."


def _weather_stops(results: Results) -> Iterator[str]:
    yield from _alerts(results, "stop")


def _branch_warnings(results: Results) -> Iterator[str]:
    yield from results.triage.warnings if results.triage else []
    yield from results.sizing.warnings if results.sizing else []


def _visit_with_caution(results: Results) -> Iterator[str]:
    if results.dispatch and results.dispatch.verdict == "caution":
        yield "The visit lies in hours that ask for caution."
    yield from _alerts(results, "caution")


def _unknowns(results: Results) -> Iterator[str]:
    if results.weather and results.weather.forecast_problem:
        yield f"No forecast: {results.weather.forecast_problem}"
    yield from results.weather.warnings if results.weather else []


BY_SEVERITY: tuple[Findings, ...] = (
    _hazards,
    _infeasible,
    _visit_missing_or_late,
    _weather_stops,
    _branch_warnings,
    _visit_with_caution,
    _unknowns,
)
"""People first, then what forbids building or leaves a fault alone, then care, then what is not known."""


def warnings_of(results: Results) -> list[str]:
    return _once(ended(text) for findings in BY_SEVERITY for text in findings(results))


def assumptions_of(results: Results) -> list[str]:
    """What each part took for granted, and what people said when they were asked."""
    return _once(ended(text) for text in _assumptions(results))


def _assumptions(results: Results) -> Iterator[str]:
    if results.weather:
        resource = results.weather.resource
        yield from resource.notes
        design = resource.design_temperatures
        if design and design.approximation:
            yield f"Design temperatures: {design.approximation}"
    yield from results.sizing.assumptions if results.sizing else []
    yield from results.triage.assumptions if results.triage else []
    for question, answer in sorted(results.answers.items()):
        yield f"Answered by a person: {question} = {answer}"


def _alerts(results: Results, severity: str) -> Iterator[str]:
    zone = results.job.site.timezone
    for alert in results.weather.alerts if results.weather else []:
        if alert.severity == severity:
            yield f"{alert.kind.capitalize()}, from {moment(alert.start, zone)}: {alert.detail} [{alert.rule}]"


def _once(texts: Iterable[str]) -> list[str]:
    """Each text once, where it stands first; spelling of case and spaces aside."""
    first: dict[str, str] = {}
    for text in texts:
        first.setdefault(" ".join(text.casefold().split()), text)
    return list(first.values())
