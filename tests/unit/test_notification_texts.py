"""Texts to people: readable, in the technician's time, and without what a customer would not want told."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from core.ids import new_id
from core.notifications.addresses import Address, addresses
from core.notifications.news import NEWS, Told, events_for, text_of
from core.webhooks.messages import RecordedEvent
from core.webhooks.subscriptions import EVENT_TYPES
from graph.news import NOBODY_SENT, Assignment, assignment_news, urgency_news

JOB, GRACE, OMAR = new_id(), new_id(), new_id()
NINE, TEN, ELEVEN = (datetime(2026, 11, 23, hour, tzinfo=UTC) for hour in (9, 10, 11))
SPAN = "Mon 23 Nov 2026 12:00 EAT to Mon 23 Nov 2026 13:00 EAT"
TOLD = Told("triage", "P2", "Africa/Nairobi")


def text(event_type: str, data: dict[str, Any], told: Told = TOLD) -> tuple[str, str]:
    said = text_of(RecordedEvent(1, JOB, None, NINE, event_type, "service", data), told)
    return said.title, said.body.replace(str(JOB), "JOB")


@pytest.mark.parametrize(
    ("event_type", "data", "title", "body"),
    [
        (
            "job.assigned",
            Assignment(GRACE, NINE, TEN, "Grace").told(),
            "SolarSync: Job assigned P2",
            "Grace goes: Mon 23 Nov 2026 12:00 EAT to Mon 23 Nov 2026 13:00 EAT.\nJob JOB (triage)",
        ),
        (
            "visit.changed",
            {"technician": "Grace", "start": NINE.isoformat(), "end": TEN.isoformat(), "now": None},
            "SolarSync: Visit called off P2",
            f"Grace does not go any more. It was planned for {SPAN}.\nJob JOB (triage)",
        ),
        (
            "questions.opened",
            {"questions": ["safety_release", "vendor"]},
            "SolarSync: An answer is needed P2",
            "The job waits for: safety release, vendor.\nJob JOB (triage)",
        ),
        (
            "run.failed",
            {"problem": {"title": "Node timed out"}},
            "SolarSync: Job failed P2",
            "Node timed out: somebody has to look at it.\nJob JOB (triage)",
        ),
        (
            "alert.opened",
            {"kind": "wind", "severity": "stop", "detail": "Gusts.", **Assignment(None, NINE, TEN).span()},
            "SolarSync: Weather: no work P2",
            f"wind, {SPAN}. Gusts.\nJob JOB (triage)",
        ),
        (
            "alert.updated",
            {"kind": "wind", "severity": "stop", "detail": "Gusts.", **Assignment(None, NINE, TEN).span()},
            "SolarSync: Weather changed: no work P2",
            f"Now wind, {SPAN}. Gusts.\nJob JOB (triage)",
        ),
        (
            "alert.closed",
            {"event": "High Wind Warning", "reason": "withdrawn", **Assignment(None, NINE, TEN).span()},
            "SolarSync: Weather: alert over P2",
            f"High Wind Warning, {SPAN}: was withdrawn.\nJob JOB (triage)",
        ),
    ],
)  # fmt: skip
def test_events_in_words(event_type: str, data: dict[str, Any], title: str, body: str) -> None:
    assert text(event_type, data) == (title, body)


def test_urgency_says_that_work_stops_and_why() -> None:
    triage = {
        "priority": "P1",
        "stop_work": True,
        "diagnosis": "Arc in a string.",
        "hazards": [{"kind": "arc_fault", "evidence": "Mr Ngugi saw sparks", "rule": "690.11"}],
    }
    (event,) = urgency_news({"triage": triage})

    title, body = text(event.type, event.data, Told("triage", "P1", None))

    assert title == "SolarSync: Stop work P1"
    assert body.startswith(
        "Work is stopped until a person has made sure that it is safe. Hazards: arc fault."
    )
    assert "Ngugi" not in body


def test_a_ticket_that_can_wait_is_no_urgent_news() -> None:
    assert urgency_news({"triage": {"priority": "P2", "stop_work": False}}) == []
    assert urgency_news({}) == []


@pytest.mark.parametrize("event_type", list(NEWS))
def test_every_text_can_be_written_of_an_event_that_says_nothing(event_type: str) -> None:
    assert text(event_type, {})[0].startswith("SolarSync: ")


def test_what_people_are_told_of_is_told_to_webhooks_too() -> None:
    assert set(NEWS) <= set(EVENT_TYPES)
    assert "run.failed" not in events_for("technician")


def test_two_technicians_hear_of_a_job_that_changes_hands() -> None:
    old, new = Assignment(GRACE, NINE, TEN), Assignment(OMAR, TEN, ELEVEN, "Omar")

    news = assignment_news(old, new)

    assert [(event.type, event.data["technician_id"]) for event in news] == [
        ("visit.changed", str(GRACE)),
        ("job.assigned", str(OMAR)),
    ]


@pytest.mark.parametrize(
    ("before", "now", "types"),
    [
        (NOBODY_SENT, NOBODY_SENT, []),
        (NOBODY_SENT, Assignment(GRACE, NINE, TEN), ["job.assigned"]),
        (Assignment(GRACE, NINE, TEN), Assignment(GRACE, NINE, TEN, "Grace"), []),
        (Assignment(GRACE, NINE, TEN), Assignment(GRACE, TEN, ELEVEN), ["visit.changed"]),
        (Assignment(GRACE, NINE, TEN), NOBODY_SENT, ["visit.changed"]),
    ],
)
def test_only_a_change_is_news(before: Assignment, now: Assignment, types: list[str]) -> None:
    assert [event.type for event in assignment_news(before, now)] == types


def test_an_address_is_made_of_the_contact_and_of_nothing_it_could_smuggle_in() -> None:
    address = Address("n", "technician", SecretStr("mailtos://u:p@smtp.example.com?to={email}"))

    made = address.of({"email": "a@b.c&cc=all@b.c"})

    assert made is not None
    assert made.get_secret_value() == "mailtos://u:p@smtp.example.com?to=a%40b.c%26cc%3Dall%40b.c"
    assert address.of({"phone": "123"}) is None
    assert address.of({"email": " "}) is None


def test_names_of_addresses_tell_nothing_of_them_and_are_always_the_same() -> None:
    urls = [SecretStr("json://secret@example.com")]

    assert addresses(urls, []).keys() == addresses(urls, []).keys()
    assert "secret" not in "".join(addresses(urls, urls))
    assert len(addresses(urls, urls)) == 2
