"""How often one may ask, guess and log in; what every answer tells a browser."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Network
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from api.app import create_app
from core.config import Settings
from core.database.models import Role
from core.rate_limits import GUESSES, GUESSES_BY_ADDRESS, GUESSING_WINDOW
from tests.api.conftest import PASSWORD, Login
from tests.support.http_server import Serve

FromAddress = Callable[[str], httpx.AsyncClient]
Limited = Callable[..., Any]


@pytest.fixture
def from_address(app: FastAPI) -> FromAddress:
    def client(address: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(app, raise_app_exceptions=False, client=(address, 40_000)),
            base_url="http://solarsync/api/v1",
            timeout=60,
        )

    return client


async def test_a_thousand_wrong_logins_are_throttled_and_the_owner_elsewhere_gets_in(
    client: httpx.AsyncClient, from_address: FromAddress
) -> None:
    async with from_address("198.51.100.1") as thief, from_address("203.0.113.5") as owner:

        async def guess(number: int) -> httpx.Response:
            return await thief.post("/auth/token", data={"username": "tess", "password": f"guess {number}"})

        answers = [
            answer
            for start in range(0, 1000, 50)
            for answer in await asyncio.gather(*(guess(number) for number in range(start, start + 50)))
        ]
        statuses = [answer.status_code for answer in answers]
        assert (statuses.count(401), statuses.count(429)) == (GUESSES, 1000 - GUESSES)
        refused = answers[-1]
        assert refused.headers["content-type"] == "application/problem+json"
        assert 0 < int(refused.headers["retry-after"]) <= 900
        right = {"username": "tess", "password": PASSWORD}
        assert (await thief.post("/auth/token", data=right)).status_code == 429
        assert (await owner.post("/auth/token", data=right)).status_code == 200


async def test_guessing_at_many_accounts_from_one_address_is_throttled_too(
    from_address: FromAddress,
) -> None:
    async with from_address("198.51.100.2") as thief:
        statuses = [
            (await thief.post("/auth/token", data={"username": f"user{n}", "password": "x" * 73})).status_code
            for n in range(GUESSES_BY_ADDRESS + 5)
        ]
    assert statuses.count(429) == 5


async def test_whoever_logs_in_right_may_mistype_again(
    client: httpx.AsyncClient, from_address: FromAddress
) -> None:
    async with from_address("198.51.100.3") as tess:
        for _ in range(2):
            for _ in range(GUESSES - 1):
                wrong = await tess.post("/auth/token", data={"username": "tess", "password": "x" * 73})
                assert wrong.status_code == 401
            right = await tess.post("/auth/token", data={"username": "Tess", "password": PASSWORD})
            assert right.status_code == 200


async def test_a_window_that_ends_while_a_password_is_looked_at_leaves_no_count_without_an_end(
    app: FastAPI,
) -> None:
    services = app.state.services
    throttle, address = services.login_throttle, "198.51.100.77"
    counts = f"solarsync:login:{{{address}}}"
    assert await throttle.try_once("tess", address) == 0
    assert await services.stores["redis"].delete(counts) == 1
    await throttle.succeeded("tess", address)
    assert await services.stores["redis"].exists(counts) == 0
    assert await throttle.try_once("tess", address) == 0
    assert 0 < await services.stores["redis"].ttl(counts) <= GUESSING_WINDOW


async def test_what_is_left_is_told_and_what_is_too_much_refused(
    settings: Settings, login: Login, from_address: FromAddress
) -> None:
    tess, dora = await login("tess", Role.TECHNICIAN), await login("dora", Role.DISPATCHER)
    limited = create_app(settings.model_copy(update={"rate_limit_per_minute": 3}))
    async with limited.router.lifespan_context(limited):

        def asking(client: httpx.AsyncClient, address: str) -> httpx.AsyncClient:
            return httpx.AsyncClient(
                transport=httpx.ASGITransport(limited, client=(address, 1)),
                base_url=client.base_url,
                headers={"Authorization": client.headers["Authorization"]},
            )

        async with asking(tess, "198.51.100.4") as here, asking(tess, "198.51.100.5") as elsewhere:
            first = await here.get("/auth/me")
            assert first.status_code == 200
            assert first.headers["ratelimit-limit"] == "3"
            assert first.headers["ratelimit-policy"] == "3;w=60"
            left = int(first.headers["ratelimit-remaining"])
            assert 0 < int(first.headers["ratelimit-reset"]) <= 60
            for _ in range(left):
                assert (await elsewhere.get("/auth/me")).status_code == 200
            refused = await here.get("/auth/me")
            assert refused.status_code == 429
            assert refused.json()["type"].endswith("rate-limited")
            assert refused.headers["ratelimit-remaining"] == "0"
            assert refused.headers["retry-after"] == refused.headers["ratelimit-reset"]
        async with asking(dora, "198.51.100.4") as another:
            assert (await another.get("/auth/me")).status_code == 200


async def test_everybody_unknown_at_an_address_shares_one_allowance(settings: Settings) -> None:
    limited = create_app(settings.model_copy(update={"rate_limit_per_minute": 2}))
    async with limited.router.lifespan_context(limited):
        transport = httpx.ASGITransport(limited, client=("2001:db8:1:1::5", 1))
        neighbour = httpx.ASGITransport(limited, client=("2001:db8:1:1::6", 1))
        async with (
            httpx.AsyncClient(transport=transport, base_url="http://solarsync") as here,
            httpx.AsyncClient(transport=neighbour, base_url="http://solarsync") as there,
        ):
            bad = {"Authorization": "Bearer garbage"}
            statuses = [
                (await each.get("/api/v1/jobs", headers=bad)).status_code for each in (here, there, here)
            ]
            assert statuses == [401, 401, 429]
            assert (await there.get("/health/live")).status_code == 200


async def test_without_redis_requests_go_on_uncounted_and_logins_wait(
    settings: Settings, client: httpx.AsyncClient
) -> None:
    broken = settings.model_copy(update={"redis_url": SecretStr("unix:///nowhere/redis.sock")})
    broken = broken.model_copy(update={"redis_checkpoint_url": settings.redis_url})
    app = create_app(broken)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=client.base_url) as asking,
    ):
        authorization = {"Authorization": client.headers["Authorization"]}
        going_on = await asking.get("/jobs", headers=authorization)
        assert going_on.status_code == 200
        assert "ratelimit-limit" not in going_on.headers
        refused = await asking.post("/auth/token", data={"username": "tess", "password": PASSWORD})
        assert refused.status_code == 503
        assert "cannot be counted" in refused.json()["detail"]


async def test_every_answer_tells_browsers_to_take_it_for_data(client: httpx.AsyncClient) -> None:
    for answer in (await client.get("/auth/me"), await client.get("/nowhere")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert answer.headers["cache-control"] == "no-store"
        assert "strict-transport-security" not in answer.headers


async def test_other_origins_may_not_call_unless_they_are_named(
    settings: Settings, client: httpx.AsyncClient
) -> None:
    origin = {"Origin": "https://panel.example.com"}
    assert "access-control-allow-origin" not in (await client.get("/auth/me", headers=origin)).headers
    app = create_app(settings.model_copy(update={"cors_origins": ["https://panel.example.com"]}))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://solarsync") as asking,
    ):
        named = await asking.get("/health/live", headers=origin)
        assert named.headers["access-control-allow-origin"] == "https://panel.example.com"
        assert "ratelimit-remaining" in named.headers["access-control-expose-headers"].lower()
        other = await asking.get("/health/live", headers={"Origin": "https://elsewhere.example.com"})
        assert "access-control-allow-origin" not in other.headers


class BrokenScrape:
    async def exposition(self) -> bytes:
        raise KeyError("marker-secret")


async def test_a_crash_may_be_read_by_the_origins_that_are_named_and_counts_like_any_request(
    settings: Settings,
) -> None:
    app = create_app(settings.model_copy(update={"cors_origins": ["https://panel.example.com"]}))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://solarsync") as asking,
    ):
        async with asyncio.timeout(30):  # on a busy machine Redis is not asked in time at first
            while "ratelimit-limit" not in (await asking.get("/api/v1/version")).headers:  # noqa: ASYNC110
                await asyncio.sleep(0.2)
        app.state.services = replace(app.state.services, scrape=BrokenScrape())
        crashed = await asking.get("/api/v1/metrics", headers={"Origin": "https://panel.example.com"})
    assert crashed.status_code == 500
    assert crashed.json()["request_id"] == crashed.headers["x-request-id"]
    assert crashed.headers["access-control-allow-origin"] == "https://panel.example.com"
    assert int(crashed.headers["ratelimit-remaining"]) >= 0
    assert crashed.headers["x-content-type-options"] == "nosniff"


async def test_the_client_behind_a_known_proxy_is_told_apart_and_nobody_else_may_pretend_to_be_one(
    settings: Settings, serve: Serve
) -> None:
    form = {"username": "whoever", "password": "x" * 73}
    trusting = await serve(settings)
    doubting = await serve(settings.model_copy(update={"forwarded_allow_ips": [IPv4Network("10.0.0.0/8")]}))
    statuses = {}
    for server in (trusting, doubting):
        async with httpx.AsyncClient(base_url=server.url, trust_env=False) as proxy:
            statuses[server] = [
                (
                    await proxy.post(
                        "/auth/token", data=form, headers={"X-Forwarded-For": f"203.0.113.{number}"}
                    )
                ).status_code
                for number in range(GUESSES + 2)
            ]
            secure = await proxy.get("/auth/me", headers={"X-Forwarded-Proto": "https"})
            assert ("strict-transport-security" in secure.headers) is (server is trusting)
    assert statuses[trusting] == [401] * (GUESSES + 2)
    assert statuses[doubting] == [401] * GUESSES + [429] * 2
