"""The event stream over real sockets: two servers on one database, and clients that come and go."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from api.demo import load
from core.config import Settings
from core.database import AsyncSessionLocal
from core.database.models import Role
from tests.api.conftest import Login
from tests.support.http_server import PATIENCE, Serve, Server, Told, until
from tests.support.inputs import sizing_input, triage_input

Lose = Callable[[httpx.AsyncClient, httpx.AsyncClient], Awaitable[None]]


async def _start(client: httpx.AsyncClient, body: dict[str, Any]) -> str:
    answer = await client.post("/jobs", json=body)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


async def _answer(client: httpx.AsyncClient, job_id: str) -> None:
    """Answer every open question with the form's own suggestion, else its first choice."""
    questions = (await client.get(f"/jobs/{job_id}")).json()["questions"]
    chosen = {
        q["id"]: 8 if q["id"] == "design_temp_min_c" else q["default"] or q["choices"][0] for q in questions
    }
    answer = await client.post(f"/jobs/{job_id}/resume", json={"answers": chosen})
    assert answer.status_code == 202, answer.text


async def _lived(client: httpx.AsyncClient, server: Server, job_id: str) -> list[Told]:
    """What a technician sees who follows the job to its end and answers what it asks."""
    seen = []
    async with server.follow(client, job_id) as stream:
        async for told in stream.events():
            if told is not None:
                seen.append(told)
                if told.type == "questions.opened":
                    await _answer(client, job_id)
    return seen


async def _timeline(client: httpx.AsyncClient, job_id: str) -> list[Told]:
    rows = (await client.get(f"/jobs/{job_id}/timeline")).json()
    return [Told(row["id"], row["type"], row) for row in rows]


@pytest.mark.usefixtures("worker")
async def test_a_client_cut_after_every_event_sees_what_an_uncut_one_sees(
    dispatcher: httpx.AsyncClient, server: Server, settings: Settings, serve: Serve
) -> None:
    client = dispatcher  # who may answer everything
    other = await serve(settings)
    job_id = await _start(client, load("nairobi_home"))

    async def cut() -> list[Told]:
        seen: list[Told] = []
        while not seen or seen[-1].type != "job.ended":
            where = (server, other)[len(seen) % 2]
            async with (
                where.follow(client, job_id, after=seen[-1].id if seen else None) as stream,
                aclosing(stream.events()) as events,
            ):
                seen.append(await anext(told async for told in events if told is not None))
        return seen

    whole, pieces = await asyncio.gather(_lived(client, server, job_id), cut())
    assert pieces == whole
    assert whole[:-1] == await _timeline(client, job_id)
    assert (whole[-1].type, whole[-1].data["status"]) == ("job.ended", "succeeded")
    ids = [told.id for told in whole[:-1] if told.id is not None]
    assert ids == sorted(set(ids))
    times = [told.data["at"] for told in whole[:-1]]
    assert times == sorted(times)


@pytest.mark.usefixtures("worker")
async def test_each_step_is_told_when_it_starts_and_when_it_has_finished(
    dispatcher: httpx.AsyncClient, server: Server
) -> None:
    client = dispatcher  # who may answer everything
    job_id = await _start(client, triage_input(text="portal shows no data", fault_codes=[], vendor=None))
    told = await _lived(client, server, job_id)
    under_way: set[str] = set()
    for event in told:
        if event.type == "node.started":
            under_way.add(event.data["data"]["node"])
        elif event.type == "node.finished":
            under_way.remove(event.data["data"]["node"])
    assert not under_way
    assert [event.type for event in told][-3:] == ["result.stored", "run.succeeded", "job.ended"]
    finished = [event.data["data"] for event in told if event.type == "node.finished"]
    assert finished[-1] == {"node": "report", "done": 7, "of": 7}


async def test_a_waiting_stream_shows_that_it_lives_and_ends_when_the_job_is_cancelled(
    client: httpx.AsyncClient, settings: Settings, serve: Serve
) -> None:
    server = await serve(settings.model_copy(update={"event_heartbeat_seconds": 0.05}))
    job_id = await _start(client, sizing_input())
    seen: list[Told | None] = []
    async with server.follow(client, job_id) as stream:
        async for told in stream.events():
            seen.append(told)
            if seen.count(None) == 2:
                await client.post(f"/jobs/{job_id}/cancel")
    types = [told.type for told in seen if told is not None]
    assert types == ["job.created", "job.cancelled", "job.ended"]
    assert await server.whole(client, job_id) == [told for told in seen if told is not None]


async def test_an_id_that_is_not_kept_is_answered_with_a_resync_and_everything(
    client: httpx.AsyncClient, app: FastAPI, server: Server
) -> None:
    foreign = await _start(client, sizing_input())
    job_id = await _start(client, sizing_input())
    await client.post(f"/jobs/{job_id}/cancel")
    kept = await server.whole(client, job_id)
    first, last = kept[0].id, kept[-2].id
    assert first is not None
    assert last is not None
    assert [told.type for told in await server.whole(client, job_id, after=first)] == [
        "job.cancelled",
        "job.ended",
    ]
    assert await server.whole(client, job_id, last_event_id=str(last)) == kept[-1:]
    # A browser that reconnects sends the header beside the address it was first given.
    assert await server.whole(client, job_id, after=last, last_event_id=str(first)) == kept[-1:]

    foreign_id = (await _timeline(client, foreign))[0].id
    for lost in (foreign_id, last + 1000, "0", "-1", "9" * 19, "9" * 30, "²", "soon"):
        answer = await server.whole(client, job_id, last_event_id=str(lost))
        assert answer[0].type == "resync", lost
        assert answer[1:] == kept
    async with AsyncSessionLocal(bind=app.state.services.engine) as session, session.begin():
        await session.execute(text("DELETE FROM job_events WHERE id = :id"), {"id": first})
    answer = await server.whole(client, job_id, after=first)
    assert [told.type for told in answer] == ["resync", "job.cancelled", "job.ended"]


async def test_another_technician_s_job_has_no_stream(
    login: Login, client: httpx.AsyncClient, server: Server
) -> None:
    job_id = await _start(client, sizing_input())
    other = await login("otto", Role.TECHNICIAN)
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as plain:
        headers = {"Authorization": other.headers["Authorization"]}
        refused = await plain.get(f"/jobs/{job_id}/events", headers=headers)
        assert refused.status_code == 404
        assert refused.headers["content-type"] == "application/problem+json"
        assert (await plain.get(f"/jobs/{job_id}/events")).status_code == 401


async def _locked_out(who: httpx.AsyncClient, admin: httpx.AsyncClient) -> None:
    user_id = (await who.get("/auth/me")).json()["id"]
    assert (await admin.patch(f"/users/{user_id}", json={"is_active": False})).status_code == 200


async def _logged_out(who: httpx.AsyncClient, admin: httpx.AsyncClient) -> None:
    del admin
    assert (await who.post("/auth/logout")).status_code == 204


async def _demoted(who: httpx.AsyncClient, admin: httpx.AsyncClient) -> None:
    user_id = (await who.get("/auth/me")).json()["id"]
    assert (await admin.patch(f"/users/{user_id}", json={"role": "technician"})).status_code == 200


@pytest.mark.parametrize("lose", [_locked_out, _logged_out, _demoted])
async def test_whoever_may_not_look_any_more_hears_nothing_of_what_comes_then(
    login: Login, client: httpx.AsyncClient, dispatcher: httpx.AsyncClient, server: Server, lose: Lose
) -> None:
    admin = await login("ada", Role.ADMIN)
    job_id = await _start(client, sizing_input())
    async with server.follow(dispatcher, job_id) as stream, aclosing(stream.events()) as events:
        assert await anext(events) is not None
        await lose(dispatcher, admin)
        await client.post(f"/jobs/{job_id}/cancel")
        assert [told async for told in events] == []


@pytest.mark.parametrize(("lose", "answered"), [(_locked_out, 401), (_logged_out, 401), (_demoted, 404)])
async def test_whoever_may_not_look_any_more_is_not_told_what_they_waited_for(
    login: Login,
    client: httpx.AsyncClient,
    dispatcher: httpx.AsyncClient,
    app: FastAPI,
    lose: Lose,
    answered: int,
) -> None:
    admin = await login("ada", Role.ADMIN)
    job_id = await _start(client, sizing_input())
    waiting = asyncio.create_task(dispatcher.get(f"/jobs/{job_id}", params={"wait": 30}))
    await until(lambda: app.state.services.notifications.waiting > 0)
    await lose(dispatcher, admin)
    await client.post(f"/jobs/{job_id}/cancel")
    assert (await waiting).status_code == answered


async def test_a_revoked_key_hears_nothing_of_what_comes_then(
    client: httpx.AsyncClient, server: Server
) -> None:
    job_id = await _start(client, sizing_input())
    keys = [
        (await client.post("/api-keys", json={"name": "van", "scopes": ["jobs:read"]})).json()
        for _ in range(2)
    ]
    kept, revoked = ({"X-API-Key": key["key"]} for key in keys)
    async with (
        server.follow(kept, job_id) as good,
        server.follow(revoked, job_id) as bad,
        aclosing(good.events()) as heard,
        aclosing(bad.events()) as unheard,
    ):
        assert await anext(heard) == await anext(unheard)
        assert (await client.delete(f"/api-keys/{keys[1]['id']}")).status_code == 204
        await client.post(f"/jobs/{job_id}/cancel")
        assert [told.type async for told in heard if told] == ["job.cancelled", "job.ended"]
        assert [told async for told in unheard] == []


async def test_listeners_hold_no_connection_and_leave_nothing_behind(
    client: httpx.AsyncClient, server: Server
) -> None:
    application = server.server.config.app
    assert isinstance(application, FastAPI)
    services = application.state.services
    job_id = await _start(client, sizing_input())
    async with asyncio.TaskGroup() as group:
        come = asyncio.Semaphore(0)
        leave = asyncio.Event()

        async def listen() -> None:
            async with server.follow(client, job_id) as stream, aclosing(stream.events()) as events:
                assert (await anext(events)) is not None
                come.release()
                await leave.wait()

        listeners = 3 * services.settings.database_pool_size
        for _ in range(listeners):
            group.create_task(listen())
        for _ in range(listeners):
            await come.acquire()
        assert services.notifications.waiting == listeners
        await until(lambda: services.engine.pool.checkedout() == 0)
        leave.set()
    await until(lambda: services.notifications.waiting == 0)


async def test_a_client_that_does_not_read_holds_up_nobody(
    client: httpx.AsyncClient, app: FastAPI, server: Server
) -> None:
    job_id = await _start(client, sizing_input())
    async with AsyncSessionLocal(bind=app.state.services.engine) as session, session.begin():
        await session.execute(
            text(
                "INSERT INTO job_events (job_id, type, actor, data) SELECT :job, 'note', 'test',"
                " jsonb_build_object('text', repeat('x', 20000)) FROM generate_series(1, 500)"
            ),
            {"job": job_id},
        )
    async with server.follow(client, job_id):  # ten megabytes, and nobody reads them
        await client.post(f"/jobs/{job_id}/cancel")
        assert len(await server.whole(client, job_id)) == 503


async def test_a_server_that_stops_lets_its_streams_go(
    client: httpx.AsyncClient, settings: Settings, serve: Serve
) -> None:
    stopping = await serve(settings.model_copy(update={"shutdown_grace_seconds": PATIENCE}))
    job_id = await _start(client, sizing_input())
    async with stopping.follow(client, job_id) as stream:
        seen = []
        stop = None
        async for told in stream.events():
            seen.append(told)
            stop = stop or asyncio.create_task(stopping.stop())
        assert stop is not None
        await stop
    assert [told.type for told in seen if told is not None] == ["job.created"]
    async with httpx.AsyncClient(trust_env=False) as late:
        with pytest.raises(httpx.ConnectError):
            await late.get(stopping.url)
