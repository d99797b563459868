from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command

from nodes.clarify.node import clarify
from state.questions import Question
from state.workflow import JobState

THREAD: RunnableConfig = {"configurable": {"thread_id": "j"}}
TEMPERATURE = Question(
    id="design_temp_min_c", kind="number", unit="°C", minimum=-60, maximum=30, prompt="How cold?", why="Voc."
)
VENDOR = Question(id="vendor", kind="text", prompt="Which make?", why="A code means nothing without it.")
BOTH = {"sizing": [TEMPERATURE.to_json()], "triage": [VENDOR.to_json()]}
NOTHING: dict[str, list[dict[str, Any]]] = {"sizing": [], "triage": []}


def graph_of_clarify() -> CompiledStateGraph[JobState, None, Any, Any]:
    builder = StateGraph(JobState)
    builder.add_node("clarify", clarify)
    builder.add_edge(START, "clarify")
    builder.add_edge("clarify", END)
    return builder.compile(checkpointer=InMemorySaver())


def started(open_questions: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    return {"job_id": "j", "input": {}, "answers": {"known": 1}, "open_questions": open_questions}


async def test_nothing_open_passes_through_and_says_nothing() -> None:
    state = await graph_of_clarify().ainvoke(started(NOTHING), THREAD)
    assert "__interrupt__" not in state
    assert state["messages"] == []


async def test_both_branches_are_asked_in_one_form_and_the_answers_join_the_earlier_ones() -> None:
    graph = graph_of_clarify()
    waiting = await graph.ainvoke(started(BOTH), THREAD)
    [interruption] = waiting["__interrupt__"]
    assert interruption.value == {"questions": [TEMPERATURE.to_json(), VENDOR.to_json()]}

    state = await graph.ainvoke(Command(resume={"design_temp_min_c": 5, "vendor": "solaredge"}), THREAD)
    assert state["answers"] == {"known": 1, "design_temp_min_c": 5, "vendor": "solaredge"}
    assert state["open_questions"] == BOTH, "the router still sees who asked"
    assert [message.content for message in state["messages"]] == [
        "How cold? — 5 °C\nWhich make? — solaredge",
    ]


async def test_a_wrong_answer_is_asked_again_with_its_reason() -> None:
    graph = graph_of_clarify()
    await graph.ainvoke(started(BOTH), THREAD)
    waiting = await graph.ainvoke(Command(resume={"design_temp_min_c": 95, "vendor": "x"}), THREAD)
    [interruption] = waiting["__interrupt__"]
    assert interruption.value["refused"] == {"design_temp_min_c": "must be at most 30 °C"}
    assert len(interruption.value["questions"]) == 2
    assert waiting["answers"] == {"known": 1}

    waiting = await graph.ainvoke(Command(resume=5), THREAD)
    assert waiting["__interrupt__"][0].value["refused"] == {"": "answer with an object: question id to value"}

    state = await graph.ainvoke(Command(resume={"design_temp_min_c": 9, "vendor": "x"}), THREAD)
    assert "__interrupt__" not in state
    assert state["answers"]["design_temp_min_c"] == 9


async def test_an_empty_reply_leaves_the_form_open() -> None:
    graph = graph_of_clarify()
    await graph.ainvoke(started(BOTH), THREAD)
    waiting = await graph.ainvoke(Command(resume={}), THREAD)
    assert waiting["__interrupt__"][0].value["questions"] == [TEMPERATURE.to_json(), VENDOR.to_json()]
    assert waiting["answers"] == {"known": 1}


async def test_a_replayed_clarify_does_not_say_it_twice() -> None:
    graph = graph_of_clarify()
    await graph.ainvoke(started(BOTH), THREAD)
    answers = {"design_temp_min_c": 5, "vendor": "solaredge"}
    first = await graph.ainvoke(Command(resume=answers), THREAD)
    await graph.ainvoke(started(BOTH), THREAD)
    again = await graph.ainvoke(Command(resume=answers), THREAD)
    assert [message.id for message in again["messages"]] == [message.id for message in first["messages"]]
