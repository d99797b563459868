"""What people decide about a job that has its result."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from core.database.models import Role
from tests.api.conftest import Login, settled
from tests.support.fakes import technician
from tests.support.inputs import sizing_input, triage_input

pytestmark = pytest.mark.usefixtures("worker")

ENDED: dict[str, Any] = {
    "outcome": "resolved",
    "feedback": "water in the connector",
    "actual_start": "2026-03-02T09:00:00+03:00",
    "actual_end": "2026-03-02T11:30:00+03:00",
    "confirmed": {"asset": "monitoring", "cause": "router without power"},
    "parts": ["MC4 connector"],
}

REFUSED: list[tuple[Any, str, str]] = [
    ({}, "/changes", "must change something"),
    ({"triage.priority": "P0"}, "/changes/triage.priority", "must be 'P1', 'P2', 'P3' or 'P4'"),
    ({"triage.stop_work": False}, "/changes/triage.stop_work", "is not a known field"),
    ({"dispatch.technician": str(UUID(int=1))}, "/changes/dispatch.technician", "names no active technician"),
    (
        {"dispatch.visit": {"start": "2036-03-03T09:00:00Z", "end": "2036-03-03T08:00:00Z"}},
        "/changes/dispatch.visit/end",
        "must be after start",
    ),
    (
        {"dispatch.visit": {"start": "2036-03-03T09:00:00Z", "end": "2036-03-03T11:00:00Z"}},
        "/changes/dispatch.technician",
        "is required: nobody is planned",
    ),
]


async def _ended(client: httpx.AsyncClient, dispatcher: httpx.AsyncClient, **ticket: Any) -> Any:
    """A job about a portal without data, which needs no visit and no consent."""
    ticket = {"text": "monitoring portal shows no data", "fault_codes": [], "vendor": None, **ticket}
    job = (await client.post("/jobs", json=triage_input(**ticket))).json()
    while (job := await settled(client, job["id"]))["status"] == "waiting":
        answers = {q["id"]: q["default"] or q["choices"][0] for q in job["questions"]}
        answered = await dispatcher.post(f"/jobs/{job['id']}/resume", json={"answers": answers})
        assert answered.status_code == 202, answered.text
    assert job["status"] == "succeeded", job["problem"]
    return job


async def test_completing_closes_the_job_once_and_is_kept_beside_what_triage_said(
    client: httpx.AsyncClient, dispatcher: httpx.AsyncClient, login: Login
) -> None:
    job = await _ended(client, dispatcher)
    other = await login("otto", Role.TECHNICIAN)
    assert (await other.post(f"/jobs/{job['id']}/complete", json=ENDED)).status_code == 404
    assert (await client.get(f"/jobs/{job['id']}/completion")).status_code == 404

    completed = await client.post(f"/jobs/{job['id']}/complete", json=ENDED)
    assert completed.status_code == 200, completed.text
    assert completed.json()["closed_at"] is not None
    assert completed.json()["status"] == "succeeded"
    assert (await client.post(f"/jobs/{job['id']}/complete", json=ENDED)).status_code == 409
    assert (await client.post(f"/jobs/{job['id']}/cancel")).status_code == 409

    kept = (await client.get(f"/jobs/{job['id']}/completion")).json()
    triage = (await client.get(f"/jobs/{job['id']}/result")).json()["triage"]
    assert kept["said"] == {key: triage[key] for key in ("asset", "failure_mode", "cause", "confidence")}
    assert kept["result_version"] == 1
    assert {key: kept[key] for key in ("outcome", "feedback", "confirmed", "parts")} == {
        key: ENDED[key] for key in ("outcome", "feedback", "confirmed", "parts")
    }
    last = (await client.get(f"/jobs/{job['id']}/timeline")).json()[-1]
    assert (last["type"], last["actor"]) == ("job.completed", "tess")


async def test_the_hit_rate_counts_what_was_confirmed_on_site(
    client: httpx.AsyncClient, dispatcher: httpx.AsyncClient
) -> None:
    first, second = await _ended(client, dispatcher), await _ended(client, dispatcher)
    said = (await client.get(f"/jobs/{first['id']}/result")).json()["triage"]
    right = {"asset": said["asset"], "cause": said["failure_mode"]}
    await client.post(f"/jobs/{first['id']}/complete", json={"outcome": "resolved", "confirmed": right})
    wrong = {"asset": "tracker", "cause": "motor"}
    await client.post(f"/jobs/{second['id']}/complete", json={"outcome": "resolved", "confirmed": wrong})

    assert (await client.get("/system/hit-rate")).status_code == 403
    rate = (await dispatcher.get("/system/hit-rate")).json()
    assert rate["completed"] == 2
    for counted in (rate["asset"], rate["cause"]):
        assert counted == {"confirmed": 2, "abstained": 0, "right": 1, "hit_rate": 0.5}
    assert rate["by_asset"]["tracker"]["right"] == 0


async def _planned(client: httpx.AsyncClient, dispatcher: httpx.AsyncClient) -> tuple[Any, str]:
    """A job with a visit that one of two technicians is to make, and the other one."""
    for name in ("Grace", "Daniel"):
        body = technician(name=name).model_dump(mode="json", exclude={"id", "planned_visits", "leave"})
        assert (await dispatcher.post("/technicians", json=body)).status_code == 201
    job = (await client.post("/jobs", json=sizing_input())).json()
    job = await settled(client, job["id"])
    assert job["status"] == "succeeded", job["problem"]
    planned = (await client.get(f"/jobs/{job['id']}/result")).json()["dispatch"]
    everyone = {each["id"] for each in (await dispatcher.get("/technicians")).json()}
    return job, (everyone - {planned["technician"]["id"]}).pop()


async def test_a_dispatcher_raises_the_priority_and_the_result_gets_a_version(
    client: httpx.AsyncClient, dispatcher: httpx.AsyncClient
) -> None:
    job = await _ended(client, dispatcher)
    before = (await client.get(f"/jobs/{job['id']}/result")).json()
    body = {"changes": {"triage.priority": "P1"}, "reason": "the clinic has no other power"}
    assert (await client.post(f"/jobs/{job['id']}/override", json=body)).status_code == 403
    answer = await dispatcher.post(f"/jobs/{job['id']}/override", json=body)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["priority"], answer.json()["result_version"]) == ("P1", 2)

    versions = (await client.get(f"/jobs/{job['id']}/results")).json()
    assert [each["version"] for each in versions] == [2, 1]
    assert versions[1] == before
    assert versions[0]["triage"]["respond_within_hours"] == 4
    assert "the clinic has no other power" in " ".join(versions[0]["report"]["assumptions"])
    timeline = (await client.get(f"/jobs/{job['id']}/timeline")).json()
    events = [
        event for event in timeline if event["actor"] == "dora" and event["type"] != "questions.answered"
    ]
    assert [event["type"] for event in events] == ["job.overridden", "result.stored", "job.urgent"]
    assert events[0]["data"]["changes"] == {
        "triage.priority": {"from": before["triage"]["priority"], "to": "P1"}
    }
    assert events[0]["data"]["reason"] == body["reason"]


async def test_a_dispatcher_sends_somebody_else_at_another_time_and_what_it_breaks_is_named(
    client: httpx.AsyncClient, dispatcher: httpx.AsyncClient
) -> None:
    job, other = await _planned(client, dispatcher)
    at_night = {"start": "2036-03-03T01:00:00+03:00", "end": "2036-03-03T03:00:00+03:00"}
    body = {
        "changes": {"dispatch.technician": other, "dispatch.visit": at_night},
        "reason": "the roof is only free at night",
    }
    answer = await dispatcher.post(f"/jobs/{job['id']}/override", json=body)
    assert answer.status_code == 200, answer.text
    dispatch = (await client.get(f"/jobs/{job['id']}/result")).json()["dispatch"]
    assert dispatch["technician"]["id"] == other
    assert dispatch["visit"] == at_night
    assert dispatch["verdict"] is None
    assert dispatch["decision"] == "dora decided: the roof is only free at night"
    assert set(dispatch["reasons"][1:]) == {
        "allowed although: the weather then is not known",
        "allowed although: outside the technician's working hours",
    }
    listed = (await dispatcher.get("/jobs", params={"technician_id": other})).json()["items"]
    assert [each["id"] for each in listed] == [job["id"]]

    told = (await client.get(f"/jobs/{job['id']}/timeline")).json()[-2:]
    assert [event["type"] for event in told] == ["visit.changed", "job.assigned"]
    assert told[0]["data"]["technician_id"] != told[1]["data"]["technician_id"] == other

    nobody = {"changes": {"dispatch.visit": None}, "reason": "the customer is away"}
    assert (await dispatcher.post(f"/jobs/{job['id']}/override", json=nobody)).status_code == 200
    dispatch = (await client.get(f"/jobs/{job['id']}/result")).json()["dispatch"]
    assert (dispatch["technician"], dispatch["visit"]) == (None, None)
    assert dispatch["alternatives"][0]["missing"] == ["given up by a dispatcher"]


async def test_a_technician_is_not_promised_to_two_customers_at_once(
    client: httpx.AsyncClient, dispatcher: httpx.AsyncClient
) -> None:
    job, other = await _planned(client, dispatcher)
    second = await settled(client, (await client.post("/jobs", json=sizing_input())).json()["id"])
    visit = {"start": "2036-03-03T09:00:00+03:00", "end": "2036-03-03T11:00:00+03:00"}
    body = {"changes": {"dispatch.technician": other, "dispatch.visit": visit}, "reason": "she asked"}
    assert (await dispatcher.post(f"/jobs/{job['id']}/override", json=body)).status_code == 200
    twice = await dispatcher.post(f"/jobs/{second['id']}/override", json=body)
    assert twice.status_code == 409
    assert twice.json()["detail"] == "The technician has another visit at that time."
    assert (await client.get(f"/jobs/{second['id']}")).json()["result_version"] == 1


async def test_a_visit_that_breaks_a_condition_is_for_a_dispatcher_to_allow(
    client: httpx.AsyncClient, dispatcher: httpx.AsyncClient
) -> None:
    job = (await client.post("/jobs", json=triage_input())).json()
    job = await settled(client, job["id"])  # nobody is registered who could go
    roles = {question["id"]: question["role"] for question in job["questions"]}
    assert roles["dispatch_decision"] == "dispatcher"
    assert roles.get("safety_release", "technician") == "technician"
    answers = {question["id"]: question["choices"][-1] for question in job["questions"]}
    path = f"/jobs/{job['id']}/resume"
    refused = await client.post(path, json={"answers": answers})
    assert refused.status_code == 403
    assert refused.json()["detail"] == "Only a dispatcher may answer: dispatch_decision."
    assert (await client.get(f"/jobs/{job['id']}")).json()["status"] == "waiting"
    assert (await dispatcher.post(path, json={"answers": answers})).status_code == 202
    assert (await settled(client, job["id"]))["status"] == "succeeded"


async def test_what_cannot_be_overridden_is_refused_by_its_path(
    client: httpx.AsyncClient, dispatcher: httpx.AsyncClient
) -> None:
    job = await _ended(client, dispatcher)
    for changes, pointer, message in REFUSED:
        body = {"changes": changes, "reason": "to see"}
        answer = await dispatcher.post(f"/jobs/{job['id']}/override", json=body)
        assert answer.status_code == 422, answer.text
        (error,) = answer.json()["errors"]
        assert error["pointer"] == pointer
        assert message in error["message"]
    mute = await dispatcher.post(f"/jobs/{job['id']}/override", json={"changes": {"triage.priority": "P1"}})
    assert mute.json()["errors"][0]["pointer"] == "/reason"


async def test_a_visit_that_ended_before_it_began_and_a_nameless_outcome_are_refused(
    client: httpx.AsyncClient, dispatcher: httpx.AsyncClient
) -> None:
    job = await _ended(client, dispatcher)
    backwards = {**ENDED, "actual_end": "2026-03-02T08:00:00+03:00"}
    answer = await client.post(f"/jobs/{job['id']}/complete", json=backwards)
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"pointer": "/actual_end", "message": "must not be before actual_start"}
    ]
    nameless = await client.post(f"/jobs/{job['id']}/complete", json={"outcome": ""})
    assert nameless.json()["errors"][0]["pointer"] == "/outcome"
    assert (await client.get(f"/jobs/{job['id']}")).json()["closed_at"] is None
