"""A request sent again under its key is carried out once."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select, text

from api.app import create_app
from core.clock import FixedClock
from core.config import Settings
from core.database import AsyncSessionLocal, create_engine
from core.database.errors import storage_errors
from core.database.idempotency import KEPT_FOR, Answer, IdempotencyKeys
from core.database.models import JobRow, Role, RunRow
from core.database.service_tables import IdempotencyKeyRow
from core.database.users import Users
from core.errors import StorageUnavailable
from tests.api.conftest import Login, settled
from tests.support.idempotent_starts import start_at_once
from tests.support.inputs import sizing_input

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


async def _post(
    client: httpx.AsyncClient, key: str, body: dict[str, Any], path: str = "/jobs"
) -> httpx.Response:
    return await client.post(path, json=body, headers={"Idempotency-Key": key})


async def _count(app: FastAPI, table: Any) -> int:
    async with AsyncSessionLocal(bind=app.state.services.engine) as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def test_a_start_sent_again_is_answered_again_and_starts_nothing(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    body = sizing_input()
    first = await _post(client, "k", body)
    await client.post(f"/jobs/{first.json()['id']}/cancel")  # the first answer, whatever became of the job
    again = await _post(client, "k", dict(reversed(body.items())))
    assert first.status_code == again.status_code == 202
    assert first.content == again.content
    assert first.headers["location"] == again.headers["location"]
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert await _count(app, JobRow) == await _count(app, RunRow) == 1


async def test_a_key_stands_for_one_request(app: FastAPI, client: httpx.AsyncClient) -> None:
    job = (await _post(client, "k", sizing_input())).json()
    other_body = await _post(client, "k", sizing_input(description="another roof"))
    other_path = await _post(client, "k", {"answers": {"a": 1}}, f"/jobs/{job['id']}/resume")
    for answer in (other_body, other_path):
        assert answer.status_code == 409
        assert "Idempotency-Key" in answer.json()["detail"]
    assert await _count(app, JobRow) == 1


async def test_a_key_is_its_user_s_own(
    login: Login, client: httpx.AsyncClient, dispatcher: httpx.AsyncClient
) -> None:
    mine = await _post(client, "k", sizing_input())
    theirs = await _post(dispatcher, "k", sizing_input(description="another roof"))
    assert theirs.status_code == 202
    assert mine.json()["id"] != theirs.json()["id"]


async def test_without_a_key_every_request_counts(app: FastAPI, client: httpx.AsyncClient) -> None:
    for _ in range(2):
        assert (await client.post("/jobs", json=sizing_input())).status_code == 202
    assert await _count(app, JobRow) == 2
    assert await _count(app, IdempotencyKeyRow) == 0


async def test_a_refused_request_uses_no_key_up(app: FastAPI, client: httpx.AsyncClient) -> None:
    unknown = sizing_input(equipment={"module": "Unobtainium 9000"})
    assert (await _post(client, "k", sizing_input(colour="red"))).status_code == 422
    assert (await _post(client, "k", unknown)).status_code == 422
    missing = await _post(client, "k", {"answers": {"a": 1}}, f"/jobs/{uuid4()}/resume")
    assert missing.status_code == 404
    assert await _count(app, IdempotencyKeyRow) == 0
    assert (await _post(client, "k", sizing_input())).status_code == 202


@pytest.mark.parametrize("age", [KEPT_FOR - timedelta(seconds=1), KEPT_FOR])
async def test_a_key_expires_after_a_day(app: FastAPI, client: httpx.AsyncClient, age: timedelta) -> None:
    clock = FixedClock(NOW)
    app.state.services = replace(app.state.services, clock=clock)
    first = await _post(client, "k", sizing_input())
    clock.move_to(NOW + age)
    later = await asyncio.gather(*(_post(client, "k", sizing_input()) for _ in range(3)))
    assert len({answer.content for answer in later}) == 1
    assert (later[0].content == first.content) is (age < KEPT_FOR)
    assert await _count(app, JobRow) == (1 if age < KEPT_FOR else 2)


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "a\tb", "a\x01b"])
async def test_a_key_that_is_none_is_a_problem_that_names_the_header(
    app: FastAPI, client: httpx.AsyncClient, key: str
) -> None:
    answer = await _post(client, key, sizing_input())
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/header/Idempotency-Key"
    assert await _count(app, JobRow) == 0


async def test_the_header_is_documented(client: httpx.AsyncClient) -> None:
    paths = (await client.get("http://solarsync/openapi.json")).json()["paths"]
    for path in ("/api/v1/jobs", "/api/v1/jobs/{job_id}/resume"):
        operation = paths[path]["post"]
        [header] = [p for p in operation["parameters"] if p["in"] == "header"]
        assert (header["name"], header["required"]) == ("Idempotency-Key", False)
        assert "24 hours" in header["description"]
        assert operation["responses"]["202"]["content"]["application/json"]["schema"]["$ref"].endswith("/Job")


@pytest.mark.usefixtures("worker")
async def test_an_answer_sent_again_is_accepted_again_and_counts_once(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    started = await client.post("/jobs", json=sizing_input(electrical={}))
    job = await settled(client, started.json()["id"])
    path, body = f"/jobs/{job['id']}/resume", {"answers": {"design_temp_min_c": 5}}
    sent = await asyncio.gather(*(_post(client, "k", body, path) for _ in range(4)))
    assert {(answer.status_code, answer.content) for answer in sent} == {(202, sent[0].content)}
    assert (await _post(client, "other", body, path)).status_code == 409
    await settled(client, job["id"])
    assert (await _post(client, "k", body, path)).content == sent[0].content
    timeline = (await client.get(f"/jobs/{job['id']}/timeline")).json()
    assert [event["type"] for event in timeline].count("questions.answered") == 1


@pytest.fixture
async def second_process(settings: Settings, client: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    """The same technician at another API process, as far as PostgreSQL can tell."""
    app = create_app(settings)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url=client.base_url,
            headers={"Authorization": client.headers["Authorization"]},
            timeout=60,
        ) as other,
    ):
        yield other


async def test_forty_starts_at_once_under_ten_keys_are_ten_jobs(
    app: FastAPI, client: httpx.AsyncClient, second_process: httpx.AsyncClient
) -> None:
    seen = await start_at_once((client, second_process), starts=40, keys=10)
    assert seen.statuses == {202: 40}
    assert seen.originals == 10
    assert seen.answers_per_key == {1: 10}
    assert len(seen.jobs) == await _count(app, JobRow) == await _count(app, RunRow) == 10


async def test_whoever_comes_second_takes_over_where_the_first_is_rolled_back(app: FastAPI) -> None:
    engine = app.state.services.engine
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        user_id = (await Users(session).add("tess", "-", Role.TECHNICIAN)).id
    async with AsyncSessionLocal(bind=engine) as first, AsyncSessionLocal(bind=engine) as second:
        assert await IdempotencyKeys(first, user_id, NOW).first_answer("k", b"request") is None
        waiting = asyncio.create_task(IdempotencyKeys(second, user_id, NOW).first_answer("k", b"request"))
        await _until_a_lock_is_waited_for(app)
        assert not waiting.done()
        await first.rollback()
        assert await waiting is None
        await IdempotencyKeys(second, user_id, NOW).keep("k", Answer(202, b"{}"))
        await second.commit()
        assert await IdempotencyKeys(first, user_id, NOW).first_answer("k", b"request") == Answer(202, b"{}")


async def test_nobody_waits_without_end_for_a_request_that_hangs(app: FastAPI, database_url: str) -> None:
    engine = app.state.services.engine
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        user_id = (await Users(session).add("tess", "-", Role.TECHNICIAN)).id
    impatient = create_engine(database_url, statement_seconds=0.2)
    async with AsyncSessionLocal(bind=engine) as hanging, AsyncSessionLocal(bind=impatient) as second:
        await IdempotencyKeys(hanging, user_id, NOW).first_answer("k", b"request")
        with pytest.raises(StorageUnavailable), storage_errors():
            await IdempotencyKeys(second, user_id, NOW).first_answer("k", b"request")
    await impatient.dispose()


async def _until_a_lock_is_waited_for(app: FastAPI) -> None:
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'")
    async with asyncio.timeout(10), app.state.services.engine.connect() as connection:
        while not await connection.scalar(waiting):
            pass
