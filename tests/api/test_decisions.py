"""What people decide about a job that has its result."""

from typing import Any

import httpx
import pytest

from core.database.models import Role
from tests.api.conftest import Login, settled
from tests.support.inputs import triage_input

pytestmark = pytest.mark.usefixtures("worker")

ENDED: dict[str, Any] = {
    "outcome": "resolved",
    "feedback": "water in the connector",
    "actual_start": "2026-03-02T09:00:00+03:00",
    "actual_end": "2026-03-02T11:30:00+03:00",
    "confirmed": {"asset": "monitoring", "cause": "router without power"},
    "parts": ["MC4 connector"],
}


async def _ended(client: httpx.AsyncClient, **ticket: Any) -> Any:
    """A job about a portal without data, which needs no visit and no consent."""
    ticket = {"text": "monitoring portal shows no data", "fault_codes": [], "vendor": None, **ticket}
    job = (await client.post("/jobs", json=triage_input(**ticket))).json()
    while (job := await settled(client, job["id"]))["status"] == "waiting":
        answers = {q["id"]: q["default"] or q["choices"][0] for q in job["questions"]}
        await client.post(f"/jobs/{job['id']}/resume", json={"answers": answers})
    assert job["status"] == "succeeded", job["problem"]
    return job


async def test_completing_closes_the_job_once_and_is_kept_beside_what_triage_said(
    client: httpx.AsyncClient, login: Login
) -> None:
    job = await _ended(client)
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
    first, second = await _ended(client), await _ended(client)
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


async def test_a_visit_that_ended_before_it_began_and_a_nameless_outcome_are_refused(
    client: httpx.AsyncClient,
) -> None:
    job = await _ended(client)
    backwards = {**ENDED, "actual_end": "2026-03-02T08:00:00+03:00"}
    answer = await client.post(f"/jobs/{job['id']}/complete", json=backwards)
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"pointer": "/actual_end", "message": "must not be before actual_start"}
    ]
    nameless = await client.post(f"/jobs/{job['id']}/complete", json={"outcome": ""})
    assert nameless.json()["errors"][0]["pointer"] == "/outcome"
    assert (await client.get(f"/jobs/{job['id']}")).json()["closed_at"] is None
