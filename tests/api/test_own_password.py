"""Changing one's own password."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from api import logins
from core.clock import SystemClock
from core.database import AsyncSessionLocal
from core.database.models import Role
from core.database.users import UserChange, Users
from core.errors import AuthenticationFailed
from core.rate_limits import GUESSES, LoginThrottle
from tests.api.conftest import PASSWORD, Login

NEW = "a new one of my own"


async def _change(client: httpx.AsyncClient, current: str = PASSWORD, new: str = NEW) -> httpx.Response:
    return await client.post("/auth/password", json={"current_password": current, "new_password": new})


async def _log_in(client: httpx.AsyncClient, password: str) -> httpx.Response:
    return await client.post("/auth/token", data={"username": "tess", "password": password})


async def test_the_new_password_opens_the_old_one_does_not_and_every_other_login_ends(
    client: httpx.AsyncClient,
) -> None:
    other = (await _log_in(client, PASSWORD)).json()
    elsewhere = {"Authorization": f"Bearer {other['access_token']}"}
    key = (await client.post("/api-keys", json={"name": "van", "scopes": ["jobs:read"]})).json()["key"]
    with capture_logs() as logged:
        assert (await _change(client)).status_code == 204
    assert (await client.get("/auth/me")).status_code == 200
    assert (await client.get("/auth/me", headers=elsewhere)).status_code == 401
    renewed = await client.post("/auth/refresh", json={"refresh_token": other["refresh_token"]})
    assert renewed.status_code == 401
    assert (await _log_in(client, PASSWORD)).status_code == 401
    assert (await _log_in(client, NEW)).status_code == 200
    del client.headers["Authorization"]
    assert (await client.get("/jobs", headers={"X-API-Key": key})).status_code == 200
    (told,) = [line for line in logged if line["event"] == "api.login.password_changed"]
    assert (told["logins_ended"], NEW in str(logged), PASSWORD in str(logged)) == (1, False, False)


async def test_without_the_current_password_nothing_changes(client: httpx.AsyncClient) -> None:
    refused = await _change(client, current="not the one I have")
    assert (refused.status_code, refused.json()["detail"]) == (403, "The current password is wrong.")
    assert (await _log_in(client, PASSWORD)).status_code == 200


@pytest.mark.parametrize(
    ("new", "said"),
    [(PASSWORD, "is the current one"), ("too small", "at least 12"), ("é" * 37, "at most 72 bytes")],
)
async def test_a_new_password_that_will_not_do_is_refused_and_not_repeated(
    client: httpx.AsyncClient, new: str, said: str
) -> None:
    refused = await _change(client, new=new)
    (fault,) = refused.json()["errors"]
    assert (refused.status_code, fault["pointer"]) == (422, "/new_password")
    assert said in fault["message"]
    assert new not in refused.text
    assert (await _log_in(client, PASSWORD)).status_code == 200


async def test_whoever_found_an_open_terminal_may_not_guess_for_long(login: Login) -> None:
    left_open = await login("left-open", Role.TECHNICIAN)
    # Longer than any password, so that bcrypt need not look at them.
    statuses = [(await _change(left_open, current="x" * 73)).status_code for _ in range(GUESSES + 1)]
    assert statuses == [403] * GUESSES + [429]
    right = {"username": "left-open", "password": PASSWORD}
    assert (await left_open.post("/auth/token", data=right)).status_code == 429


async def test_of_two_changes_at_once_one_holds(client: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(_change(client, new=f"password number {n}") for n in range(2)))
    assert sorted(answer.status_code for answer in answers) == [204, 409]
    opened = [(await _log_in(client, f"password number {n}")).status_code for n in range(2)]
    assert opened == [200 if answer.status_code == 204 else 401 for answer in answers]


class _Meanwhile(LoginThrottle):
    """Lets an administrator act between the password that was right and the login that it opens."""

    def __init__(self, app: FastAPI, change: UserChange, user_id: UUID) -> None:
        super().__init__(app.state.services.stores["redis"])
        self._app, self._change, self._user_id = app, change, user_id

    async def succeeded(self, username: str, address: str) -> None:
        await super().succeeded(username, address)
        async with AsyncSessionLocal(bind=self._app.state.services.engine) as session, session.begin():
            await Users(session).change(self._user_id, self._change, SystemClock().now())


@pytest.mark.parametrize("change", [UserChange(password_hash="-"), UserChange(is_active=False)])
async def test_a_login_that_began_before_its_user_was_locked_out_does_not_survive_it(
    login: Login, app: FastAPI, change: UserChange
) -> None:
    await login("ada", Role.ADMIN)
    tess = await login("tess", Role.TECHNICIAN)
    who: dict[str, Any] = (await tess.get("/auth/me")).json()
    services = replace(app.state.services, login_throttle=_Meanwhile(app, change, UUID(who["id"])))
    async with AsyncSessionLocal(bind=services.engine) as session:
        with pytest.raises(AuthenticationFailed):
            await logins.log_in(session, services, username="tess", password=PASSWORD, address="::1")
