"""Every route × everybody who may ask: who gets in is what `api.access` says, for each route of the OpenAPI document.

What a route answers to those it lets in is not looked at here, only that it is neither 401, 403 nor, for
something that is theirs, 404.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import jwt
import pytest
from fastapi import FastAPI
from sqlalchemy import update

from api.access import PREFIX, RULES, Who, check_rules
from api.app import VERSIONED
from api.routes import system
from core.clock import FixedClock
from core.database import AsyncSessionLocal
from core.database.api_keys import Scope
from core.database.models import JobRow, Role, User
from core.errors import ConfigurationError
from core.security import create_access_token
from tests.api.conftest import PASSWORD, Login
from tests.support.inputs import triage_input

NOBODY, OTHER, OWN, ASSIGNED, DISPATCHER, ADMIN = (
    "nobody", "another technician", "the owner", "the assigned technician", "a dispatcher", "an administrator",
)  # fmt: skip
EXPIRED, UNSIGNED, FOREIGN_SIGNATURE, INACTIVE, ENDED = (
    "an expired token", "a token with alg none", "a token signed with another key", "an inactive user",
    "a login that ended",
)  # fmt: skip
FOREIGN_KEY, NARROW_KEY, OWN_KEY, REVOKED_KEY = (
    "another user's API key", "a key without the scope", "the owner's API key", "a revoked key",
)  # fmt: skip

PEOPLE = {OWN: "olga", OTHER: "otto", ASSIGNED: "anna", DISPATCHER: "dora", ADMIN: "ada"}
IN, OUT, NO, NONE = "let in", 401, 403, 404
WRONG_CREDENTIALS = dict.fromkeys(
    (NOBODY, EXPIRED, UNSIGNED, FOREIGN_SIGNATURE, INACTIVE, ENDED, REVOKED_KEY), OUT
)
EXPECTED: dict[Who, dict[str, int | str]] = {
    Who.EVERYBODY: {},  # to be seen below: everybody is let in, whatever they hold
    Who.USER: {**WRONG_CREDENTIALS, NARROW_KEY: NO},
    Who.OF_THE_JOB: {**WRONG_CREDENTIALS, NARROW_KEY: NO, OTHER: NONE, FOREIGN_KEY: NONE},
    Who.OWNER: {
        **WRONG_CREDENTIALS, NARROW_KEY: NO,
        OTHER: NONE, FOREIGN_KEY: NONE, ASSIGNED: NONE, DISPATCHER: NONE, ADMIN: NONE,
    },
    Who.OF_THE_TECHNICIAN: {
        **WRONG_CREDENTIALS, NARROW_KEY: NO, OTHER: NONE, OWN: NONE, FOREIGN_KEY: NONE, OWN_KEY: NONE,
    },
    Who.DISPATCHER: {
        **WRONG_CREDENTIALS, NARROW_KEY: NO, OTHER: NO, OWN: NO, ASSIGNED: NO, FOREIGN_KEY: NO, OWN_KEY: NO,
    },
    Who.ADMIN: {
        **WRONG_CREDENTIALS, NARROW_KEY: NO, OTHER: NO, OWN: NO, ASSIGNED: NO, FOREIGN_KEY: NO, OWN_KEY: NO,
        DISPATCHER: NO,
    },
}  # fmt: skip
"""By rule, what those get who are not let in."""


WEBHOOK = {"url": "https://hooks.example.com/x"}


@dataclass(frozen=True)
class World:
    app: FastAPI
    headers: dict[str, dict[str, str]]
    ids: dict[str, str]
    fresh: dict[str, Callable[[], Awaitable[str]]]
    fresh_login: Callable[[str], Awaitable[dict[str, str]]]


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
async def world(app: FastAPI, login: Login) -> World:
    owner, other, assigned, gone, ended = [
        await login(name, Role.TECHNICIAN) for name in ("olga", "otto", "anna", "gone", "ende")
    ]
    dispatcher, admin = await login("dora", Role.DISPATCHER), await login("ada", Role.ADMIN)
    people = {OWN: owner, OTHER: other, ASSIGNED: assigned, DISPATCHER: dispatcher, ADMIN: admin}
    headers = {name: {"Authorization": client.headers["Authorization"]} for name, client in people.items()}
    headers |= {NOBODY: {}, INACTIVE: _bearer(gone.headers["Authorization"].split()[1])}
    headers |= {ENDED: _bearer(ended.headers["Authorization"].split()[1])}
    assert (await ended.post("/auth/logout")).status_code == 204

    token = owner.headers["Authorization"].split()[1]
    claims = jwt.decode(token, options={"verify_signature": False})
    signing = {"key": app.state.services.secret_key, "algorithm": "HS256"}
    headers[EXPIRED] = _bearer(
        create_access_token(
            UUID(claims["sub"]),
            "technician",
            login_id=UUID(claims["sid"]),
            lifetime=timedelta(minutes=15),
            clock=FixedClock(datetime(2020, 1, 1, tzinfo=UTC)),
            **signing,
        )
    )
    headers[UNSIGNED] = _bearer(jwt.encode(claims, "", algorithm="none"))
    headers[FOREIGN_SIGNATURE] = _bearer(jwt.encode({**claims, "role": "admin"}, "x" * 64))

    async def key(client: httpx.AsyncClient, scopes: list[str]) -> dict[str, str]:
        answer = await client.post("/api-keys", json={"name": "walk", "scopes": scopes})
        assert answer.status_code == 201
        issued: dict[str, str] = answer.json()
        return issued

    revoked = await key(owner, list(Scope))
    assert (await owner.delete(f"/api-keys/{revoked['id']}")).status_code == 204
    headers[REVOKED_KEY] = {"X-API-Key": revoked["key"]}
    headers[OWN_KEY] = {"X-API-Key": (await key(owner, list(Scope)))["key"]}
    headers[FOREIGN_KEY] = {"X-API-Key": (await key(other, list(Scope)))["key"]}

    technician = {"name": "Anna", "skills": [], "base_latitude": 0, "base_longitude": 30, "timezone": "UTC"}
    user_id = (await assigned.get("/auth/me")).json()["id"]
    made = await dispatcher.post("/technicians", json=technician | {"user_id": user_id})
    job_id = (await owner.post("/jobs", json=triage_input())).json()["id"]
    assert (
        await owner.post(f"/jobs/{job_id}/cancel")
    ).status_code == 200  # its stream of events ends at once
    hook = await dispatcher.post("/webhooks", json=WEBHOOK)
    gone_id = (await gone.get("/auth/me")).json()["id"]
    async with AsyncSessionLocal(bind=app.state.services.engine) as session, session.begin():
        await session.execute(update(User).where(User.id == UUID(gone_id)).values(is_active=False))
        await session.execute(
            update(JobRow).where(JobRow.id == UUID(job_id)).values(technician_id=UUID(made.json()["id"]))
        )
    ids = {
        "job_id": job_id,
        "technician_id": made.json()["id"],
        "webhook_id": hook.json()["id"],
        "user_id": user_id,
        "delivery_id": "00000000-0000-7000-8000-000000000000",
    }

    async def fresh_key() -> str:
        return (await key(owner, ["jobs:read"]))["id"]

    async def fresh_webhook() -> str:
        return str((await dispatcher.post("/webhooks", json=WEBHOOK)).json()["id"])

    async def fresh_leave() -> str:
        week = {"start": "2036-03-03T00:00:00Z", "end": "2036-03-10T00:00:00Z"}
        given = await dispatcher.post(f"/technicians/{ids['technician_id']}/leave", json=week)
        return str(given.json()["leave"]["id"])

    async def fresh_login(name: str) -> dict[str, str]:
        form = {"username": PEOPLE[name], "password": PASSWORD}
        answer = await owner.post("/auth/token", data=form)
        return _bearer(answer.json()["access_token"])

    narrow = {
        scope: {"X-API-Key": (await key(admin, [each for each in Scope if each != scope]))["key"]}
        for scope in Scope
    }
    headers |= {f"{NARROW_KEY} {scope}": value for scope, value in narrow.items()}
    return World(
        app,
        headers,
        ids,
        {"key_id": fresh_key, "webhook_id": fresh_webhook, "leave_id": fresh_leave},
        fresh_login,
    )


def _routes(app: FastAPI) -> list[str]:
    """Every operation of the OpenAPI document, as the rules name them."""
    return [
        f"{method.upper()} {path.removeprefix(PREFIX)}"
        for path, operations in app.openapi()["paths"].items()
        for method in operations
    ]


PRINCIPALS = (
    NOBODY, OTHER, OWN, ASSIGNED, DISPATCHER, ADMIN, EXPIRED, UNSIGNED, FOREIGN_SIGNATURE, INACTIVE, ENDED,
    FOREIGN_KEY, OWN_KEY, NARROW_KEY, REVOKED_KEY,
)  # fmt: skip


def _expected(route: str, principal: str) -> int | str:
    rule = RULES[route]
    keyless = rule.scope is None and rule.who is not Who.EVERYBODY
    if keyless and principal in {FOREIGN_KEY, OWN_KEY, NARROW_KEY}:
        return NO
    return EXPECTED[rule.who].get(principal, IN)


async def test_every_route_lets_in_whom_its_rule_names_and_nobody_else(world: World) -> None:
    routes = sorted(_routes(world.app))
    assert set(routes) == set(RULES)
    wrong: list[str] = []
    asked = 0
    transport = httpx.ASGITransport(world.app, raise_app_exceptions=False, client=("198.51.100.9", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://solarsync", timeout=30) as client:
        for route in routes:
            for principal in PRINCIPALS:
                answer = await _ask(world, client, route, principal)
                expected = _expected(route, principal)
                got = answer.status_code if answer.status_code in {OUT, NO, NONE} else IN
                if route in MAY_HAVE_NOTHING and expected == IN and got == NONE:
                    got = IN
                if got != expected:
                    wrong.append(f"{route} by {principal}: {answer.status_code}, expected {expected}")
                asked += 1
    assert not wrong, "\n".join(wrong)
    assert asked == len(RULES) * len(PRINCIPALS)


MAY_HAVE_NOTHING = {
    "GET /jobs/{job_id}/result", "GET /jobs/{job_id}/completion",
    "GET /jobs/{job_id}/forecast", "GET /jobs/{job_id}/weather", "GET /jobs/{job_id}/state", "GET /places",
    "POST /webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver",
    "POST /system/dead-letters/{delivery_id}/redeliver",
}  # fmt: skip
"""Of a fresh job there is no result yet, no weather, no checkpoint; nothing was delivered; no geocoder is set."""


BODIES: dict[str, dict[str, Any]] = {
    "POST /jobs/{job_id}/resume": {"answers": {"vendor": "solaredge"}},
    "POST /jobs/{job_id}/complete": {"outcome": "resolved"},
}
"""Where a body is looked at before whose the job is. Others are empty: the walk is to change nothing."""


async def _ask(world: World, client: httpx.AsyncClient, route: str, principal: str) -> httpx.Response:
    """What the route answers about the owner's things, which are new where it deletes them."""
    method, path = route.split(" ")
    ids = dict(world.ids)
    if method == "DELETE":
        name = path.rpartition("{")[2].removesuffix("}")
        ids[name] = await world.fresh[name]()
    unversioned = path.startswith(("/health", "/version", "/metrics"))
    url = ("" if unversioned else PREFIX) + re.sub(r"\{(\w+)\}", lambda match: ids[match[1]], path)
    scope = RULES[route].scope or Scope.JOBS_READ
    headers = world.headers[f"{NARROW_KEY} {scope}" if principal == NARROW_KEY else principal]
    if route == "POST /auth/logout" and principal in PEOPLE:
        headers = await world.fresh_login(principal)
    return await client.request(
        method, url, headers=headers, json=BODIES.get(route, {}) if method in {"POST", "PATCH"} else None
    )


def test_a_route_without_a_rule_and_a_rule_without_a_route_stop_the_start() -> None:
    with pytest.raises(ConfigurationError) as refused:
        check_rules(module.router for module in VERSIONED)
    assert "GET /health/live is a rule of no route" in refused.value.problems
    routers = [*(module.router for module in VERSIONED), system.router]
    check_rules(routers)
    rule = RULES.pop("GET /jobs")
    try:
        with pytest.raises(ConfigurationError) as refused:
            check_rules(routers)
    finally:
        RULES["GET /jobs"] = rule
    assert refused.value.problems == ("GET /jobs has no rule in api.access",)
