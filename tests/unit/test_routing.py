from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from graph.policies import POLICIES
from graph.routing import WaySigns, route_after_branch, route_after_clarify, route_after_weather, route_start
from graph.steps import STEPS, steps_done
from state.dispatch import Visit

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def _state(kind: str = "full", **values: Any) -> WaySigns:
    return cast("WaySigns", {"input": {"kind": kind}, "open_questions": {}, **values})


@pytest.mark.parametrize(
    ("kind", "branches"),
    [("sizing", ("sizing",)), ("triage", ("triage",)), ("full", ("sizing", "triage"))],
)
def test_the_kind_decides_the_branches(kind: str, branches: tuple[str, ...]) -> None:
    assert route_after_weather(_state(kind)) == branches


def test_a_job_starts_at_intake_and_a_refresh_at_the_weather() -> None:
    assert route_start(_state(trigger="start")) == "intake"
    assert route_start(_state()) == "intake"
    assert route_start(_state(trigger="refresh")) == "weather"


@pytest.mark.parametrize(
    ("kind", "change", "where"),
    [
        ("full", {}, "__end__"),
        ("full", {"resource_moved": True, "visit_unsafe": True}, ("sizing",)),
        ("triage", {"resource_moved": True}, "__end__"),
        ("triage", {"resource_moved": True, "visit_unsafe": True}, "dispatch"),
        ("full", {"visit_unsafe": True}, "dispatch"),
    ],
)
def test_a_refresh_goes_only_where_the_weather_changed_a_decision(
    kind: str, change: dict[str, bool], where: object
) -> None:
    assert route_after_weather(_state(kind, trigger="refresh", weather_change=change)) == where


@pytest.mark.parametrize(
    ("open_questions", "where"),
    [
        ({}, "dispatch"),
        ({"sizing": [], "triage": []}, "dispatch"),
        ({"sizing": [{"id": "x"}], "triage": []}, ("sizing",)),
        ({"sizing": [{"id": "x"}], "triage": [{"id": "y"}]}, ("sizing", "triage")),
    ],
)
def test_answers_go_back_to_the_branches_that_asked(open_questions: dict[str, Any], where: object) -> None:
    assert route_after_clarify(_state(open_questions=open_questions)) == where


@pytest.mark.parametrize(
    ("kind", "open_questions", "where"),
    [
        ("triage", {"sizing": [], "triage": []}, "dispatch"),
        ("triage", {"sizing": [], "triage": [{"id": "y"}]}, "clarify"),
        ("sizing", {"sizing": [{"id": "x"}], "triage": []}, "clarify"),
        ("full", {"sizing": [], "triage": []}, "clarify"),
    ],
)
def test_a_branch_alone_that_asks_nothing_has_nothing_to_clarify(
    kind: str, open_questions: dict[str, Any], where: str
) -> None:
    assert route_after_branch(_state(kind, open_questions=open_questions)) == where


def test_progress_counts_to_the_last_node_of_each_kind() -> None:
    for kind, steps in STEPS.items():
        assert [steps_done(kind, node) for node in steps] == list(range(1, len(steps) + 1))


def test_every_node_has_a_timeout() -> None:
    assert set(POLICIES) == set(STEPS["full"])
    assert all(policy.timeout.run_timeout for policy in POLICIES.values())


@pytest.mark.parametrize(
    ("known", "where"),
    [
        ({}, "dispatch"),  # nobody could be sent
        ({"decision": "wait for the next forecast", "plan_again": True}, "dispatch"),
        ({"decision": "go on without a visit"}, "__end__"),
        ({"visit_needed": False}, "__end__"),
        ({"visit": Visit(start=NOON, end=NOON + timedelta(hours=2)).to_json()}, "__end__"),
    ],
)
def test_a_refresh_looks_for_a_visit_that_is_still_to_be_found(known: dict[str, Any], where: str) -> None:
    dispatch = {"technician": None, "visit": None, "reasons": [], "alternatives": []} | known
    state = _state("full", trigger="refresh", weather_change={}, dispatch=dispatch)
    assert route_after_weather(state) == where
