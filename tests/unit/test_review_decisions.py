from typing import Any
from uuid import UUID

import pytest

from nodes.review.decisions import (
    CREW_BRIEFED,
    DISPATCH_DECISION,
    GO_ON_WITHOUT,
    SAFETY_RELEASE,
    SEND_NOBODY,
    WAIT,
    decided,
    questions_due,
    unanswered,
)
from state.dispatch import DispatchResult
from state.triage import TriageResult
from tests.support.tickets import FAULT

VISIT = {"start": "2026-03-02T08:15:00+03:00", "end": "2026-03-02T10:15:00+03:00"}
LATE = "send Amina, Mon 2 Mar 08:15: starts 6.0 h after the deadline"


def who(number: int, name: str) -> dict[str, Any]:
    return {"id": str(UUID(int=number)), "name": name, "distance_km": 5.0, "skills": ["inverter"]}


HAZARDS = [
    {"kind": "ground_fault", "evidence": "0.2 MΩ", "rule": "IEC 62446-1"},
    {"kind": "shock", "evidence": "got a shock", "rule": "words"},
]


def triaged(**changes: Any) -> TriageResult:
    return TriageResult.model_validate(FAULT | {"hazards": HAZARDS} | changes)


def planned(**changes: Any) -> DispatchResult:
    found = {"technician": who(1, "Amina"), "visit": VISIT, "verdict": "go", "reasons": ["near"]}
    return DispatchResult.model_validate({**found, "alternatives": [], **changes})


NOBODY = planned(
    technician=None,
    visit=None,
    verdict=None,
    reasons=["no technician is free in time"],
    alternatives=[
        {
            "technician": who(1, "Amina"),
            "visit": VISIT,
            "verdict": "caution",
            "score": 70,
            "missing": ["starts 6.0 h after the deadline"],
            "reasons": ["5.0 km away"],
        },
        {
            "technician": who(2, "Ben"),
            "visit": VISIT,
            "verdict": "go",
            "score": 80,
            "missing": ["lacks inverter"],
            "missing_skills": ["inverter"],
            "reasons": [],
        },
        {"technician": who(3, "Chi"), "visit": None, "score": None, "missing": ["no time"], "reasons": []},
    ],
)


def due_ids(triage: TriageResult | None, dispatch: DispatchResult) -> list[str]:
    return [question.id for question in questions_due(triage, dispatch)]


@pytest.mark.parametrize(
    ("triage", "dispatch", "asked"),
    [
        (None, planned(), []),
        (None, NOBODY, []),
        (triaged(), planned(), []),
        (triaged(truck_roll=False), planned(visit_needed=False, technician=None, visit=None), []),
        (triaged(truck_roll=False), NOBODY, []),
        (triaged(stop_work=True), planned(), [SAFETY_RELEASE]),
        (triaged(), NOBODY, [DISPATCH_DECISION]),
        (triaged(stop_work=True), NOBODY, [SAFETY_RELEASE, DISPATCH_DECISION]),
        (triaged(stop_work=True), NOBODY.model_copy(update={"decision": SEND_NOBODY}), []),
    ],
    ids=[
        "a survey is planned",
        "no survey can be planned",
        "the repair is planned",
        "no visit is needed",
        "nobody could survey",
        "work is stopped",
        "nobody can repair",
        "both",
        "a decided plan stands",
    ],
)
def test_a_person_is_asked_only_where_there_is_something_to_decide(
    triage: TriageResult | None, dispatch: DispatchResult, asked: list[str]
) -> None:
    assert due_ids(triage, dispatch) == asked


def test_whoever_releases_the_work_sees_every_hazard_with_its_rule() -> None:
    [question] = questions_due(triaged(stop_work=True), planned())
    assert question.why == (
        "P1: Insulation fault. Hazards: ground fault (0.2 MΩ; IEC 62446-1); shock (got a shock; words)."
    )
    assert question.default is None, "safety has no suggested answer"


def test_a_missing_skill_and_an_unsafe_hour_are_not_on_offer() -> None:
    [question] = questions_due(triaged(), NOBODY)
    assert question.choices == [LATE, WAIT, GO_ON_WITHOUT]
    assert question.default == LATE
    assert question.why == "no technician is free in time"


def test_with_nothing_to_offer_waiting_is_suggested() -> None:
    [question] = questions_due(triaged(), NOBODY.model_copy(update={"alternatives": []}))
    assert (question.choices, question.default) == ([WAIT, GO_ON_WITHOUT], WAIT)


def test_an_accepted_offer_becomes_the_visit_and_says_what_it_breaks() -> None:
    settled = decided(NOBODY, questions_due(triaged(), NOBODY), {DISPATCH_DECISION: LATE})
    assert settled.technician is not None
    assert settled.technician.name == "Amina"
    assert settled.visit == NOBODY.alternatives[0].visit
    assert settled.verdict == "caution"
    assert settled.reasons == ["5.0 km away", "a dispatcher allowed: starts 6.0 h after the deadline"]
    assert [each.technician.name for each in settled.alternatives] == ["Ben", "Chi"]
    assert settled.decision == LATE


@pytest.mark.parametrize(("decision", "plan_again"), [(WAIT, True), (GO_ON_WITHOUT, False)])
def test_without_an_offer_taken_there_is_no_visit_and_only_waiting_plans_again(
    decision: str, plan_again: bool
) -> None:
    settled = decided(NOBODY, questions_due(triaged(), NOBODY), {DISPATCH_DECISION: decision})
    assert settled == NOBODY.model_copy(update={"decision": decision, "plan_again": plan_again})


def test_a_briefed_crew_keeps_its_visit() -> None:
    dispatch = planned()
    settled = decided(
        dispatch, questions_due(triaged(stop_work=True), dispatch), {SAFETY_RELEASE: CREW_BRIEFED}
    )
    assert settled == dispatch.model_copy(update={"decision": CREW_BRIEFED})


@pytest.mark.parametrize(
    ("dispatch", "answers"),
    [
        (planned(), {SAFETY_RELEASE: SEND_NOBODY}),
        (NOBODY, {SAFETY_RELEASE: SEND_NOBODY, DISPATCH_DECISION: LATE}),
    ],
)
def test_holding_back_outweighs_any_visit_and_keeps_the_plan_in_sight(
    dispatch: DispatchResult, answers: dict[str, str]
) -> None:
    settled = decided(dispatch, questions_due(triaged(stop_work=True), dispatch), answers)
    assert (settled.technician, settled.visit, settled.verdict) == (None, None, None)
    assert settled.alternatives[0].technician.name == "Amina"
    assert settled.alternatives[0].missing == ["held back by a dispatcher"]
    assert settled.decision == "; ".join(answers.values())


def test_a_recorded_answer_counts_as_long_as_its_offer_stands() -> None:
    due = questions_due(triaged(), NOBODY)
    assert unanswered(due, {DISPATCH_DECISION: LATE}) == []
    assert unanswered(due, {DISPATCH_DECISION: "send Amina, Sun 1 Mar 08:15: too late"}) == due
    assert unanswered(due, {}) == due


def test_an_answer_to_a_question_that_is_not_due_decides_nothing() -> None:
    assert decided(planned(), [], {DISPATCH_DECISION: GO_ON_WITHOUT}) == planned()
