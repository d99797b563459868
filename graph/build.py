"""The whole workflow on one screen: every node and every edge."""

from collections.abc import Awaitable, Callable
from functools import partial, wraps
from typing import Any, TypeVar

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from core.metrics import timed_node
from graph.dependencies import Dependencies
from graph.policies import POLICIES
from graph.routing import (
    WaySigns,
    route_after_branch,
    route_after_clarify,
    route_after_dispatch,
    route_after_weather,
    route_start,
)
from nodes.clarify.node import clarify
from nodes.dispatch.node import dispatch
from nodes.intake.node import intake
from nodes.report.node import report
from nodes.review.node import review
from nodes.sizing.node import sizing
from nodes.triage.node import triage
from nodes.weather.node import weather
from state.workflow import JobRequest, JobState

Target = TypeVar("Target")
Workflow = CompiledStateGraph[JobState, None, JobRequest, JobState]


def build_graph(needs: Dependencies, checkpointer: BaseCheckpointSaver[Any] | None = None) -> Workflow:
    """The compiled workflow over the given dependencies."""
    graph = StateGraph(JobState, input_schema=JobRequest)

    def add(name: str, node: Callable[..., Awaitable[Any]]) -> None:
        policy = POLICIES[name]
        graph.add_node(
            name,
            timed_node(name, node),
            input_schema=JobState,
            timeout=policy.timeout,
            retry_policy=policy.retry,
        )

    add("intake", intake)
    add(
        "weather",
        partial(
            weather,
            forecasts=needs.forecasts,
            files=needs.files,
            clock=needs.clock,
            climates=needs.climates,
            authority=needs.authority,
            thresholds=needs.thresholds,
        ),
    )
    add("sizing", partial(sizing, years=needs.years, calculate=needs.calculate))
    add(
        "triage",
        partial(
            triage,
            sites=needs.sites,
            model=needs.model,
            settings=needs.triage,
            read_at_once=needs.read_at_once,
        ),
    )
    add("clarify", clarify)
    add("dispatch", partial(dispatch, directory=needs.directory, clock=needs.clock))
    add("review", review)
    add("report", report)

    graph.add_conditional_edges(START, _at_once(route_start), ["intake", "weather"])
    graph.add_edge("intake", "weather")
    graph.add_conditional_edges(
        "weather", _at_once(route_after_weather), ["sizing", "triage", "dispatch", END]
    )
    graph.add_conditional_edges("sizing", _at_once(route_after_branch), ["clarify", "dispatch"])
    graph.add_conditional_edges("triage", _at_once(route_after_branch), ["clarify", "dispatch"])
    graph.add_conditional_edges("clarify", _at_once(route_after_clarify), ["sizing", "triage", "dispatch"])
    graph.add_conditional_edges("dispatch", _at_once(route_after_dispatch), ["review", "report"])
    graph.add_edge("review", "report")
    graph.add_edge("report", END)
    return graph.compile(checkpointer=checkpointer, name="solarsync")


def _at_once(route: Callable[[WaySigns], Target]) -> Callable[[WaySigns], Awaitable[Target]]:
    """The router as LangGraph calls it on its loop: one that is not `async` it would call in a thread."""

    @wraps(route)
    async def routed(state: WaySigns) -> Target:
        return route(state)

    return routed
