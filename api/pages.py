"""Results as a person reads them in a terminal."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from rich import box
from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from state.dispatch import DispatchResult
from state.job import JobResult
from state.questions import Question
from state.sizing import (
    ArrayResult,
    Check,
    EconomicsResult,
    Energy,
    SizingAnswer,
    SizingResult,
    StorageResult,
)
from state.triage import TriageAnswer, TriageResult
from state.weather import Forecast, WeatherResult

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
STATUS_STYLE = {"pass": "green", "warn": "yellow", "fail": "bold red", "not_evaluated": "dim"}
VERDICT_STYLE = {"go": "green", "caution": "yellow", "stop": "red", "unknown": "dim"}
WINDOWS_SHOWN = 6


def print_answer(answer: SizingAnswer | TriageAnswer, console: Console | None = None) -> None:
    """A `SizingAnswer` or a `TriageAnswer`."""
    out = console or Console()
    if isinstance(answer, SizingAnswer) and answer.sizing:
        out.print(sizing_page(answer.sizing))
    if isinstance(answer, TriageAnswer) and answer.triage:
        out.print(triage_page(answer.triage))
    if answer.questions:
        out.print(questions_page(answer.questions))


def print_result(result: JobResult, console: Console) -> None:
    """A `JobResult`, from the weather to the summary."""
    if result.weather:
        console.print(weather_page(result.weather))
    if result.triage:
        console.print(triage_page(result.triage))
    if result.sizing:
        console.print(sizing_page(result.sizing))
    if result.dispatch:
        console.print(dispatch_page(result.dispatch))
    console.print(Panel(result.report.summary, title="Summary", title_align="left"))


def questions_page(questions: Iterable[Question]) -> RenderableType:
    """The open questions, each with why it is asked."""
    table = rows_table("Questions", "id", "question", "why", "answer")
    for question in questions:
        table.add_row(question.id, question.prompt, question.why, _expected(question))
    return table


def weather_page(weather: WeatherResult) -> RenderableType:
    resource, sun = weather.resource, weather.resource.peak_sun_hours
    facts = facts_table("Weather")
    facts.add_row(
        "design resource",
        f"{resource.annual_ghi_kwh_m2:.0f} kWh/m² a year, "
        f"{sun.annual_mean:.2f} peak sun hours (worst month {sun.worst_month:.2f})",
    )
    facts.add_row(
        "quality", f"{resource.quality}, ± {resource.uncertainty_percent:.0f} % · {resource.source}"
    )
    facts.add_row("forecast", _forecast(weather.forecast) or f"none: {weather.forecast_problem}")
    for alert in weather.alerts:
        facts.add_row("alert", f"[yellow]{alert.kind}: {alert.detail}")
    windows = rows_table("Working hours on the roof", "from", "to", "verdict", "reasons")
    for window in weather.windows[:WINDOWS_SHOWN]:
        windows.add_row(
            moment(window.start),
            moment(window.end),
            _styled(window.verdict, VERDICT_STYLE),
            "; ".join(window.reasons),
        )
    return Group(facts, windows)


def sizing_page(sizing: SizingResult) -> RenderableType:
    parts: list[RenderableType] = [_system(sizing)]
    if sizing.energy:
        parts.append(_energy(sizing.energy))
    parts.append(_checks(sizing.checks))
    if sizing.economics:
        parts.append(_economics(sizing.economics))
    if sizing.warnings:
        parts.append(_list("Warnings", sizing.warnings))
    return Group(*parts)


def triage_page(triage: TriageResult) -> RenderableType:
    facts = facts_table("Triage")
    stop = "[bold red]STOP WORK[/] · " if triage.stop_work else ""
    hours = triage.respond_within_hours
    when = "at the next visit" if hours is None else f"respond within {hours:g} h"
    facts.add_row("priority", f"{stop}{triage.priority}, {when}")
    facts.add_row("diagnosis", triage.diagnosis)
    facts.add_row("asset", f"{triage.asset} (confidence {triage.confidence:.0%})")
    for hazard in triage.hazards:
        facts.add_row("hazard", f"[red]{hazard.kind}[/]: {escape(f'{hazard.evidence} [{hazard.rule}]')}")
    for number, action in enumerate(triage.actions, start=1):
        facts.add_row(f"action {number}", action)
    facts.add_row("bring", ", ".join(triage.parts) or "–")
    facts.add_row("skills", ", ".join(triage.skills) or "–")
    facts.add_row("work", _work(triage))
    if loss := triage.energy_loss:
        cost = "" if loss.cost_per_day is None else f", {loss.cost_per_day:,.2f} {triage.currency}"
        facts.add_row("lost a day", f"{loss.kwh_per_day:.1f} kWh{cost}: {loss.basis}")
    for warning in triage.warnings:
        facts.add_row("warning", f"[yellow]{escape(warning)}")
    for assumption in triage.assumptions:
        facts.add_row("assumed", escape(assumption))
    evidence = rows_table("Evidence", "from", "quote", "says", "rule")
    for item in triage.evidence:
        evidence.add_row(*map(escape, (item.source, item.quote, item.says, item.rule)))
    return Group(facts, evidence)


def _work(triage: TriageResult) -> str:
    costs = {"labour": triage.labour_cost, "transport": triage.transport_cost}
    priced = [f"{name} {cost:,.2f} {triage.currency}" for name, cost in costs.items() if cost is not None]
    return ", ".join([f"{triage.estimated_duration_h:g} h", *priced])


def dispatch_page(dispatch: DispatchResult) -> RenderableType:
    facts = facts_table("Visit")
    technician, visit = dispatch.technician, dispatch.visit
    facts.add_row(
        "technician",
        f"{technician.name}, {technician.distance_km:.1f} km away" if technician else "nobody",
    )
    facts.add_row("visit", f"{moment(visit.start)} to {moment(visit.end)}" if visit else "not planned")
    for reason in dispatch.reasons:
        facts.add_row("because", reason)
    return facts


def _system(sizing: SizingResult) -> Table:
    facts = facts_table(f"Sizing: {sizing.status}")
    if demand := sizing.demand:
        facts.add_row("demand", f"{demand.daily_energy_wh / 1000:.2f} kWh a day")
        if demand.peak_power_w is not None and demand.surge_power_w is not None:
            facts.add_row("", f"peak {demand.peak_power_w:.0f} W, surge {demand.surge_power_w:.0f} W")
    if array := sizing.array:
        _add_array(facts, array)
    if inverter := sizing.inverter:
        facts.add_row(
            "inverter",
            f"{inverter.count} × {inverter.manufacturer} {inverter.model}, "
            f"{inverter.pac0_w / 1000:.1f} kW, DC/AC {inverter.dc_ac_ratio:.2f}",
        )
    if storage := sizing.storage:
        _add_storage(facts, storage)
    return facts


def _add_array(facts: Table, array: ArrayResult) -> None:
    module = array.module
    what = f"{array.modules} × {module.manufacturer} {module.model}"
    facts.add_row("array", f"{what}, {array.pdc0_w / 1000:.2f} kW")
    for string in array.strings:
        facts.add_row(
            f"MPPT {string.mppt}", f"{string.modules_per_string} in series × {string.parallel} in parallel"
        )


def _add_storage(facts: Table, storage: StorageResult) -> None:
    battery = storage.battery
    facts.add_row(
        "storage",
        f"{storage.units} × {battery.manufacturer} {battery.model} "
        f"({storage.units_in_series} in series × {storage.strings_in_parallel})",
    )
    facts.add_row(
        "",
        f"{storage.usable_kwh:.1f} of {storage.nominal_kwh:.1f} kWh usable, {storage.autonomy_days:.1f} days",
    )


def _energy(energy: Energy) -> Table:
    title = f"Energy: {energy.ac_annual_kwh:.0f} kWh a year, {energy.specific_yield_kwh_per_kwp:.0f} kWh/kWp"
    table = rows_table(title, *MONTHS)
    table.add_row(*(f"{kwh:.0f}" for kwh in energy.ac_monthly_kwh))
    return table


def _checks(checks: Iterable[Check]) -> Table:
    """The rules in the order they were applied; one that passed needs no words."""
    table = rows_table("Checks", "", "rule", "value", "limit", "margin")
    for check in checks:
        rule = check.rule if check.status == "pass" else f"{check.rule}\n[dim]{check.detail}[/]"
        table.add_row(
            _styled(check.status, STATUS_STYLE),
            rule,
            _quantity(check.value, check.unit),
            _quantity(check.limit, check.unit),
            "" if check.margin_percent is None else f"{check.margin_percent:.0f} %",
        )
    return table


def _economics(economics: EconomicsResult) -> Table:
    facts, currency = facts_table("Economics"), economics.currency
    costs = economics.capital_cost
    for item, cost in sorted(costs.items(), key=lambda each: each[0] == "total"):
        facts.add_row(item.replace("_", " "), f"{cost:,.0f} {currency}")
    if economics.annual_savings is None:
        return facts
    facts.add_row("saves", f"{economics.annual_savings:,.0f} {currency} a year")
    payback = economics.simple_payback_years
    facts.add_row("payback", "never" if payback is None else f"{payback:.1f} years")
    return facts


def _list(title: str, lines: Iterable[str]) -> Panel:
    return Panel("\n".join(f"• {line}" for line in lines), title=title, title_align="left")


def facts_table(title: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", show_header=False, box=None)
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(overflow="fold")
    return table


def rows_table(title: str, *columns: str) -> Table:
    table = Table(
        title=title, title_justify="left", title_style="bold", header_style="cyan", box=box.SIMPLE_HEAD
    )
    for column in columns:
        table.add_column(column)
    return table


def _expected(question: Question) -> str:
    if question.kind == "number":
        limits = f"{question.minimum:g} to {question.maximum:g} {question.unit or ''}".strip()
        return limits if question.default is None else f"{limits}, suggested {question.default}"
    return " / ".join(question.choices or ()) or question.kind


def _quantity(value: float | None, unit: str) -> str:
    return "" if value is None else f"{value:.4g} {unit}"


def moment(at: datetime) -> str:
    return f"{at:%a %d %b %H:%M} {at:%Z}".replace("UTC+", "+")


def _forecast(forecast: Forecast | None) -> str | None:
    return f"{len(forecast.hourly)} hours from {forecast.source}" if forecast else None


def _styled(word: str, styles: Mapping[str, str]) -> str:
    return f"[{styles[word]}]{word.replace('_', ' ')}[/]"
