"""What a client sees of an error that nobody expected, and of a database that is gone."""

from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from api.middleware import RequestContext
from api.problems import install_problem_handlers


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    install_problem_handlers(app)
    app.add_middleware(RequestContext)

    @app.get("/crash")
    async def crash() -> None:
        raise KeyError("marker-secret")

    @app.get("/gone")
    async def gone() -> None:
        raise asyncpg.CannotConnectNowError("marker-secret: the database system is starting up")

    @app.get("/refused")
    async def refused() -> None:
        raise ConnectionRefusedError("marker-secret")

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://s") as client:
        yield client


async def test_a_crash_is_a_problem_with_an_id_and_without_its_insides(client: httpx.AsyncClient) -> None:
    answer = await client.get("/crash")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert float(answer.headers["x-process-time"]) >= 0
    assert "marker-secret" not in answer.text


@pytest.mark.parametrize("path", ["/gone", "/refused"])
async def test_a_store_that_cannot_be_reached_is_a_503_to_be_tried_again(
    client: httpx.AsyncClient, path: str
) -> None:
    answer = await client.get(path)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert "marker-secret" not in answer.text
