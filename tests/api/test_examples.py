"""The examples of the OpenAPI document do what they say when they are sent as they stand."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from api.access import PREFIX
from api.examples import EXAMPLES, SIZE
from core.database.models import Role
from state.problem import Problem
from tests.api.conftest import Login

SHOWN = [(route, name, body) for route, bodies in EXAMPLES.items() for name, body in bodies.items()]
NOBODYS = {"POST /auth/refresh": 401}
"""A refresh token cannot be known beforehand."""


@pytest.fixture
async def admin(login: Login) -> httpx.AsyncClient:
    return await login("ada", Role.ADMIN)


async def _ids(client: httpx.AsyncClient, route: str) -> dict[str, str]:
    """What the route needs to be there, made of the examples."""
    if "{user_id}" in route or route == "POST /auth/token":
        return {"user_id": await _made(client, "/users", "A technician")}
    if "{technician_id}" in route:
        return {"technician_id": await _made(client, "/technicians", "A technician")}
    if "{webhook_id}" in route:
        return {"webhook_id": await _made(client, "/webhooks", "Results")}
    if "{job_id}" not in route:
        return {}
    asks = route.endswith("/resume")
    name = "One that asks whose code that is" if asks else "Triage a fault"
    job_id = await _made(client, "/jobs", name)
    job: dict[str, Any] = {"status": "queued"}
    while job["status"] in {"queued", "running"}:
        job = (await client.get(f"/jobs/{job_id}", params={"wait": 30})).json()
    if not asks and job["status"] == "waiting":
        answers = {question["id"]: question["choices"][-1] for question in job["questions"]}
        resumed = await client.post(f"/jobs/{job_id}/resume", json={"answers": answers})
        assert resumed.status_code == 202, resumed.text
        job = (await client.get(f"/jobs/{job_id}", params={"wait": 30})).json()
    assert job["status"] == ("waiting" if asks else "succeeded")
    return {"job_id": job_id}


async def _made(client: httpx.AsyncClient, path: str, name: str) -> str:
    answer = await client.post(path, json=EXAMPLES[f"POST {path}"][name])
    assert answer.is_success, answer.text
    return str(answer.json()["id"])


@pytest.mark.parametrize(("route", "body"), [(route, body) for route, _, body in SHOWN])
async def test_an_example_does_what_it_says(
    admin: httpx.AsyncClient, worker: object, route: str, body: dict[str, Any]
) -> None:
    method, path = route.split(" ")
    url = path.format(**await _ids(admin, route))
    form = route == "POST /auth/token"
    answer = await admin.request(method, url, data=body if form else None, json=None if form else body)
    assert answer.status_code == NOBODYS.get(route, answer.status_code), answer.text
    assert answer.is_success is (route not in NOBODYS), answer.text


async def test_the_example_of_a_problem_is_one(admin: httpx.AsyncClient) -> None:
    answer = await admin.post("/jobs", json={**SIZE, "site": {"latitude": 95, "longitude": 36.8}})
    (shown,) = Problem.model_json_schema()["examples"]
    assert answer.json() | {"request_id": shown["request_id"]} == shown


def test_every_body_has_an_example(application: FastAPI) -> None:
    document = application.openapi()
    bodies = {
        f"{method.upper()} {path.removeprefix(PREFIX)}": next(
            iter(operation["requestBody"]["content"].values())
        )
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if "requestBody" in operation
    }
    assert set(bodies) - {"POST /weather-files"} == set(EXAMPLES)  # a file is no example
    assert all("examples" in bodies[route] for route in EXAMPLES)
