"""`GET /health/ready` and `solarsync doctor`: whether what the service stands on is there."""

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from redis.asyncio import Redis
from sqlalchemy import text

from api.app import create_app
from api.commands.doctor import _examine
from core.config import Settings
from core.database import schema

NOWHERE = SecretStr("unix:///nowhere/redis.sock")
one_of_two_stores_is_away = pytest.mark.parametrize(
    ("away", "verdicts"),
    [
        pytest.param("redis_url", {"redis": False, "checkpoints": True}, id="counters away"),
        pytest.param("redis_checkpoint_url", {"redis": True, "checkpoints": False}, id="checkpoints away"),
    ],
)


def without(settings: Settings, away: str) -> Settings:
    """Counters and checkpoints on two servers, of which the one in `away` is not there."""
    there = {"redis_url": settings.redis_url, "redis_checkpoint_url": settings.redis_url}
    return settings.model_copy(update=there | {away: NOWHERE})


async def test_an_old_process_stays_ready_after_a_newer_version_has_migrated(
    client: httpx.AsyncClient, app: FastAPI
) -> None:
    async with app.state.services.engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    ready = await client.get("/health/ready")
    assert ready.status_code == 200
    assert ready.json()["dependencies"]["migrations"] == {
        "ok": True,
        "detail": f"at 9999, newer than this version's {schema.head()}",
    }


async def test_a_process_that_came_before_its_migration_is_not_ready_and_says_what_to_do(
    client: httpx.AsyncClient, app: FastAPI
) -> None:
    await schema.downgrade(app.state.services.engine, "0018")
    ready = await client.get("/health/ready")
    assert ready.status_code == 503
    verdict = ready.json()["dependencies"]["migrations"]
    assert not verdict["ok"]
    assert "at 0018" in verdict["detail"]
    assert "solarsync db upgrade" in verdict["detail"]


async def test_a_database_without_any_migration_is_not_ready(client: httpx.AsyncClient, app: FastAPI) -> None:
    await schema.downgrade(app.state.services.engine, "base")
    ready = await client.get("/health/ready")
    assert ready.status_code == 503
    assert not ready.json()["dependencies"]["migrations"]["ok"]


async def test_a_store_that_is_full_takes_nothing_and_is_not_ready(
    client: httpx.AsyncClient, redis: Redis
) -> None:
    await redis.config_set("maxmemory", "100mb")
    try:
        ready = await client.get("/health/ready")
        assert ready.status_code == 200
        assert ready.json()["dependencies"]["redis"]["detail"].endswith("% of 100 MB in use")
        await redis.config_set("maxmemory", "1kb")
        full = await client.get("/health/ready")
        await redis.config_set("maxmemory-policy", "allkeys-lru")
        evicting = await client.get("/health/ready")
    finally:
        await redis.config_set("maxmemory", "0")
        await redis.config_set("maxmemory-policy", "noeviction")
    assert (full.status_code, evicting.status_code) == (503, 200)
    assert "it takes nothing more" in full.json()["dependencies"]["redis"]["detail"]


@one_of_two_stores_is_away
async def test_a_process_is_not_ready_while_either_store_is_away_and_names_it(
    settings: Settings, away: str, verdicts: dict[str, bool]
) -> None:
    app = create_app(without(settings, away))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://solarsync") as asking,
    ):
        ready = await asking.get("/health/ready")
    assert ready.status_code == 503
    found = {name: verdict["ok"] for name, verdict in ready.json()["dependencies"].items()}
    assert found == {"postgres": True, "migrations": True} | verdicts


@one_of_two_stores_is_away
async def test_the_doctor_fails_while_either_store_is_away_and_names_it(
    settings: Settings, away: str, verdicts: dict[str, bool], capsys: pytest.CaptureFixture[str]
) -> None:
    assert not await _examine(without(settings, away), embedded=False)
    said = {line.split()[1]: line.split()[0] for line in capsys.readouterr().out.splitlines()}
    assert {name: said[name] == "ok" for name in verdicts} == verdicts


async def test_one_store_for_everything_has_one_verdict(
    settings: Settings, client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    ready = await client.get("/health/ready")
    assert ready.json()["dependencies"].keys() == {"postgres", "migrations", "redis"}
    same = settings.model_copy(update={"redis_checkpoint_url": settings.redis_url})
    assert await _examine(same, embedded=False)
    assert "checkpoints" not in capsys.readouterr().out
