"""What happens to a job, as a terminal tells it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from api.job_pages import SENTENCES, sentence
from core.webhooks.subscriptions import EVENT_TYPES
from state.timeline import TimelineEvent

SPAN = {"start": "2026-11-21T17:00:00+03:00", "end": "2026-11-21T19:30:00+03:00"}


def _event(kind: str, data: dict[str, Any]) -> TimelineEvent:
    return TimelineEvent(
        id=1, at=datetime(2026, 11, 21, tzinfo=UTC), type=kind, actor="service", run_id=None, data=data
    )


def test_every_event_of_a_timeline_has_a_sentence() -> None:
    known = EVENT_TYPES.keys()
    assert known == SENTENCES.keys()


@pytest.mark.parametrize(
    ("kind", "data", "said"),
    [
        (
            "alert.opened",
            {**SPAN, "kind": "wind", "event": None, "severity": "stop", "detail": "gusts 53.6 km/h"},
            "weather, stop: wind Sat 21 Nov 17:00 +03:00 to 19:30, gusts 53.6 km/h",
        ),
        (
            "alert.closed",
            {**SPAN, "kind": "official", "event": "High Wind Warning", "reason": "withdrawn"},
            "weather alert withdrawn: High Wind Warning Sat 21 Nov 17:00 +03:00 to 19:30",
        ),
        (
            "job.urgent",
            {"priority": "P1", "stop_work": True, "diagnosis": "Arc on the DC side.", "hazards": ["fire"]},
            "STOP WORK · P1: Arc on the DC side.",
        ),
        (
            "job.assigned",
            {**SPAN, "technician": "Grace Otieno"},
            "Grace Otieno goes Sat 21 Nov 17:00 +03:00 to 19:30",
        ),
        (
            "visit.changed",
            {**SPAN, "now": None},
            "the technician does not go Sat 21 Nov 17:00 +03:00 to 19:30",
        ),
        (
            "visit.changed",
            {**SPAN, "now": {"start": "2026-11-22T07:00:00+03:00", "end": "2026-11-22T09:00:00+03:00"}},
            "the technician goes Sun 22 Nov 07:00 +03:00 to 09:00, not Sat 21 Nov 17:00 +03:00 to 19:30",
        ),
        (
            "job.overridden",
            {"changes": {"triage.priority": {"from": "P2", "to": "P1"}}, "reason": "smoke was seen"},
            "overruled triage.priority: smoke was seen",
        ),
        ("of.tomorrow", {"a": 1}, "of.tomorrow a = 1"),
        (
            "alert.opened",
            {**SPAN, "start": "soon"},
            "alert.opened start = soon, end = 2026-11-21T19:30:00+03:00",
        ),
    ],
)
def test_an_event_is_told_in_a_sentence_or_as_it_came(kind: str, data: dict[str, Any], said: str) -> None:
    assert sentence(_event(kind, data)) == said
