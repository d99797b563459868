"""The result in plain text: what is wrong, who comes, what to build, what it yields and costs."""

from collections import Counter
from collections.abc import Iterator

from nodes.report.figures import ended, figure, moment, money, until, words
from nodes.report.results import Results
from state.dispatch import DispatchResult
from state.job import JobInput
from state.sizing import Check, EconomicsResult, Energy, SizingResult
from state.triage import TriageResult
from state.weather import WeatherResult

STEPS_SHOWN = 6
CHECK_STATES = {"pass": "passed", "warn": "passed with a warning", "fail": "failed", "not_evaluated": "open"}


def summarise(results: Results) -> str:
    """One paragraph per part, each behind its heading; the urgent ones first."""
    zone = results.job.site.timezone
    paragraphs = [_title(results.job)]
    if results.triage:
        paragraphs += _fault(results.triage)
    if results.dispatch:
        paragraphs += _visit(results.dispatch, zone)
    if results.sizing:
        paragraphs += _design(results.sizing)
    if results.weather:
        paragraphs += _weather(results.weather, zone)
    return "\n".join(paragraphs)


def _title(job: JobInput) -> str:
    system = f"{job.system_type.replace('_', '-')} system"
    parts = {"sizing": system, "triage": "fault", "full": f"{system} and fault"}
    where = job.site.address or f"{job.site.latitude:.3f}, {job.site.longitude:.3f}"
    return ended(f"{parts[job.kind].capitalize()} at {where}")


def _fault(triage: TriageResult) -> Iterator[str]:
    hours = triage.respond_within_hours
    when = "at the next visit" if hours is None else f"respond within {figure(hours, 'h')}"
    stop = "STOP WORK. " if triage.stop_work else ""
    yield f"Fault: {stop}{triage.priority}, {when}. {ended(triage.diagnosis)}"
    if triage.hazards:
        yield (
            "Hazards: " + "; ".join(f"{words(each.kind)} ({each.evidence})" for each in triage.hazards) + "."
        )
    if triage.actions:
        yield f"To do: {_steps(triage.actions)}"
    if triage.parts:
        yield f"Bring: {', '.join(triage.parts)}."
    loss = triage.energy_loss
    if loss:
        cost = "" if loss.cost_per_day is None else f", {money(loss.cost_per_day, triage.currency)}"
        yield f"Lost meanwhile: {figure(loss.kwh_per_day, 'kWh', 1)}{cost} a day ({loss.basis})."


def _steps(actions: list[str]) -> str:
    """The first steps, which are the urgent ones; the triage holds them all."""
    shown = [f"{number}. {ended(action)}" for number, action in enumerate(actions[:STEPS_SHOWN], start=1)]
    left = len(actions) - len(shown)
    return " ".join([*shown, f"({left} more.)"] if left else shown)


def _visit(dispatch: DispatchResult, zone: str | None) -> Iterator[str]:
    technician, visit = dispatch.technician, dispatch.visit
    if technician and visit:
        window = f", in a {dispatch.verdict} window" if dispatch.verdict else ""
        distance = figure(technician.distance_km, "km away", 1)
        yield f"Visit: {technician.name}, {distance}, {until(visit.start, visit.end, zone)}{window}."
    elif dispatch.visit_needed:
        yield f"Visit: none is planned; {ended('; '.join(dispatch.reasons))}"
    else:
        yield f"Visit: not needed; {ended('; '.join(dispatch.reasons))}"
    if dispatch.respond_by:
        yield f"Respond by: {moment(dispatch.respond_by, zone)}."
    if dispatch.decision:
        yield f"Decided by a person: {ended(dispatch.decision)}"


def _design(sizing: SizingResult) -> Iterator[str]:
    yield f"Design: {sizing.status}. {_equipment(sizing)}".rstrip()
    storage = sizing.storage
    if storage:
        battery = storage.battery
        yield (
            f"Storage: {storage.units} × {battery.manufacturer} {battery.model},"
            f" {storage.units_in_series} in series × {storage.strings_in_parallel} in parallel,"
            f" {figure(storage.nominal_kwh, 'kWh', 1)} ({figure(storage.usable_kwh, 'kWh', 1)} usable),"
            f" {figure(storage.autonomy_days, 'days', 1)} of autonomy."
        )
    if sizing.energy:
        yield _yield(sizing.energy)
    if sizing.economics:
        yield _cost(sizing.economics)
    if sizing.checks:
        yield _checks(sizing.checks)


def _equipment(sizing: SizingResult) -> str:
    parts = []
    array, inverter = sizing.array, sizing.inverter
    if array:
        strings = Counter[int]()
        for string in array.strings:
            strings[string.modules_per_string] += string.parallel
        layout = ", ".join(f"{count} × {length}" for length, count in sorted(strings.items(), reverse=True))
        module = f"{array.module.manufacturer} {array.module.model}"
        in_strings = f", strings {layout}" if layout else ""
        parts.append(f"{array.modules} × {module}, {figure(array.pdc0_w / 1000, 'kWp', 2)}{in_strings}")
    if inverter:
        power = figure(inverter.pac0_w / 1000, "kW", 1)
        parts.append(
            f"{inverter.count} × {inverter.manufacturer} {inverter.model}, {power},"
            f" DC/AC {figure(inverter.dc_ac_ratio, digits=2)}"
        )
    return ended("; ".join(parts)) if parts else ""


def _yield(energy: Energy) -> str:
    parts = [
        f"{figure(energy.ac_annual_kwh, 'kWh')} a year",
        f"{figure(energy.specific_yield_kwh_per_kwp, 'kWh/kWp')}",
    ]
    if energy.performance_ratio is not None:
        parts.append(f"performance ratio {figure(energy.performance_ratio, digits=2)}")
    if energy.p90_annual_kwh is not None:
        parts.append(f"{figure(energy.p90_annual_kwh, 'kWh')} in nine years of ten")
    if energy.self_sufficiency is not None:
        parts.append(f"{figure(100 * energy.self_sufficiency, '%')} of the demand")
    if energy.export_kwh:
        parts.append(f"{figure(energy.export_kwh, 'kWh')} exported")
    if energy.unserved_kwh:
        parts.append(f"{figure(energy.unserved_kwh, 'kWh')} unserved")
    return f"Energy: {', '.join(parts)}."


def _cost(economics: EconomicsResult) -> str:
    currency = economics.currency
    parts = []
    if "total" in economics.capital_cost:
        parts.append(money(economics.capital_cost["total"], currency))
    savings: float | None = economics.annual_savings
    if savings is not None:
        parts.append(f"saves {money(savings, currency)} a year")
        years = economics.simple_payback_years
        parts.append("does not pay back" if years is None else f"pays back in {figure(years, 'years', 1)}")
    if economics.lcoe is not None:
        parts.append(f"{currency} {figure(economics.lcoe, digits=2)} per kWh over its life")
    return f"Cost: {', '.join(parts) or 'not known'}."


def _checks(checks: list[Check]) -> str:
    counted = Counter[str](check.status for check in checks)
    shown = (f"{counted[state]} {said}" for state, said in CHECK_STATES.items() if counted[state])
    return f"Checks: {', '.join(shown)}."


def _weather(weather: WeatherResult, zone: str | None) -> Iterator[str]:
    resource = weather.resource
    sun = resource.peak_sun_hours
    yield (
        f"Sun: {figure(resource.annual_ghi_kwh_m2, 'kWh/m²')} a year on the level,"
        f" {figure(sun.annual_mean, digits=1)} peak sun hours a day"
        f" ({figure(sun.worst_month, digits=1)} in the worst month),"
        f" ±{figure(resource.uncertainty_percent, '%')}; {resource.quality}, {ended(resource.source)}"
    )
    forecast = weather.forecast
    if forecast:
        by = f" {ended(forecast.attribution)}" if forecast.attribution else ""
        yield f"Forecast: {forecast.source}, issued {moment(forecast.issued_at, zone)}.{by}"
