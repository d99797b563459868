"""What every request meets: problems, ids, limits, logins."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest

from api.demo import load
from api.examples import CREW
from core.database.models import Role
from tests.api.conftest import Login, settled
from tests.support.inputs import sizing_input, triage_input
from tests.support.nonsense import NONSENSE


async def _jobs(client: httpx.AsyncClient) -> int:
    return len((await client.get("/jobs")).json()["items"])


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        pytest.param(sizing_input(colour="red"), "/colour", id="unknown field"),
        pytest.param(
            sizing_input(site={"latitude": 95, "longitude": 0}), "/site/latitude", id="latitude of 95"
        ),
        pytest.param(
            sizing_input(equipment={"module": "Unobtainium 9000"}), "/equipment/module", id="unknown module"
        ),
        pytest.param(
            sizing_input(demand={"daily_kwh": 12, "monthly_kwh": [300] * 12}),
            "/demand",
            id="contradictory demand",
        ),
        pytest.param(
            sizing_input(site={"latitude": False, "longitude": 36}), "/site/latitude", id="false as a number"
        ),
        pytest.param(
            sizing_input(economics={"tariff_growth": True}), "/economics/tariff_growth", id="true as a number"
        ),
        pytest.param(sizing_input(demand={"daily_kwh": "12"}), "/demand/daily_kwh", id="a text as a number"),
        pytest.param(
            sizing_input(electrical={"dwelling": "yes"}), "/electrical/dwelling", id="a word as true"
        ),
        pytest.param(
            {"kind": "triage", "site": {"latitude": 0.5, "longitude": 30}, "ticket": {"text": "  "}},
            "/ticket",
            id="empty ticket",
        ),
        pytest.param(
            sizing_input(resource={"weather_file_id": "00000000-0000-7000-8000-000000000000"}),
            "/resource/weather_file_id",
            id="unknown weather file",
        ),
    ],
)
async def test_wrong_input_is_a_problem_that_names_the_place_and_stores_nothing(
    client: httpx.AsyncClient, body: dict[str, object], pointer: str
) -> None:
    answer = await client.post("/jobs", json=body)
    problem = answer.json()
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert any(error["pointer"].startswith(pointer) for error in problem["errors"]), problem
    assert all(error["message"] for error in problem["errors"])
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert await _jobs(client) == 0


async def test_broken_json_is_a_problem_that_says_where(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/jobs", content=b'{"kind": "sizing", ', headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 422
    assert "JSON" in answer.json()["errors"][0]["message"]
    assert await _jobs(client) == 0


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "streamed"])
async def test_ten_megabytes_are_refused_before_they_are_read(
    client: httpx.AsyncClient, declared: bool
) -> None:
    body = json.dumps(triage_input(text="x" * 10_000_000)).encode()

    async def streamed() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 65_536):
            yield body[start : start + 65_536]

    answer = await client.post(
        "/jobs", content=body if declared else streamed(), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 413
    assert answer.json()["title"] == "Payload too large"
    assert await _jobs(client) == 0


async def test_numbers_that_are_not_finite_are_refused(client: httpx.AsyncClient) -> None:
    body = json.dumps(sizing_input(demand={"daily_kwh": float("nan")}))
    answer = await client.post("/jobs", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422


async def test_nonsense_is_refused_alike_by_a_job_and_by_a_sizing_at_once(client: httpx.AsyncClient) -> None:
    for document, pointer, reason in NONSENSE:
        body, headers = json.dumps(document), {"Content-Type": "application/json"}
        problems = []
        for path in ("/jobs", "/sizing"):
            answer = await client.post(path, content=body, headers=headers)
            assert answer.status_code == 422, (path, document)
            problems.append(answer.json()["errors"])
        assert problems[0] == problems[1]
        assert any(each["pointer"] == pointer and reason in each["message"] for each in problems[0]), problems
    assert await _jobs(client) == 0


ZERO = "a\0b"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/jobs", triage_input(text=ZERO)),
        ("POST", "/technicians", CREW | {"name": ZERO}),
        ("POST", "/technicians", CREW | {"contact": {"note": [ZERO]}}),
        ("POST", "/technicians", CREW | {"contact": {"note": "\ud800"}}),
        ("POST", "/technicians", CREW | {"skills": [ZERO]}),
        ("POST", "/api-keys", {"name": ZERO, "scopes": ["jobs:read"]}),
        ("POST", "/webhooks", {"url": f"https://hooks.example.com/{ZERO}"}),
        ("POST", "/jobs/{job_id}/complete", {"outcome": "resolved", "parts": [ZERO]}),
        ("POST", "/jobs/{job_id}/complete", {"outcome": ZERO}),
        ("POST", "/jobs/{job_id}/override", {"changes": {"triage.priority": "P4"}, "reason": ZERO}),
        ("POST", "/jobs/{job_id}/resume", {"answers": {ZERO: ZERO}}),
    ],
)
@pytest.mark.usefixtures("worker")
async def test_a_character_that_cannot_be_stored_is_refused_wherever_it_stands(
    dispatcher: httpx.AsyncClient, method: str, path: str, body: dict[str, object]
) -> None:
    job_id = (await dispatcher.post("/jobs", json=sizing_input())).json()["id"]
    assert (await settled(dispatcher, job_id))["status"] == "succeeded"
    content = json.dumps(body)
    headers = {"Content-Type": "application/json"}
    answer = await dispatcher.request(method, path.format(job_id=job_id), content=content, headers=headers)
    assert answer.status_code in {409, 422}, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


HALF = "\ud800"
"""Of a pair of UTF-16, as a program sends that cuts a text in the middle of an emoji."""
LONG_HALF = HALF + "a" * 15
NESTED = json.loads('{"x":' * 900 + "1" + "}" * 900)


@pytest.mark.parametrize(
    ("method", "path", "body", "pointer"),
    [
        ("POST", "/jobs/{job_id}/resume", {"answers": {HALF: 1}}, "/answers"),
        ("POST", "/jobs/{job_id}/resume", {"answers": {"design_temp_min_c": HALF}}, "/answers"),
        ("POST", "/jobs/{job_id}/resume", {"answers": {"x": [{"y": {HALF: HALF}}]}}, "/answers"),
        (
            "POST",
            "/jobs/{job_id}/resume",
            {"answers": {"design_temp_min_c": 10**4000}},
            "/answers/design_temp_min_c",
        ),
        ("POST", "/technicians", CREW | {"contact": {"note": HALF}}, "/contact"),
        ("POST", "/technicians", CREW | {"contact": NESTED}, "/contact"),
        ("POST", "/webhooks", {"url": f"https://hooks.example.com/{HALF}"}, "/url"),
        ("POST", "/triage", triage_input(fault_codes=[HALF]), "/ticket/fault_codes/0"),
        ("POST", "/users", {"username": "grace", "password": LONG_HALF, "role": "admin"}, "/password"),
        ("PATCH", "/users/{user_id}", {"password": LONG_HALF}, "/password"),
        ("POST", "/auth/password", {"current_password": HALF, "new_password": LONG_HALF}, "/current_password"),
        ("POST", "/auth/password", {"current_password": "x", "new_password": LONG_HALF}, "/new_password"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("worker")
async def test_half_a_character_or_an_endless_number_is_refused_by_the_name_of_its_field(
    login: Login, method: str, path: str, body: dict[str, object], pointer: str
) -> None:
    admin = await login("ada", Role.ADMIN)
    job_id = (await admin.post("/jobs", json=load("greensboro_home"))).json()["id"]
    assert (await settled(admin, job_id))["status"] == "waiting"
    user_id = (await admin.get("/auth/me")).json()["id"]
    content, headers = json.dumps(body), {"Content-Type": "application/json"}
    answer = await admin.request(
        method, path.format(job_id=job_id, user_id=user_id), content=content, headers=headers
    )
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert pointer in {fault["pointer"] for fault in answer.json()["errors"]}


async def test_a_login_with_a_name_that_cannot_be_stored_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/auth/token", data={"username": ZERO, "password": ZERO})
    assert answer.status_code == 422
    found = await client.get("/jobs", params={"q": ZERO})
    assert found.status_code in {200, 422}


async def test_an_unknown_path_and_a_wrong_method_are_problems_too(client: httpx.AsyncClient) -> None:
    for answer, status in (
        (await client.get("/nowhere"), 404),
        (await client.delete("/jobs"), 405),
        (await client.get("/jobs/not-a-uuid"), 422),
    ):
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == status


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/jobs", "GET, POST"),
        ("/jobs/0190a000-0000-7000-8000-000000000000/resume", "POST"),
        ("/webhooks/0190a000-0000-7000-8000-000000000000", "DELETE, GET, PATCH"),
        ("/health/live", "GET"),
    ],
)
async def test_a_wrong_method_is_told_all_that_the_path_has(
    client: httpx.AsyncClient, path: str, methods: str
) -> None:
    answer = await client.put(path)
    assert (answer.status_code, answer.headers["allow"]) == (405, methods)


async def test_a_request_keeps_the_id_it_came_with_if_it_is_a_decent_one(client: httpx.AsyncClient) -> None:
    kept = await client.get("/auth/me", headers={"X-Request-ID": "van-17.a"})
    assert kept.headers["x-request-id"] == "van-17.a"
    replaced = await client.get("/auth/me", headers={"X-Request-ID": "x" * 65})
    assert replaced.headers["x-request-id"] != "x" * 65
    assert float(kept.headers["x-process-time"]) > 0


async def test_without_a_token_there_is_nothing_to_see(client: httpx.AsyncClient) -> None:
    del client.headers["Authorization"]
    answer = await client.get("/jobs")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(("username", "password"), [("tess", "wrong"), ("nobody", "wrong")])
async def test_a_wrong_login_does_not_say_what_was_wrong(
    client: httpx.AsyncClient, username: str, password: str
) -> None:
    answer = await client.post("/auth/token", data={"username": username, "password": password})
    assert answer.status_code == 401
    assert answer.json()["detail"] == "The user name or the password is wrong."


async def test_one_is_who_one_logged_in_as(login: Login) -> None:
    client = await login("Ada", Role.ADMIN)
    me = (await client.get("/auth/me")).json()
    assert (me["username"], me["role"]) == ("Ada", "admin")


async def test_the_service_says_that_it_is_ready_and_which_it_is(client: httpx.AsyncClient) -> None:
    ready = await client.get("/health/ready")
    assert ready.status_code == 200
    assert all(verdict["ok"] for verdict in ready.json()["dependencies"].values())
    assert (await client.get("/health/live")).json() == {"status": "live"}
    assert (await client.get("/version")).json()["version"]
