"""Logging in, refresh tokens that rotate, ending a login."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import jwt
import pytest
from fastapi import FastAPI

from core.clock import Clock, SystemClock
from core.database.models import Role
from core.security import create_refresh_token
from tests.api.conftest import PASSWORD, Login
from tests.support.environment import SECRET


async def _tokens(client: httpx.AsyncClient, username: str = "tess") -> dict[str, Any]:
    answer = await client.post("/auth/token", data={"username": username, "password": PASSWORD})
    assert answer.status_code == 200
    tokens: dict[str, Any] = answer.json()
    return tokens


async def _refreshed(client: httpx.AsyncClient, refresh_token: str) -> httpx.Response:
    return await client.post("/auth/refresh", json={"refresh_token": refresh_token})


async def _me(client: httpx.AsyncClient, access_token: str) -> int:
    answer = await client.get("/auth/me", headers={"Authorization": f"Bearer {access_token}"})
    return answer.status_code


async def test_a_login_gives_a_token_of_fifteen_minutes_and_one_to_carry_on_with(
    client: httpx.AsyncClient,
) -> None:
    tokens = await _tokens(client)
    assert (tokens["token_type"], tokens["expires_in"]) == ("bearer", 900)
    renewed = (await _refreshed(client, tokens["refresh_token"])).json()
    assert await _me(client, tokens["access_token"]) == 200
    assert await _me(client, renewed["access_token"]) == 200
    assert renewed["refresh_token"] != tokens["refresh_token"]


async def test_a_refresh_token_that_comes_back_ends_the_login_and_every_token_of_it(
    client: httpx.AsyncClient,
) -> None:
    stolen, other = await _tokens(client), await _tokens(client)
    renewed = (await _refreshed(client, stolen["refresh_token"])).json()
    assert (await _refreshed(client, stolen["refresh_token"])).status_code == 401
    assert (await _refreshed(client, renewed["refresh_token"])).status_code == 401
    assert await _me(client, renewed["access_token"]) == 401
    assert await _me(client, other["access_token"]) == 200


async def test_of_two_refreshes_with_one_token_at_once_one_wins_at_most_and_the_login_ends(
    client: httpx.AsyncClient,
) -> None:
    tokens = await _tokens(client)
    answers = await asyncio.gather(*(_refreshed(client, tokens["refresh_token"]) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]
    assert await _me(client, tokens["access_token"]) == 401


def _tampered(token: str) -> str:
    claims = jwt.decode(token, options={"verify_signature": False})
    return jwt.encode({**claims, "gen": claims["gen"] + 1}, "another key" * 8)


def _unsigned(token: str) -> str:
    return jwt.encode(jwt.decode(token, options={"verify_signature": False}), "", algorithm="none")


@pytest.mark.parametrize("forge", [_tampered, _unsigned, lambda token: token[:-2], lambda _: "garbage"])
async def test_a_tampered_refresh_token_is_refused_and_ends_nothing(
    client: httpx.AsyncClient, forge: Any
) -> None:
    tokens = await _tokens(client)
    answer = await _refreshed(client, forge(tokens["refresh_token"]))
    assert answer.status_code == 401
    assert (await _refreshed(client, tokens["refresh_token"])).status_code == 200


async def test_an_expired_refresh_token_and_an_access_token_in_its_place_are_refused(
    client: httpx.AsyncClient, app: FastAPI
) -> None:
    tokens = await _tokens(client)
    claims = jwt.decode(tokens["refresh_token"], options={"verify_signature": False})
    clock: Clock = SystemClock()
    expired = create_refresh_token(
        claims["sid"],
        claims["gen"],
        key=app.state.services.secret_key,
        algorithm="HS256",
        expires_at=clock.now() - timedelta(seconds=1),
        clock=clock,
    )
    assert (await _refreshed(client, expired)).status_code == 401
    assert (await _refreshed(client, tokens["access_token"])).status_code == 401
    assert await _me(client, tokens["refresh_token"]) == 401


async def test_logging_out_ends_this_login_and_no_other(client: httpx.AsyncClient) -> None:
    here, elsewhere = await _tokens(client), await _tokens(client)
    bearer = {"Authorization": f"Bearer {here['access_token']}"}
    assert (await client.post("/auth/logout", headers=bearer)).status_code == 204
    assert await _me(client, here["access_token"]) == 401
    assert (await _refreshed(client, here["refresh_token"])).status_code == 401
    assert await _me(client, elsewhere["access_token"]) == 200


async def test_a_deactivated_user_is_locked_out_at_once_and_comes_back_by_logging_in(login: Login) -> None:
    admin, tess = await login("ada", Role.ADMIN), await login("tess", Role.TECHNICIAN)
    tokens = await _tokens(tess)
    user_id = (await tess.get("/auth/me")).json()["id"]
    key = (await tess.post("/api-keys", json={"name": "van", "scopes": ["jobs:read"]})).json()["key"]
    assert (await admin.patch(f"/users/{user_id}", json={"is_active": False})).status_code == 200
    assert (await tess.get("/jobs")).status_code == 401
    assert (await _refreshed(tess, tokens["refresh_token"])).status_code == 401
    del tess.headers["Authorization"]
    assert (await tess.get("/jobs", headers={"X-API-Key": key})).status_code == 401
    login_form = {"username": "tess", "password": PASSWORD}
    refused = await tess.post("/auth/token", data=login_form)
    assert (refused.status_code, refused.json()["detail"]) == (401, "The user name or the password is wrong.")
    assert (await admin.patch(f"/users/{user_id}", json={"is_active": True})).status_code == 200
    assert await _me(tess, tokens["access_token"]) == 401
    assert (await tess.post("/auth/token", data=login_form)).status_code == 200


async def test_a_new_password_ends_the_logins_that_the_old_one_opened(login: Login) -> None:
    admin, tess = await login("ada", Role.ADMIN), await login("tess", Role.TECHNICIAN)
    user_id = (await tess.get("/auth/me")).json()["id"]
    changed = await admin.patch(f"/users/{user_id}", json={"password": "another good one"})
    assert changed.status_code == 200
    assert "another good one" not in changed.text
    assert (await tess.get("/auth/me")).status_code == 401
    old = await tess.post("/auth/token", data={"username": "tess", "password": PASSWORD})
    new = await tess.post("/auth/token", data={"username": "TESS", "password": "another good one"})
    assert (old.status_code, new.status_code) == (401, 200)


async def test_tokens_are_signed_with_the_services_own_key(client: httpx.AsyncClient) -> None:
    token = (await _tokens(client))["access_token"]
    assert jwt.decode(token, SECRET, algorithms=["HS256"])["typ"] == "access"
