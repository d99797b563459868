"""Whom dispatch may send, and when not."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from core.database.models import Role
from tests.api.conftest import Login, settled
from tests.support.fakes import technician
from tests.support.inputs import sizing_input


async def _added(dispatcher: httpx.AsyncClient, **changes: Any) -> str:
    body = technician().model_dump(mode="json", exclude={"id", "planned_visits", "leave"})
    answer = await dispatcher.post("/technicians", json=body | changes)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_a_technician_is_changed_field_by_field(
    client: httpx.AsyncClient, dispatcher: httpx.AsyncClient
) -> None:
    path = f"/technicians/{await _added(dispatcher)}"
    before = (await dispatcher.get(path)).json()
    changes = {"skills": ["tracker"], "working_hours": {"weekdays": [5], "start": "22:00", "end": "06:00"}}
    assert (await client.patch(path, json=changes)).status_code == 403
    changed = (await dispatcher.patch(path, json=changes)).json()
    assert changed["skills"] == ["tracker"]
    assert changed["working_hours"]["start"] == "22:00:00"
    assert {key for key in before if before[key] != changed[key]} == {"skills", "working_hours"}

    for wrong, pointer in (
        ({"name": None}, "/name"),
        ({"timezone": "Mars"}, "/timezone"),
        ({"age": 3}, "/age"),
    ):
        refused = await dispatcher.patch(path, json=wrong)
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"] == pointer
    nobody = await dispatcher.patch(path, json={"user_id": str(UUID(int=1))})
    assert nobody.json()["errors"][0]["pointer"] == "/user_id"
    assert (await dispatcher.patch(f"/technicians/{UUID(int=1)}", json=changes)).status_code == 404
    assert (await dispatcher.get(path)).json() == changed


@pytest.mark.usefixtures("worker")
async def test_nobody_on_leave_or_inactive_is_sent(
    client: httpx.AsyncClient, dispatcher: httpx.AsyncClient
) -> None:
    near, far = await _added(dispatcher), await _added(dispatcher, base_latitude=-1.6)
    inactive = await _added(dispatcher)
    assert (await dispatcher.patch(f"/technicians/{inactive}", json={"is_active": False})).status_code == 200
    now = datetime.now(UTC)
    away = {"start": now.isoformat(), "end": (now + timedelta(days=30)).isoformat()}
    given = await dispatcher.post(f"/technicians/{near}/leave", json=away)
    assert given.status_code == 201, given.text
    assert given.json()["visits"] == []

    job = await settled(client, (await client.post("/jobs", json=sizing_input())).json()["id"])
    dispatch = (await client.get(f"/jobs/{job['id']}/result")).json()["dispatch"]
    assert dispatch["technician"]["id"] == far
    assert dispatch["alternatives"] == []

    given = await dispatcher.post(f"/technicians/{far}/leave", json=away)
    assert [visit["job_id"] for visit in given.json()["visits"]] == [job["id"]]


async def test_leave_is_seen_by_whom_it_concerns_and_can_be_taken_back(
    login: Login, client: httpx.AsyncClient, dispatcher: httpx.AsyncClient
) -> None:
    me = (await client.get("/auth/me")).json()
    path = f"/technicians/{await _added(dispatcher, user_id=me['id'])}/leave"
    week = {"start": "2036-03-03T00:00:00+03:00", "end": "2036-03-10T00:00:00+03:00"}
    assert (await client.post(path, json=week)).status_code == 403
    leave = (await dispatcher.post(path, json=week)).json()["leave"]
    assert [each["id"] for each in (await client.get(path)).json()] == [leave["id"]]
    other = await login("otto", Role.TECHNICIAN)
    assert (await other.get(path)).status_code == 404
    backwards = await dispatcher.post(path, json={"start": week["end"], "end": week["start"]})
    assert backwards.json()["errors"] == [{"pointer": "/end", "message": "must be after start"}]
    assert (await dispatcher.delete(f"{path}/{leave['id']}")).status_code == 204
    assert (await dispatcher.delete(f"{path}/{leave['id']}")).status_code == 404
    assert (await client.get(path)).json() == []
