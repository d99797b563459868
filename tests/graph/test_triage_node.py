"""The triage node: what it reads from the state and what it writes there."""

import json
from typing import Any

from nodes.triage.node import TriageReads, triage
from state.questions import Question
from state.triage import TriageResult
from tests.support.inputs import triage_input


def state(answers: dict[str, Any] | None = None, **ticket: Any) -> TriageReads:
    return {"job_id": "job", "input": triage_input(**ticket), "answers": answers or {}}


async def test_a_decoded_ticket_writes_a_result_and_no_question() -> None:
    written = await triage(state())

    assert written["open_questions"] == {"triage": []}
    assert TriageResult.model_validate(written["triage"]).stop_work
    json.dumps(written["triage"], allow_nan=False)


async def test_a_question_stands_beside_the_result_so_far() -> None:
    written = await triage(state(vendor=None, text=None))

    questions = [Question.model_validate(question) for question in written["open_questions"]["triage"]]
    assert [question.id for question in questions] == ["vendor"]
    assert written["triage"]["asset"] == "unknown"


async def test_a_recorded_answer_asks_nothing() -> None:
    written = await triage(state({"vendor": "SolarEdge"}, vendor=None, text=None))

    assert written["open_questions"] == {"triage": []}
    assert written["triage"]["failure_mode"] == "pv_arc"


async def test_a_replayed_node_replaces_its_own_line() -> None:
    first, again = await triage(state()), await triage(state())

    assert first["messages"][0].id == again["messages"][0].id
    assert "Stop work" in str(first["messages"][0].content)


async def test_the_line_after_an_answer_is_another_one() -> None:
    asked = await triage(state(vendor=None, text=None))
    answered = await triage(state({"vendor": "SolarEdge"}, vendor=None, text=None))

    assert asked["messages"][0].id != answered["messages"][0].id
