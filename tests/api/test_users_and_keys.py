"""Users, and the keys of their programs."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import update

from core.clock import SystemClock
from core.database import AsyncSessionLocal
from core.database.api_keys import digest
from core.database.credential_tables import ApiKeyRow
from core.database.models import Role
from tests.api.conftest import Login
from tests.support.inputs import triage_input

GOOD = "a long enough one"


@pytest.fixture
async def admin(login: Login) -> httpx.AsyncClient:
    return await login("ada", Role.ADMIN)


async def _issued(client: httpx.AsyncClient, *scopes: str) -> dict[str, Any]:
    answer = await client.post("/api-keys", json={"name": "monitoring", "scopes": list(scopes)})
    assert answer.status_code == 201, answer.text
    key: dict[str, Any] = answer.json()
    return key


def _with_key(client: httpx.AsyncClient, key: str) -> httpx.AsyncClient:
    """The same service asked with the key alone."""
    return httpx.AsyncClient(
        transport=client._transport, base_url=client.base_url, headers={"X-API-Key": key}
    )


async def test_an_administrator_adds_finds_and_changes_users(admin: httpx.AsyncClient) -> None:
    added = await admin.post("/users", json={"username": "grace", "password": GOOD, "role": "technician"})
    user = added.json()
    assert added.status_code == 201
    assert set(user) == {"id", "username", "role", "is_active", "created_at"}
    assert (await admin.get(f"/users/{user['id']}")).json() == user
    changed = await admin.patch(f"/users/{user['id']}", json={"role": "dispatcher"})
    assert changed.json()["role"] == "dispatcher"


async def test_a_name_is_given_once_whatever_its_case(admin: httpx.AsyncClient) -> None:
    again = await admin.post("/users", json={"username": "ADA", "password": GOOD, "role": "admin"})
    assert again.status_code == 409


@pytest.mark.parametrize(
    ("password", "said"),
    [("too small", "at least 12"), ("é" * 37, "72 bytes"), ("x" * 73, "at most 72")],
)
async def test_a_password_that_is_too_short_or_would_be_cut_is_refused_and_not_repeated(
    admin: httpx.AsyncClient, password: str, said: str
) -> None:
    answer = await admin.post("/users", json={"username": "grace", "password": password, "role": "admin"})
    problem = answer.json()
    assert (answer.status_code, problem["errors"][0]["pointer"]) == (422, "/password")
    assert said in problem["errors"][0]["message"]
    assert password not in answer.text


async def test_pages_of_users_hold_each_once(admin: httpx.AsyncClient) -> None:
    for number in range(4):
        body = {"username": f"user{number}", "password": GOOD, "role": "technician"}
        assert (await admin.post("/users", json=body)).status_code == 201
    seen: list[str] = []
    cursor = None
    while True:
        params: dict[str, Any] = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await admin.get("/users", params=params)).json()
        seen += [user["username"] for user in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert seen == ["ada", "user0", "user1", "user2", "user3"]


async def test_the_last_administrator_stays_one(admin: httpx.AsyncClient) -> None:
    me = (await admin.get("/auth/me")).json()["id"]
    for change in ({"role": "technician"}, {"is_active": False}):
        assert (await admin.patch(f"/users/{me}", json=change)).status_code == 409


async def test_two_administrators_who_lock_each_other_out_at_once_leave_one(login: Login) -> None:
    ada, bea = await login("ada", Role.ADMIN), await login("bea", Role.ADMIN)
    ids = [(await each.get("/auth/me")).json()["id"] for each in (ada, bea)]
    answers = await asyncio.gather(
        ada.patch(f"/users/{ids[1]}", json={"is_active": False}),
        bea.patch(f"/users/{ids[0]}", json={"is_active": False}),
    )
    assert sorted(answer.status_code for answer in answers) in ([200, 401], [200, 409])


async def test_a_key_does_what_its_scopes_say_and_nothing_else(client: httpx.AsyncClient) -> None:
    issued = await _issued(client, "jobs:read", "jobs:write")
    async with _with_key(client, issued["key"]) as program:
        assert (await program.post("/jobs", json=triage_input())).status_code == 202
        assert len((await program.get("/jobs")).json()["items"]) == 1
        refused = await program.get("/equipment/modules")
        assert (refused.status_code, refused.json()["detail"]) == (403, "This key lacks the scope design.")
        for method, path in (("POST", "/api-keys"), ("GET", "/api-keys"), ("POST", "/auth/logout")):
            assert (await program.request(method, path)).status_code == 403


async def test_a_key_gives_its_user_no_role_that_they_lack(client: httpx.AsyncClient) -> None:
    issued = await _issued(client, "webhooks")
    async with _with_key(client, issued["key"]) as program:
        assert (await program.get("/webhooks")).status_code == 403


async def test_a_key_is_shown_once_and_stored_as_its_digest(client: httpx.AsyncClient, app: FastAPI) -> None:
    issued = await _issued(client, "jobs:read")
    listed = await client.get("/api-keys")
    assert issued["key"] not in listed.text
    assert listed.json()["items"][0]["prefix"] == issued["key"][:10]
    async with AsyncSessionLocal(bind=app.state.services.engine) as session:
        row = await session.get_one(ApiKeyRow, issued["id"])
    assert row.digest == digest(issued["key"])
    assert issued["key"] not in repr(vars(row))


async def test_the_last_use_of_a_key_is_remembered_even_of_a_refused_request(
    client: httpx.AsyncClient,
) -> None:
    issued = await _issued(client, "jobs:write")
    assert issued["last_used_at"] is None
    async with _with_key(client, issued["key"]) as program:
        assert (await program.post("/jobs", json={"kind": "nothing"})).status_code == 422
    assert (await client.get("/api-keys")).json()["items"][0]["last_used_at"] is not None


async def test_a_revoked_and_an_expired_key_open_nothing(client: httpx.AsyncClient, app: FastAPI) -> None:
    revoked, expired = await _issued(client, "jobs:read"), await _issued(client, "jobs:read")
    assert (await client.delete(f"/api-keys/{revoked['id']}")).status_code == 204
    assert (await client.delete(f"/api-keys/{revoked['id']}")).status_code == 404
    async with AsyncSessionLocal(bind=app.state.services.engine) as session, session.begin():
        past = SystemClock().now() - timedelta(seconds=1)
        await session.execute(update(ApiKeyRow).where(ApiKeyRow.id == expired["id"]).values(expires_at=past))
    for key in (revoked["key"], expired["key"], "ssk_unknown", "garbage", ""):
        async with _with_key(client, key) as program:
            assert (await program.get("/jobs")).status_code == 401
    listed = {item["id"]: item for item in (await client.get("/api-keys")).json()["items"]}
    assert listed[revoked["id"]]["revoked_at"] is not None


async def test_nobody_revokes_another_ones_key(client: httpx.AsyncClient, admin: httpx.AsyncClient) -> None:
    issued = await _issued(client, "jobs:read")
    assert (await admin.delete(f"/api-keys/{issued['id']}")).status_code == 404
    assert (await admin.get("/api-keys")).json()["items"] == []
