"""The whole graph over fakes: what runs for which job, what a refresh does, and what a loop may not do."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from api.demo import load
from core.climate.resource import ClimateYears
from core.clock import FixedClock
from core.ports import ForecastProvider
from graph.build import Workflow, build_graph
from graph.dependencies import Dependencies
from graph.policies import RECURSION_LIMIT
from tests.support.fakes import Crew, FineWeather, NoFiles, NoWeather, Storm, technician
from tests.support.inputs import sizing_input, triage_input

MORNING = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)
"""A Wednesday, seven o'clock in Nairobi."""


def _workflow(forecasts: ForecastProvider | None = None) -> Workflow:
    clock = FixedClock(MORNING)
    files = NoFiles()
    needs = Dependencies(
        forecasts=forecasts or FineWeather(clock),
        files=files,
        years=ClimateYears(files),
        directory=Crew(technician()),
        clock=clock,
    )
    return build_graph(needs, InMemorySaver())


async def _run(graph: Workflow, given: Any, thread: str = "t") -> tuple[list[str], dict[str, Any]]:
    """The nodes that ran, in order, and the state they left."""
    config: Any = {"configurable": {"thread_id": thread}, "recursion_limit": RECURSION_LIMIT}
    nodes = [
        node
        async for update in graph.astream(given, config, stream_mode="updates")
        for node in update
        if node != "__interrupt__"
    ]
    snapshot = await graph.aget_state(config)
    return nodes, {**snapshot.values, "interrupts": snapshot.interrupts}


@pytest.mark.parametrize(
    ("given", "branches"),
    [(sizing_input(), {"sizing"}), (triage_input(), {"triage"})],
    ids=["sizing", "triage"],
)
async def test_each_path_works_alone(given: dict[str, Any], branches: set[str]) -> None:
    nodes, state = await _run(_workflow(), {"input": given})
    assert {"sizing", "triage"} & set(nodes) == branches
    assert {"sizing", "triage"} & state.keys() == branches


async def test_both_branches_ask_in_one_form_and_only_who_asked_runs_again() -> None:
    given = load("nairobi_home") | {"ticket": {"text": "code on the display", "fault_codes": ["150"]}}
    graph = _workflow()
    nodes, state = await _run(graph, {"input": given})
    assert nodes[:2] == ["intake", "weather"]
    assert set(nodes[2:]) == {"sizing", "triage"}
    asked = {question["id"]: question for each in state["interrupts"] for question in each.value["questions"]}
    assert asked.keys() == {"design_temp_min_c", "vendor"}
    vendor = next(choice for choice in asked["vendor"]["choices"] if "solaredge" in choice.lower())
    nodes, _ = await _run(graph, Command(resume={"design_temp_min_c": 8, "vendor": vendor}))
    assert set(nodes[:3]) == {"clarify", "sizing", "triage"}


async def test_a_triage_that_asks_nothing_stops_nowhere() -> None:
    given = sizing_input() | {
        "kind": "triage",
        "ticket": {
            "text": "Grid voltage too high around noon, inverter disconnects and comes back by itself."
        },
    }
    nodes, _ = await _run(_workflow(), {"input": given})
    assert nodes == ["intake", "weather", "triage", "dispatch", "report"]


async def test_a_branch_that_did_not_ask_does_not_run_again() -> None:
    graph = _workflow()
    await _run(graph, {"input": load("nairobi_home")})
    nodes, _ = await _run(graph, Command(resume={"design_temp_min_c": 8}))
    assert nodes[:3] == ["clarify", "sizing", "clarify"]


async def test_recorded_answers_are_not_asked_for_again() -> None:
    answers = {"design_temp_min_c": 8, "safety_release": "the crew is briefed on the hazards"}
    nodes, state = await _run(_workflow(), {"input": load("nairobi_home"), "answers": answers})
    assert not state["interrupts"]
    assert nodes[-1] == "report"
    assert state["dispatch"]["visit"] is not None


async def test_without_a_forecast_nothing_is_called_safe_and_the_job_still_ends() -> None:
    nodes, state = await _run(_workflow(NoWeather()), {"input": sizing_input()})
    assert nodes[-1] == "report"
    assert state["weather"]["forecast"] is None
    assert {window["verdict"] for window in state["weather"]["windows"]} <= {"unknown"}
    assert state["dispatch"]["visit"] is None
    assert any("forecast" in warning.lower() for warning in state["report"]["warnings"])


async def _refreshed(forecasts: ForecastProvider) -> tuple[list[str], dict[str, Any], dict[str, Any]]:
    """A job that ended with a visit, and a refresh of it under another forecast."""
    _, before = await _run(_workflow(), {"input": sizing_input()})
    assert before["dispatch"]["visit"] is not None
    carried = {key: before[key] for key in ("job_id", "input", "sizing", "dispatch", "report")}
    given = carried | {"trigger": "refresh", "previous_weather": before["weather"]}
    nodes, after = await _run(_workflow(forecasts), given)
    return nodes, before, after


async def test_a_refresh_that_changes_nothing_ends_after_the_weather() -> None:
    nodes, before, after = await _refreshed(FineWeather(FixedClock(MORNING)))
    assert nodes == ["weather"]
    assert after["dispatch"] == before["dispatch"]


async def test_a_visit_that_became_unsafe_is_planned_anew() -> None:
    storm = Storm(FixedClock(MORNING), until=MORNING + timedelta(hours=24))
    nodes, before, after = await _refreshed(storm)
    assert nodes == ["weather", "dispatch", "report"]
    planned, moved = before["dispatch"]["visit"]["start"], after["dispatch"]["visit"]["start"]
    assert datetime.fromisoformat(moved) >= MORNING + timedelta(hours=24) > datetime.fromisoformat(planned)


async def test_a_lost_forecast_moves_no_visit() -> None:
    nodes, _, _ = await _refreshed(NoWeather())
    assert nodes == ["weather"]


async def test_messages_tell_the_story_in_order_and_once() -> None:
    graph = _workflow()
    await _run(graph, {"input": load("nairobi_home")})
    await _run(graph, Command(resume={"design_temp_min_c": 8}))
    _, state = await _run(graph, Command(resume={"safety_release": "the site is made safe"}))
    ids = [message.id for message in state["messages"]]
    assert len(ids) == len(set(ids))
    assert [message.name for message in state["messages"]][-1] == "report"
