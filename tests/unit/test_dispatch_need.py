from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest

from nodes.dispatch.need import VisitNeed, stands, visit_need
from nodes.dispatch.settings import DispatchSettings
from state.dispatch import DispatchResult
from state.sizing import SizingResult
from state.triage import TriageResult
from state.weather import Verdict, Window

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
FAULT = TriageResult(
    asset="inverter",
    component=None,
    failure_mode=None,
    cause=None,
    diagnosis="The inverter does not start.",
    priority="P2",
    respond_within_hours=24,
    hazards=[],
    stop_work=False,
    truck_roll=True,
    actions=[],
    parts=[],
    skills=["inverter"],
    estimated_duration_h=4,
    labour_cost=None,
    transport_cost=None,
    currency="KES",
    energy_loss=None,
    confidence=0.9,
    evidence=[],
)
FROM_AFAR = FAULT.model_copy(update={"truck_roll": False})


def design(status: Literal["feasible", "infeasible", "screening"]) -> SizingResult:
    return SizingResult(
        status=status, demand=None, array=None, string_limits=None, inverter=None, energy=None, checks=[]
    )


def need(**given: Any) -> VisitNeed | str:
    asked: dict[str, Any] = {"sizing": None, "triage": None, "previous": None, "now": NOW}
    return visit_need(**{**asked, "settings": DispatchSettings(), **given})


def deadline(**given: Any) -> datetime | None:
    wanted = need(**given)
    assert isinstance(wanted, VisitNeed)
    return wanted.respond_by


def planned(priority: str | None, respond_by: datetime | None) -> DispatchResult:
    return DispatchResult.model_validate(
        {
            "technician": None,
            "visit": None,
            "reasons": [],
            "alternatives": [],
            "priority": priority,
            "respond_by": respond_by,
        }
    )


def test_a_fault_that_needs_hands_sets_the_visit_even_beside_a_design() -> None:
    wanted = VisitNeed(skills=["inverter"], duration_h=4, respond_by=NOW + timedelta(hours=24), priority="P2")
    assert need(triage=FAULT) == wanted
    assert need(triage=FAULT, sizing=design("infeasible")) == wanted


def test_a_sized_system_is_surveyed_without_a_deadline() -> None:
    survey = VisitNeed(skills=("installation",), duration_h=2)
    assert need(sizing=design("feasible")) == survey
    assert need(sizing=design("screening"), triage=FROM_AFAR) == survey


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"triage": FROM_AFAR}, "the fault can be dealt with from afar"),
        (
            {"sizing": design("infeasible")},
            "the design must change before anybody surveys the site",
        ),
        ({}, "there is neither a design nor a fault to plan a visit from"),
    ],
)
def test_where_no_visit_is_needed_it_says_why(given: dict[str, Any], reason: str) -> None:
    assert need(**given) == reason


def test_planning_again_does_not_move_the_deadline() -> None:
    first = NOW - timedelta(hours=10)
    assert deadline(triage=FAULT, previous=planned("P2", first)) == first


def test_another_priority_sets_another_deadline() -> None:
    assert deadline(triage=FAULT, previous=planned("P4", None)) == NOW + timedelta(hours=24)


def test_the_lowest_priority_waits_for_whatever_visit_comes_next() -> None:
    patient = FAULT.model_copy(update={"priority": "P4", "respond_within_hours": None})
    assert deadline(triage=patient) is None


AMINA = {"id": "00000000-0000-0000-0000-000000000001", "name": "Amina", "distance_km": 1, "skills": []}


def plan(**changes: Any) -> DispatchResult:
    visit = {"start": NOW + timedelta(hours=2), "end": NOW + timedelta(hours=4)}
    given = {"technician": AMINA, "visit": visit, "reasons": [], "alternatives": [], **changes}
    return DispatchResult.model_validate(given)


def weather(verdict: Verdict, first: float, last: float) -> Window:
    return Window(
        start=NOW + timedelta(hours=first), end=NOW + timedelta(hours=last), verdict=verdict, reasons=[]
    )


@pytest.mark.parametrize(
    ("windows", "kept"),
    [
        ([], True),
        ([weather("unknown", 0, 8)], True),
        ([weather("caution", 0, 8)], True),
        ([weather("go", 0, 2), weather("stop", 4, 8)], True),
        ([weather("go", 0, 3), weather("stop", 3, 8)], False),
    ],
    ids=["no forecast", "unknown", "caution", "danger after it", "danger within it"],
)
def test_only_known_danger_moves_a_visit_that_people_count_on(windows: list[Window], kept: bool) -> None:
    assert stands(plan(), windows, NOW) is kept


def test_a_visit_under_way_is_not_planned_again() -> None:
    storm = [weather("stop", 0, 8)]
    assert stands(plan(), storm, NOW + timedelta(hours=3))


@pytest.mark.parametrize(
    ("decided", "kept"),
    [
        ({"decision": "go on without a visit"}, True),
        ({"decision": "wait for the next forecast", "plan_again": True}, False),
        ({}, False),
    ],
)
def test_no_visit_stands_only_where_a_person_wanted_none(decided: dict[str, Any], kept: bool) -> None:
    assert stands(plan(technician=None, visit=None, **decided), [weather("go", 0, 8)], NOW) is kept
