"""A job as its technician lives it."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import update

from api.demo import load
from core.database.models import JobRow, Role
from tests.api.conftest import Login, settled
from tests.support.fakes import technician
from tests.support.inputs import sizing_input, triage_input


async def _start(client: httpx.AsyncClient, body: dict[str, Any]) -> dict[str, Any]:
    answer = await client.post("/jobs", json=body)
    assert answer.status_code == 202, answer.text
    job: dict[str, Any] = answer.json()
    assert answer.headers["location"] == job["links"]["self"]
    return job


async def _add_technician(dispatcher: httpx.AsyncClient) -> str:
    body = technician().model_dump(mode="json", exclude={"id", "planned_visits", "leave"})
    answer = await dispatcher.post("/technicians", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def _answers(job: dict[str, Any]) -> dict[str, Any]:
    """The form's own suggestion for each open question, else its first choice."""
    return {question["id"]: question["default"] or question["choices"][0] for question in job["questions"]}


@pytest.mark.usefixtures("worker")
async def test_a_full_job_asks_once_waits_for_safety_and_ends_with_a_stored_result(
    client: httpx.AsyncClient, dispatcher: httpx.AsyncClient
) -> None:
    technician_id = await _add_technician(dispatcher)
    job = await settled(client, (await _start(client, load("nairobi_home")))["id"])
    assert job["status"] == "waiting"
    assert [question["id"] for question in job["questions"]] == ["design_temp_min_c"]
    resumed = await client.post(f"/jobs/{job['id']}/resume", json={"answers": {"design_temp_min_c": 8}})
    assert resumed.status_code == 202
    job = await settled(client, job["id"])
    assert job["status"] == "waiting"
    # Near dusk a dispatcher is asked as well: then no visit keeps the response time.
    assert job["questions"][0]["id"] == "safety_release"
    assert (job["priority"], job["result_version"]) == ("P1", None)  # danger is seen while it waits
    await dispatcher.post(f"/jobs/{job['id']}/resume", json={"answers": _answers(job)})
    job = await settled(client, job["id"])
    assert (job["status"], job["result_version"], job["priority"]) == ("succeeded", 1, "P1")
    assert job["progress"] == {"node": "report", "done": 8, "of": 8}

    result = (await client.get(f"/jobs/{job['id']}/result")).json()
    assert result["job_id"] == job["id"]
    assert result["sizing"]["status"] in {"feasible", "screening"}
    assert result["triage"]["stop_work"]
    assert {hazard["kind"] for hazard in result["triage"]["hazards"]} >= {"ground_fault"}
    assert result["weather"]["resource"]["quality"] == "screening"
    assert result["dispatch"]["technician"]["id"] == technician_id
    assert result["dispatch"]["visit"]["start"] < result["dispatch"]["visit"]["end"]
    assert result["report"]["summary"]

    timeline = [event["type"] for event in (await client.get(f"/jobs/{job['id']}/timeline")).json()]
    assert timeline[0] == "job.created"
    assert timeline[-1] == "run.succeeded"
    assert timeline.count("questions.opened") == timeline.count("questions.answered") == 2
    runs = (await client.get(f"/jobs/{job['id']}/runs")).json()
    assert [(run["kind"], run["status"]) for run in runs] == [
        ("start", "waiting"),
        ("resume", "waiting"),
        ("resume", "succeeded"),
    ]
    state = (await client.get(f"/jobs/{job['id']}/state")).json()
    assert state["answers"]["design_temp_min_c"] == 8


@pytest.mark.usefixtures("worker")
async def test_sizing_alone_needs_no_triage_and_triage_alone_no_sizing(
    client: httpx.AsyncClient, dispatcher: httpx.AsyncClient
) -> None:
    sized = await _start(client, sizing_input())
    triaged = await _start(
        client, triage_input(text="monitoring portal shows no data", fault_codes=[], vendor=None)
    )
    for job, present, absent in ((sized, "sizing", "triage"), (triaged, "triage", "sizing")):
        ended = await settled(client, job["id"])
        while ended["status"] == "waiting":
            answered = await dispatcher.post(f"/jobs/{job['id']}/resume", json={"answers": _answers(ended)})
            assert answered.status_code == 202, answered.text
            ended = await settled(client, job["id"])
        assert ended["status"] == "succeeded", ended["problem"]
        result = (await client.get(f"/jobs/{job['id']}/result")).json()
        assert result[present] is not None
        assert result[absent] is None


@pytest.mark.usefixtures("worker")
async def test_an_answer_is_checked_and_counts_once(client: httpx.AsyncClient) -> None:
    body = sizing_input(electrical={})
    job = await settled(client, (await _start(client, body))["id"])
    path = f"/jobs/{job['id']}/resume"
    wrong = await client.post(path, json={"answers": {"design_temp_min_c": -99}})
    assert wrong.status_code == 422
    assert wrong.json()["errors"][0]["pointer"] == "/answers/design_temp_min_c"
    unknown = await client.post(path, json={"answers": {"design_temp_min_c": 5, "colour": "red"}})
    assert unknown.json()["errors"][0]["pointer"] == "/answers/colour"
    assert (await client.post(path, json={"answers": {"design_temp_min_c": 5}})).status_code == 202
    again = await client.post(path, json={"answers": {"design_temp_min_c": 6}})
    assert again.status_code == 409
    await settled(client, job["id"])


async def test_a_job_is_accepted_without_a_worker_and_can_be_cancelled(client: httpx.AsyncClient) -> None:
    job = await _start(client, sizing_input())
    assert job["status"] == "queued"
    cancelled = await client.post(f"/jobs/{job['id']}/cancel")
    assert cancelled.json()["status"] == "cancelled"
    assert (await client.post(f"/jobs/{job['id']}/cancel")).status_code == 409
    assert (await client.post(f"/jobs/{job['id']}/retry")).status_code == 409
    assert (await client.get(f"/jobs/{job['id']}/result")).status_code == 404


async def test_a_technician_sees_own_jobs_and_a_dispatcher_all(
    login: Login, client: httpx.AsyncClient
) -> None:
    job = await _start(client, sizing_input())
    other = await login("otto", Role.TECHNICIAN)
    dispatcher = await login("dora", Role.DISPATCHER)
    for path in ("", "/result", "/runs", "/timeline", "/state"):
        assert (await other.get(f"/jobs/{job['id']}{path}")).status_code == 404
    assert (await other.post(f"/jobs/{job['id']}/cancel")).status_code == 404
    assert (await other.get("/jobs")).json()["items"] == []
    assert (await dispatcher.get(f"/jobs/{job['id']}")).status_code == 200


async def _pages(client: httpx.AsyncClient) -> AsyncIterator[list[str]]:
    """The ids of two jobs at a time, newest first, to the end."""
    params: dict[str, str | int] | None = {"limit": 2}
    while params:
        page = (await client.get("/jobs", params=params)).json()
        yield [job["id"] for job in page["items"]]
        cursor = page["next_cursor"]
        params = {"limit": 2, "cursor": cursor} if cursor else None


async def test_pages_hold_every_job_once_newest_first(client: httpx.AsyncClient) -> None:
    started = [(await _start(client, sizing_input(description=f"job {n}")))["id"] for n in range(5)]
    seen = [job_id async for page in _pages(client) for job_id in page]
    assert seen == started[::-1]
    found = (await client.get("/jobs", params={"q": "job 3", "kind": "sizing", "status": "queued"})).json()
    assert [job["id"] for job in found["items"]] == [started[3]]
    assert (await client.get("/jobs", params={"cursor": "!"})).status_code == 422


async def test_a_technician_pages_through_own_and_assigned_jobs_while_others_come(
    client: httpx.AsyncClient, dispatcher: httpx.AsyncClient, app: FastAPI
) -> None:
    tess = (await client.get("/auth/me")).json()["id"]
    profile = {"name": "Tess", "skills": [], "base_latitude": 0, "base_longitude": 0, "timezone": "UTC"}
    technician = (await dispatcher.post("/technicians", json=profile | {"user_id": tess})).json()["id"]
    mine = []
    for n in range(8):
        job = await _start(client if n % 2 else dispatcher, sizing_input())
        if n % 4 != 2:  # her own ones and every other of the dispatcher's, her own assigned to her as well
            mine.append(job["id"])
            async with app.state.services.engine.begin() as connection:
                assigned = update(JobRow).values(technician_id=technician)
                await connection.execute(assigned.where(JobRow.id == UUID(job["id"])))
    seen: list[str] = []
    async for page in _pages(client):
        seen += page
        await _start(client, sizing_input())
    assert seen == mine[::-1]


async def test_jobs_are_found_by_the_beginnings_of_their_words(client: httpx.AsyncClient) -> None:
    job = await _start(client, sizing_input(description="Évora: inverter SE10K off"))
    for q, found in (
        ("evo INV", True),
        ("se10", True),
        ("verter", False),
        ("evora tracker", False),
        (" ", True),
    ):
        items = (await client.get("/jobs", params={"q": q})).json()["items"]
        assert [item["id"] for item in items] == ([job["id"]] if found else []), q
    refused = (await client.get("/jobs", params={"q": "%_"})).json()
    assert refused["errors"] == [{"pointer": "/q", "message": "must hold a letter or a digit"}]


async def test_sizing_and_triage_answer_at_once_and_store_nothing(client: httpx.AsyncClient) -> None:
    sizing = await client.post("/sizing", json=sizing_input(electrical={}))
    assert sizing.status_code == 200, sizing.text
    assert [question["id"] for question in sizing.json()["questions"]] == ["design_temp_min_c"]
    checks = {check["id"]: check["status"] for check in sizing.json()["sizing"]["checks"]}
    assert "not_evaluated" in checks.values()
    triage = await client.post("/triage", json=triage_input())
    assert triage.status_code == 200, triage.text
    assert triage.json()["triage"]["asset"] != "unknown"
    assert (await client.get("/jobs")).json()["items"] == []


async def test_the_catalogue_can_be_searched_with_a_typing_mistake(client: httpx.AsyncClient) -> None:
    found = (await client.get("/equipment/batteries", params={"q": "pylontec"})).json()
    assert found[0]["manufacturer"] == "Pylontech"
    controllers = (await client.get("/equipment/charge-controllers", params={"q": "smartsolr 100/50"})).json()
    assert controllers[0]["model"] == "SmartSolar MPPT 100/50"
    appliances = (await client.get("/equipment/appliances", params={"q": "refridgerator"})).json()
    assert appliances[0]["name"] == "fridge"
    books = (await client.get("/equipment/price-books")).json()
    assert {"KES", "USD"} <= {book["currency"] for book in books}


async def test_only_a_dispatcher_adds_technicians(
    client: httpx.AsyncClient, dispatcher: httpx.AsyncClient
) -> None:
    body = technician().model_dump(mode="json", exclude={"id", "planned_visits", "leave"})
    assert (await client.post("/technicians", json=body)).status_code == 403
    added = await dispatcher.post("/technicians", json=body)
    assert added.status_code == 201
    assert (await client.get(f"/technicians/{added.json()['id']}")).json()["name"] == "Grace"
