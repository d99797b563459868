"""Small workflows in the shape of the real one, whose nodes do what a test wants."""

from typing import Any, Protocol

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import TimeoutPolicy, interrupt

from state.base import JsonObject
from state.job import Report
from state.workflow import JobRequest, JobState


class Step(Protocol):
    """What a node does."""

    async def __call__(self, state: JobState) -> JsonObject: ...


QUESTION = {
    "id": "depth",
    "kind": "number",
    "prompt": "How deep?",
    "why": "To know.",
    "minimum": 0,
    "maximum": 9,
}


async def nothing(state: JobState) -> JsonObject:
    return {"input": state["input"]}


async def asks(state: JobState) -> JsonObject:
    if "depth" in state["answers"]:
        return {"answers": {}}
    return {"answers": interrupt({"questions": [QUESTION]})}


async def reports(state: JobState) -> JsonObject:
    summary = f"depth {state['answers'].get('depth', 'unknown')}"
    return {"report": Report(summary=summary, warnings=[], assumptions=[]).to_json()}


def workflow(
    saver: BaseCheckpointSaver[Any],
    limit: TimeoutPolicy | None = None,
    /,
    *,
    intake: Step = nothing,
    clarify: Step = nothing,
    report: Step = reports,
) -> CompiledStateGraph[Any, Any, Any, Any]:
    """intake → clarify → report, each within `limit`."""
    graph = StateGraph(JobState, input_schema=JobRequest)
    for name, step in (("intake", intake), ("clarify", clarify), ("report", report)):
        graph.add_node(name, step, input_schema=JobState, timeout=limit)
    graph.add_edge(START, "intake")
    graph.add_edge("intake", "clarify")
    graph.add_edge("clarify", "report")
    graph.add_edge("report", END)
    return graph.compile(checkpointer=saver)


def only_weather(saver: BaseCheckpointSaver[Any], weather: Step) -> CompiledStateGraph[Any, Any, Any, Any]:
    """What a refresh goes through that changes nothing."""
    graph = StateGraph(JobState, input_schema=JobRequest)
    graph.add_node("weather", weather, input_schema=JobState)
    graph.add_edge(START, "weather")
    graph.add_edge("weather", END)
    return graph.compile(checkpointer=saver)


def abreast(
    saver: BaseCheckpointSaver[Any], *, intake: Step, clarify: Step, report: Step
) -> CompiledStateGraph[Any, Any, Any, Any]:
    """intake and clarify side by side, then report."""
    graph = StateGraph(JobState, input_schema=JobRequest)
    for name, step in (("intake", intake), ("clarify", clarify), ("report", report)):
        graph.add_node(name, step, input_schema=JobState)
    graph.add_edge(START, "intake")
    graph.add_edge(START, "clarify")
    graph.add_edge(["intake", "clarify"], "report")
    graph.add_edge("report", END)
    return graph.compile(checkpointer=saver)
