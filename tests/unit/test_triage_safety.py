"""Hazards in free text: every one found, hardly one too many, and never one fewer because something was added."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.tickets import of_text
from tests.unit.triage_tickets import DANGEROUS, HARMLESS, ORDINARY, STOPPING

URGENT_FIRST = ("P1", "P2", "P3", "P4")
DANGER_WORDS = (
    "smoke",
    "sparks",
    "arcing",
    "ground fault",
    "exposed wires",
    "panel hanging",
    "swollen battery",
)


@pytest.mark.parametrize(("kind", "text"), DANGEROUS)
def test_a_dangerous_ticket_names_its_hazard_and_stops_the_work(kind: str, text: str) -> None:
    found = of_text(text)

    assert kind in {hazard.kind for hazard in found.hazards}
    assert found.stop_work
    assert found.priority == "P1"
    assert found.truck_roll


@pytest.mark.parametrize("text", STOPPING)
def test_work_stops_whatever_one_calls_the_hazard(text: str) -> None:
    assert of_text(text).stop_work


def test_work_is_rarely_stopped_for_nothing() -> None:
    calm = (*HARMLESS, *ORDINARY)

    stopped = [text for text in calm if of_text(text).stop_work]

    assert len(stopped) <= 0.05 * len(calm), stopped


def test_every_hazard_cites_a_rule_and_the_words_that_tell_of_it() -> None:
    for _, text in DANGEROUS:
        for hazard in of_text(text).hazards:
            assert hazard.rule
            assert hazard.evidence


def test_the_first_action_is_about_the_gravest_hazard() -> None:
    found = of_text("battery swollen and smoke in the room, panel dirty")

    assert found.actions[0].startswith("Fire")


def test_a_denied_danger_is_shown_as_evidence() -> None:
    found = of_text("inverter 2 offline, no smoke")

    assert any("denies" in evidence.says for evidence in found.evidence)
    assert not found.hazards


@pytest.mark.parametrize(
    "text",
    [
        "no power, smoke from the inverter",
        "not working. smoke",
        "no comms and smoke in the container",
        "no ground fault when dry",
        "arcing cannot be ruled out",
        "never seen sparks like this",
    ],
)
def test_a_denial_does_not_reach_past_its_clause_or_its_condition(text: str) -> None:
    assert of_text(text).stop_work


@settings(deadline=None)
@given(text=st.sampled_from([*HARMLESS, *ORDINARY, *STOPPING]), word=st.sampled_from(DANGER_WORDS))
def test_adding_a_word_of_danger_never_lowers_the_priority(text: str, word: str) -> None:
    before, after = of_text(text), of_text(f"{text}. {word}")

    assert URGENT_FIRST.index(after.priority) <= URGENT_FIRST.index(before.priority)
    assert after.stop_work


@settings(deadline=None)
@given(st.sampled_from([text for _, text in DANGEROUS]), st.sampled_from([*HARMLESS, *ORDINARY]))
def test_calm_words_beside_a_danger_remove_no_hazard(danger: str, calm: str) -> None:
    alone, together = of_text(danger), of_text(f"{calm}.\n{danger}")

    assert {hazard.kind for hazard in alone.hazards} <= {hazard.kind for hazard in together.hazards}
    assert together.stop_work


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_read_without_an_error(text: str) -> None:
    found = of_text(text)

    assert 0 <= found.confidence <= 1
    assert found.respond_within_hours in {4.0, 24.0, 72.0, None}
