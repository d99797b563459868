"""What only a person may decide, and what follows from the decision.

Work that was stopped is released by a person, never by a rule. A visit that keeps every condition needs nobody's
consent; one that cannot be had is a dispatcher's choice between the nearest offers, waiting, and no visit.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from state.dispatch import AssignedTechnician, Candidate, DispatchResult
from state.questions import Question
from state.triage import TriageResult

SAFETY_RELEASE = "safety_release"
DISPATCH_DECISION = "dispatch_decision"

MADE_SAFE = "the site is made safe"
CREW_BRIEFED = "the crew is briefed on the hazards"
SEND_NOBODY = "send nobody yet"

GO_ON_WITHOUT = "go on without a visit"
WAIT = "wait for the next forecast"


def questions_due(triage: TriageResult | None, dispatch: DispatchResult) -> list[Question]:
    """What must be decided before this job may be reported; nothing where a decided plan still stands."""
    due: list[Question] = []
    if dispatch.decision is not None:
        return due
    if triage and triage.stop_work:
        due.append(_safety_release(triage))
    # A survey is no emergency: without one the design still stands.
    if triage and triage.truck_roll and dispatch.visit_needed and dispatch.visit is None:
        due.append(_dispatch_decision(dispatch))
    return due


def unanswered(questions: Sequence[Question], answers: Mapping[str, Any]) -> list[Question]:
    """Those without an answer that still counts: an offer that is gone is asked for again."""
    return [each for each in questions if each.id not in answers or each.check(answers[each.id]) is not None]


def decided(
    dispatch: DispatchResult, questions: Sequence[Question], answers: Mapping[str, Any]
) -> DispatchResult:
    """The visit as the answers to `questions` leave it."""
    said = {question.id: answers[question.id] for question in questions}
    if not said:
        return dispatch
    offers = dict(_offers(dispatch))
    chosen = offers.get(said.get(DISPATCH_DECISION, ""))
    if chosen and chosen.visit:
        dispatch = _with(dispatch, chosen)
    if said.get(SAFETY_RELEASE) == SEND_NOBODY and dispatch.technician:
        dispatch = _held(dispatch, dispatch.technician)
    waits = said.get(DISPATCH_DECISION) == WAIT
    return dispatch.model_copy(update={"decision": "; ".join(map(str, said.values())), "plan_again": waits})


def _safety_release(triage: TriageResult) -> Question:
    hazards = "; ".join(
        f"{each.kind.replace('_', ' ')} ({each.evidence}; {each.rule})" for each in triage.hazards
    )
    return Question(
        id=SAFETY_RELEASE,
        kind="choice",
        prompt="Work is stopped for safety. What has been seen to?",
        why=f"{triage.priority}: {triage.diagnosis} Hazards: {hazards or 'not named'}.",
        choices=[MADE_SAFE, CREW_BRIEFED, SEND_NOBODY],
    )


def _dispatch_decision(dispatch: DispatchResult) -> Question:
    offers = [words for words, _ in _offers(dispatch)]
    return Question(
        id=DISPATCH_DECISION,
        kind="choice",
        role="dispatcher",
        prompt="No technician can go under every condition. What shall be done?",
        why="; ".join(dispatch.reasons),
        choices=[*offers, WAIT, GO_ON_WITHOUT],
        default=offers[0] if offers else WAIT,
    )


def _offers(dispatch: DispatchResult) -> Iterator[tuple[str, Candidate]]:
    """The visits one could decide to allow. A missing skill is not waived by a form."""
    for candidate in dispatch.alternatives:
        if candidate.visit and candidate.missing and not candidate.missing_skills:
            start = candidate.visit.start
            when = f"{start:%a} {start.day} {start:%b %H:%M}"
            yield f"send {candidate.technician.name}, {when}: {', '.join(candidate.missing)}", candidate


def _with(dispatch: DispatchResult, chosen: Candidate) -> DispatchResult:
    return dispatch.model_copy(
        update={
            "technician": chosen.technician,
            "visit": chosen.visit,
            "verdict": chosen.verdict,
            "reasons": [*chosen.reasons, f"a dispatcher allowed: {', '.join(chosen.missing)}"],
            "alternatives": [each for each in dispatch.alternatives if each != chosen],
        }
    )


def _held(dispatch: DispatchResult, technician: AssignedTechnician) -> DispatchResult:
    """No visit; the one that was planned stays visible as the first alternative."""
    planned = Candidate(
        technician=technician,
        visit=dispatch.visit,
        verdict=dispatch.verdict,
        score=None,
        missing=["held back by a dispatcher"],
        reasons=dispatch.reasons,
    )
    return dispatch.model_copy(
        update={
            "technician": None,
            "visit": None,
            "verdict": None,
            "reasons": ["a dispatcher holds the visit back until the site is safe"],
            "alternatives": [planned, *dispatch.alternatives],
        }
    )
