"""What other jobs at the same site add: a fault that comes back, and a job that is open for the same one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nodes.triage.engine import triage
from nodes.triage.knowledge import modes
from state.job import JobInput
from state.triage import OpenFault, PastFault, SiteRecord, Ticket, TriageResult

LAST_SPRING = datetime(2026, 4, 2, 9, tzinfo=UTC)
OFFLINE = "inverter 3 offline since this morning"


def of(text: str | None, site: SiteRecord, **ticket: Any) -> TriageResult:
    place = {"latitude": -1.27, "longitude": 36.84}
    job = JobInput.model_validate({"kind": "triage", "site": place, "ticket": {"text": text, **ticket}})
    found = triage(job, {}, production=None, site=site).triage
    assert found is not None
    return found


def past(mode: str, *, months: int = 0, confirmed: bool = False) -> PastFault:
    at = LAST_SPRING + timedelta(days=30 * months)
    asset = modes()[mode].asset
    return PastFault(job_id=f"job-{months}", at=at, asset=asset, failure_mode=mode, confirmed=confirmed)


def opened(text: str | None, mode: str | None = "inverter_stopped", **ticket: Any) -> OpenFault:
    return OpenFault(
        job_id="twin",
        created_at=LAST_SPRING,
        ticket=Ticket.model_validate({"text": text, **ticket}),
        asset=modes()[mode].asset if mode else "unknown",
        failure_mode=mode,
    )


def test_a_fault_that_was_here_before_is_surer_and_asks_for_the_root_cause() -> None:
    alone = of(OFFLINE, SiteRecord())
    again = of(OFFLINE, SiteRecord(past=[past("inverter_stopped"), past("inverter_stopped", months=2)]))

    assert again.failure_mode == alone.failure_mode == "inverter_stopped"
    assert again.confidence > alone.confidence
    assert any("2 times before (2026-04-02, 2026-06-01)" in action for action in again.actions)
    assert [e.quote for e in again.evidence if e.source == "history"] == [
        "job job-2 of 2026-06-01",
        "job job-0 of 2026-04-02",
    ]


def test_a_confirmed_fault_counts_more() -> None:
    guessed = of(OFFLINE, SiteRecord(past=[past("inverter_stopped")]))
    confirmed = of(OFFLINE, SiteRecord(past=[past("inverter_stopped", confirmed=True)]))

    assert confirmed.confidence > guessed.confidence


def test_what_failed_before_does_not_explain_a_ticket_that_says_nothing() -> None:
    found = of("please come", SiteRecord(past=[past("inverter_stopped", months=n) for n in range(5)]))

    assert found.asset == "unknown"
    assert found.confidence == 0


@settings(deadline=None)
@given(
    st.sampled_from([OFFLINE, "please come", "inverter hot", "panels dirty", "smoke from cb 2"]),
    st.lists(st.sampled_from(sorted(modes())), max_size=4),
)
def test_history_brings_no_hazard_and_no_urgency(text: str, before: list[str]) -> None:
    alone, known = of(text, SiteRecord()), of(text, SiteRecord(past=[past(mode) for mode in before]))

    assert known.hazards == alone.hazards
    assert known.priority == alone.priority


@pytest.mark.parametrize(
    ("text", "other"),
    [
        (OFFLINE, "inv 3 not producing"),
        (OFFLINE, "Inverter 3 offline since this morning!!"),
        ("no output from the inverter, screen dark", "inverter dead, nothing on display"),
    ],
)
def test_a_job_that_is_open_for_the_same_fault_is_linked(text: str, other: str) -> None:
    found = of(text, SiteRecord(open=[opened(other)]))

    assert [twin.job_id for twin in found.duplicates] == ["twin"]
    assert found.duplicates[0].reasons
    assert any("job twin" in warning for warning in found.warnings)


def test_the_same_fault_code_links_tickets_without_words() -> None:
    record = SiteRecord(open=[opened(None, "pv_insulation_low", vendor="SolarEdge", fault_codes=["25"])])

    found = of(None, record, vendor="SolarEdge", fault_codes=["25"])

    assert found.duplicates[0].likeness > 0.9


@pytest.mark.parametrize(
    ("text", "other", "mode"),
    [
        (OFFLINE, "inverter 5 offline since this morning", "inverter_stopped"),
        ("cb 2.4 offline", "cb 2.5 offline", "combiner_offline"),
        (OFFLINE, "tracker row 12 stuck", "tracker_stalled"),
        ("block 2 inspected, no issues found", "herbicide sprayed, all tasks completed", "routine_work"),
    ],
)
def test_another_unit_or_another_fault_is_another_job(text: str, other: str, mode: str) -> None:
    assert of(text, SiteRecord(open=[opened(other, mode)])).duplicates == []


def test_the_likest_job_comes_first_and_nothing_is_less_urgent_for_it() -> None:
    same = opened(OFFLINE)
    alike = opened("inverter trouble, not producing").model_copy(update={"job_id": "cousin"})

    found = of(OFFLINE, SiteRecord(open=[alike, same]))

    assert [twin.job_id for twin in found.duplicates] == ["twin", "cousin"]
    assert found.priority == of(OFFLINE, SiteRecord()).priority
