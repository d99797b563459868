"""The triage node: what it reads from the state and what it writes there."""

import json
from datetime import UTC, datetime
from typing import Any

from nodes.triage.node import TriageReads, triage
from state.questions import Question
from state.triage import OpenFault, SiteRecord, Ticket, TriageResult
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


class Neighbours:
    """`core.ports.SiteRecords` of a site where the same ticket is open."""

    def __init__(self) -> None:
        self.asked: list[tuple[float, float, str]] = []

    async def record(self, latitude: float, longitude: float, *, besides: str) -> SiteRecord:
        self.asked.append((latitude, longitude, besides))
        ticket = Ticket.model_validate(triage_input()["ticket"])
        twin = OpenFault(
            job_id="twin",
            created_at=datetime(2026, 4, 2, tzinfo=UTC),
            ticket=ticket,
            asset="string",
            failure_mode="pv_arc",
        )
        return SiteRecord(open=[twin])


async def test_an_open_job_at_the_site_for_the_same_fault_is_linked() -> None:
    sites = Neighbours()

    written = await triage(state(), sites=sites)

    assert [twin["job_id"] for twin in written["triage"]["duplicates"]] == ["twin"]
    assert sites.asked == [(triage_input()["site"]["latitude"], triage_input()["site"]["longitude"], "job")]


async def test_a_replayed_node_replaces_its_own_line() -> None:
    first, again = await triage(state()), await triage(state())

    assert first["messages"][0].id == again["messages"][0].id
    assert "Stop work" in str(first["messages"][0].content)


async def test_the_line_after_an_answer_is_another_one() -> None:
    asked = await triage(state(vendor=None, text=None))
    answered = await triage(state({"vendor": "SolarEdge"}, vendor=None, text=None))

    assert asked["messages"][0].id != answered["messages"][0].id
