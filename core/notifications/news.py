"""Which events people are told of, and in which words. No customer's name, address or position is among them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo

from core.notifications.addresses import Audience
from core.webhooks.messages import RecordedEvent

LONGEST = 600
"""Characters of a text; four parts of a short message."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the texts say beside the event."""

    kind: str
    priority: str | None
    timezone: str | None
    """Of the technician; times are in UTC without one."""


@dataclass(frozen=True, slots=True)
class Text:
    title: str
    body: str


Wording = Callable[[Mapping[str, Any], Told], tuple[str, str]]


def _assigned(data: Mapping[str, Any], told: Told) -> tuple[str, str]:
    return "Job assigned", f"{data.get('technician', 'A technician')} goes: {_span(data, told)}."


def _visit_changed(data: Mapping[str, Any], told: Told) -> tuple[str, str]:
    who, now = data.get("technician", "The technician"), data.get("now")
    if not now:
        return "Visit called off", f"{who} does not go any more. It was planned for {_span(data, told)}."
    return "Visit moved", f"{who} goes {_span(now, told)} instead of {_span(data, told)}."


def _urgent(data: Mapping[str, Any], _: Told) -> tuple[str, str]:
    stop = "Work is stopped until a person has made sure that it is safe. " if data.get("stop_work") else ""
    hazards = ", ".join(str(kind).replace("_", " ") for kind in data.get("hazards", []))
    return (
        ("Stop work" if stop else f"Urgent: {data.get('priority')}"),
        f"{stop}{f'Hazards: {hazards}. ' if hazards else ''}{data.get('diagnosis', '')}",
    )


def _questions(data: Mapping[str, Any], _: Told) -> tuple[str, str]:
    asked = ", ".join(str(question).replace("_", " ") for question in data.get("questions", []))
    return "An answer is needed", f"The job waits for: {asked}."


def _failed(data: Mapping[str, Any], _: Told) -> tuple[str, str]:
    problem = data.get("problem") or {}
    return "Job failed", f"{problem.get('title', 'It failed')}: somebody has to look at it."


def _alert(data: Mapping[str, Any], told: Told) -> tuple[str, str]:
    title = "Weather: no work" if data.get("severity") == "stop" else "Weather: take care"
    return title, f"{_of_what(data)}, {_span(data, told)}. {data.get('detail', '')}"


def _alert_updated(data: Mapping[str, Any], told: Told) -> tuple[str, str]:
    title = "Weather changed: no work" if data.get("severity") == "stop" else "Weather changed: take care"
    return title, f"Now {_of_what(data)}, {_span(data, told)}. {data.get('detail', '')}"


def _alert_closed(data: Mapping[str, Any], told: Told) -> tuple[str, str]:
    became = "has passed" if data.get("reason") == "passed" else "was withdrawn"
    return "Weather: alert over", f"{_of_what(data)}, {_span(data, told)}: {became}."


def _of_what(data: Mapping[str, Any]) -> str:
    return str(data.get("event") or data.get("kind") or "dangerous weather")


@dataclass(frozen=True, slots=True)
class News:
    audiences: frozenset[Audience]
    wording: Wording


_BOTH: Final[frozenset[Audience]] = frozenset({"dispatcher", "technician"})
_DISPATCHER: Final[frozenset[Audience]] = frozenset({"dispatcher"})

NEWS: Final[Mapping[str, News]] = MappingProxyType(
    {
        "job.assigned": News(_BOTH, _assigned),
        "job.urgent": News(_BOTH, _urgent),
        "visit.changed": News(_BOTH, _visit_changed),
        "questions.opened": News(_BOTH, _questions),
        "alert.opened": News(_BOTH, _alert),
        "alert.updated": News(_BOTH, _alert_updated),
        "alert.closed": News(_BOTH, _alert_closed),
        "run.failed": News(_DISPATCHER, _failed),
    }
)


def events_for(audience: Audience) -> list[str]:
    return [event for event, news in NEWS.items() if audience in news.audiences]


def text_of(event: RecordedEvent, told: Told) -> Text:
    """The event in words; raises `KeyError` where people are not told of its type."""
    title, body = NEWS[event.type].wording(event.data, told)
    priority = f" {told.priority}" if told.priority else ""
    return Text(
        f"SolarSync: {title}{priority}", f"{body.strip()[:LONGEST]}\nJob {event.job_id} ({told.kind})"
    )


def _span(data: Mapping[str, Any], told: Told) -> str:
    moments = [_moment(data.get(end), told) for end in ("start", "end")]
    return " to ".join(moment for moment in moments if moment) or "at a time not known"


def _moment(value: object, told: Told) -> str | None:
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    local = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(ZoneInfo(told.timezone or "UTC"))
    return f"{local:%a} {local.day} {local:%b %Y %H:%M %Z}"
