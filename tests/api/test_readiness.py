"""`GET /health/ready`: whether a load balancer may send requests to this process."""

import httpx
from fastapi import FastAPI
from sqlalchemy import text

from core.database import schema


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
