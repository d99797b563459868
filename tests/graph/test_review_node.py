from typing import Any
from uuid import UUID

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command

from nodes.review.node import review
from state.workflow import JobState
from tests.support.tickets import FAULT

THREAD: RunnableConfig = {"configurable": {"thread_id": "j"}}
VISIT = {"start": "2026-03-02T08:15:00+03:00", "end": "2026-03-02T10:15:00+03:00"}
AMINA = {"id": str(UUID(int=1)), "name": "Amina", "distance_km": 5.0, "skills": []}
PLANNED = {"technician": AMINA, "visit": VISIT, "verdict": "go", "reasons": [], "alternatives": []}
LATE = {"technician": AMINA, "visit": VISIT, "score": 70, "missing": ["starts 6.0 h late"], "reasons": []}
NOBODY = {"technician": None, "visit": None, "reasons": ["nobody in time"], "alternatives": [LATE]}
OFFER = "send Amina, Mon 2 Mar 08:15: starts 6.0 h late"


def graph_of_review() -> CompiledStateGraph[JobState, None, Any, Any]:
    builder = StateGraph(JobState)
    builder.add_node("review", review)
    builder.add_edge(START, "review")
    builder.add_edge("review", END)
    return builder.compile(checkpointer=InMemorySaver())


def started(dispatch: dict[str, Any], **triage: Any) -> dict[str, Any]:
    return {
        "job_id": "j",
        "input": {},
        "answers": {"vendor": "solaredge"},
        "open_questions": {"sizing": [], "triage": []},
        "dispatch": dispatch,
        "triage": {**FAULT, **triage},
    }


async def test_nothing_to_decide_passes_through() -> None:
    state = await graph_of_review().ainvoke(started(PLANNED), THREAD)
    assert "__interrupt__" not in state
    assert state["dispatch"] == PLANNED
    assert state["messages"] == []


async def test_stopped_work_waits_for_a_person() -> None:
    graph = graph_of_review()
    waiting = await graph.ainvoke(started(PLANNED, stop_work=True), THREAD)
    [interruption] = waiting["__interrupt__"]
    assert list(interruption.value) == ["questions"], "the same form as that of clarify"
    [question] = interruption.value["questions"]
    assert question["id"] == "safety_release"

    waiting = await graph.ainvoke(Command(resume={"safety_release": "whatever"}), THREAD)
    assert "must be one of" in waiting["__interrupt__"][0].value["refused"]["safety_release"]

    state = await graph.ainvoke(Command(resume={"safety_release": "the site is made safe"}), THREAD)
    assert "__interrupt__" not in state
    assert state["answers"] == {"vendor": "solaredge", "safety_release": "the site is made safe"}
    assert state["dispatch"]["visit"] == VISIT
    assert [message.content for message in state["messages"]] == ["Decided: the site is made safe."]


async def test_a_dispatcher_picks_the_late_visit_and_the_state_carries_it() -> None:
    graph = graph_of_review()
    waiting = await graph.ainvoke(started(NOBODY), THREAD)
    [question] = waiting["__interrupt__"][0].value["questions"]
    assert question["choices"][0] == OFFER
    state = await graph.ainvoke(Command(resume={"dispatch_decision": OFFER}), THREAD)
    assert state["dispatch"]["technician"] == AMINA
    assert state["dispatch"]["decision"] == OFFER


async def test_a_replay_with_recorded_answers_asks_nothing_and_decides_the_same() -> None:
    graph = graph_of_review()
    answers = {"safety_release": "the crew is briefed on the hazards", "dispatch_decision": OFFER}
    state = await graph.ainvoke({**started(NOBODY, stop_work=True), "answers": answers}, THREAD)
    assert "__interrupt__" not in state
    assert state["dispatch"]["visit"] == VISIT


async def test_only_the_decision_that_is_still_open_is_asked_for() -> None:
    recorded = {"safety_release": "the site is made safe", "dispatch_decision": "send Amina, yesterday"}
    waiting = await graph_of_review().ainvoke(
        {**started(NOBODY, stop_work=True), "answers": recorded}, THREAD
    )
    [interruption] = waiting["__interrupt__"]
    assert [question["id"] for question in interruption.value["questions"]] == ["dispatch_decision"]
