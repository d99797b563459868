"""Too much at once, or a server that says nothing: every request is answered, and nothing has to be restarted."""

import asyncio
from datetime import timedelta

import httpx
import psutil
import pytest
from fastapi import FastAPI

from core.config import Settings
from core.database import AsyncSessionLocal
from core.ids import new_id
from core.queue import enqueue_runs
from tests.support.cluster import until
from tests.support.inputs import sizing_input
from tests.support.outages import silenced
from tests.support.servers import postgres_process, redis_process

ANSWERED_WITHIN = 10
READY = "http://solarsync/health/ready"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"queue_limit": 2})


async def test_a_full_queue_says_when_to_come_again_and_is_not_filled_by_what_is_not_due(
    client: httpx.AsyncClient, app: FastAPI
) -> None:
    async with AsyncSessionLocal(bind=app.state.services.engine) as session, session.begin():
        await enqueue_runs(session, [(new_id(), timedelta(minutes=10)) for _ in range(3)])
    answers = [await client.post("/jobs", json=sizing_input()) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert answers[2].json()["type"].endswith(":queue-full")
    assert int(answers[2].headers["Retry-After"]) > 0


@pytest.mark.parametrize("server", ["postgres", "redis"])
async def test_while_a_server_is_silent_every_request_is_answered(
    client: httpx.AsyncClient, app: FastAPI, server: str
) -> None:
    job = (await client.post("/jobs", json=sizing_input())).json()["id"]
    process = await _process(app, server)
    paths = (
        ("", f"/{job}", f"/{job}?wait=1", f"/{job}/timeline") if server == "postgres" else (f"/{job}/state",)
    )
    requests = [client.get(f"/jobs{path}") for path in paths]
    if server == "postgres":
        requests.append(client.post("/jobs", json=sizing_input()))
    async with silenced(process), asyncio.timeout(ANSWERED_WITHIN):
        ready, *answers = await asyncio.gather(client.get(READY), *requests)
    for answer in (ready, *answers):
        assert answer.status_code == 503, answer.request.url
    for answer in answers:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert int(answer.headers["Retry-After"]) > 0
    await until(lambda: _ready(client))
    assert (await client.get(f"/jobs/{job}")).json()["status"] == "queued"


async def _process(app: FastAPI, server: str) -> psutil.Process:
    services = app.state.services
    return await (
        postgres_process(services.engine) if server == "postgres" else redis_process(services.stores["redis"])
    )


async def _ready(client: httpx.AsyncClient) -> bool:
    return (await client.get(READY)).is_success
