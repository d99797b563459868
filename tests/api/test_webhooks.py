"""Webhooks over HTTP, and a real job whose events reach a real receiver through the worker."""

import asyncio
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from standardwebhooks import Webhook

from core.config import Settings
from tests.api.conftest import settled
from tests.support.inputs import triage_input
from tests.support.receiver import Receiver, running_receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running_receiver() as receiver:
        yield receiver


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"webhook_allow_private": True})


async def _register(client: httpx.AsyncClient, url: str, *events: str) -> dict[str, Any]:
    answer = await client.post("/webhooks", json={"url": url, **({"events": events} if events else {})})
    assert answer.status_code == 201, answer.text
    registered: dict[str, Any] = answer.json()
    return registered


async def _delivered(client: httpx.AsyncClient, webhook_id: str, count: int) -> list[dict[str, Any]]:
    async with asyncio.timeout(30):
        while True:
            page = (await client.get(f"/webhooks/{webhook_id}/deliveries")).json()
            done = [item for item in page["items"] if item["status"] == "delivered"]
            if len(done) >= count:
                return done
            await asyncio.sleep(0.05)


@pytest.mark.usefixtures("worker")
async def test_a_job_tells_its_receiver_how_it_went(
    dispatcher: httpx.AsyncClient, receiver: Receiver
) -> None:
    webhook = await _register(dispatcher, f"{receiver.url}/hook", "job.created", "job.cancelled")
    everything = await _register(dispatcher, f"{receiver.url}/all")
    job_id = (await dispatcher.post("/jobs", json=triage_input())).json()["id"]
    await settled(dispatcher, job_id)
    await dispatcher.post(f"/jobs/{job_id}/cancel")
    timeline = (await dispatcher.get(f"/jobs/{job_id}/timeline")).json()
    await _delivered(dispatcher, everything["id"], len(timeline))
    wanted = [event["type"] for event in timeline if event["type"] in {"job.created", "job.cancelled"}]
    sent = await _delivered(dispatcher, webhook["id"], len(wanted))
    assert [delivery["event_type"] for delivery in reversed(sent)] == wanted
    verified = [
        Webhook(webhook["secret"]).verify(request.body, request.headers)
        for request in receiver.received
        if request.path == "/hook"
    ]
    assert {told["data"]["job_id"] for told in verified} == {job_id}
    assert sorted(told["type"] for told in verified) == sorted(wanted)
    ids = [request.headers["webhook-id"] for request in receiver.received]
    assert len(ids) == len(set(ids)) == len(timeline) + len(wanted)


@pytest.mark.usefixtures("worker")
async def test_a_message_can_be_sent_again(dispatcher: httpx.AsyncClient, receiver: Receiver) -> None:
    webhook = await _register(dispatcher, receiver.url, "job.created")
    await dispatcher.post("/jobs", json=triage_input())
    (delivery,) = await _delivered(dispatcher, webhook["id"], 1)
    again = await dispatcher.post(f"/webhooks/{webhook['id']}/deliveries/{delivery['id']}/redeliver")
    assert again.status_code == 202
    await receiver.until(2)
    first, second = receiver.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == delivery["message_id"]
    missing = await dispatcher.post(f"/webhooks/{webhook['id']}/deliveries/{uuid4()}/redeliver")
    assert missing.status_code == 404


async def test_the_secret_is_shown_once(dispatcher: httpx.AsyncClient) -> None:
    webhook = await _register(dispatcher, "https://receiver.example/hook")
    assert webhook["secret"].startswith("whsec_")
    assert webhook["events"] == ["*"]
    listed = (await dispatcher.get("/webhooks")).json()
    shown = (await dispatcher.get(f"/webhooks/{webhook['id']}")).json()
    assert listed == [shown]
    assert shown == {key: value for key, value in webhook.items() if key != "secret"}


async def test_a_webhook_is_switched_off_and_on_and_forgotten(dispatcher: httpx.AsyncClient) -> None:
    webhook = await _register(dispatcher, "https://receiver.example/hook")
    path = f"/webhooks/{webhook['id']}"
    await dispatcher.post("/jobs", json=triage_input())
    assert (await dispatcher.patch(path, json={"is_active": False})).json()["is_active"] is False
    (given_up,) = (await dispatcher.get(f"{path}/deliveries")).json()["items"]
    assert (given_up["status"], given_up["error"]) == ("failed", "the webhook is switched off")
    assert (await dispatcher.post(f"{path}/deliveries/{given_up['id']}/redeliver")).status_code == 409
    assert (await dispatcher.patch(path, json={"is_active": True})).json()["is_active"] is True
    assert (await dispatcher.delete(path)).status_code == 204
    assert (await dispatcher.get(path)).status_code == 404
    assert (await dispatcher.get(f"{path}/deliveries")).status_code == 404


async def test_deliveries_come_in_pages_newest_first(dispatcher: httpx.AsyncClient) -> None:
    webhook = await _register(dispatcher, "https://receiver.example/hook", "job.created")
    for _ in range(3):
        await dispatcher.post("/jobs", json=triage_input())
    path = f"/webhooks/{webhook['id']}/deliveries"
    first = (await dispatcher.get(path, params={"limit": 2})).json()
    second = (await dispatcher.get(path, params={"limit": 2, "cursor": first["next_cursor"]})).json()
    ids = [item["event_id"] for item in first["items"] + second["items"]]
    assert len(ids) == 3
    assert ids == sorted(ids, reverse=True)
    assert second["next_cursor"] is None
    assert (await dispatcher.get(path, params={"cursor": "x"})).status_code == 422


async def test_deliveries_are_filtered_by_what_became_of_them(dispatcher: httpx.AsyncClient) -> None:
    webhook = await _register(dispatcher, "https://receiver.example/hook", "job.created")
    path = f"/webhooks/{webhook['id']}"

    async def ids(status: str) -> list[str]:
        page = (await dispatcher.get(f"{path}/deliveries", params={"status": status})).json()
        return [item["id"] for item in page["items"]]

    await dispatcher.post("/jobs", json=triage_input())
    given_up = await ids("pending")
    for on in (False, True):
        await dispatcher.patch(path, json={"is_active": on})
    await dispatcher.post("/jobs", json=triage_input())
    assert await ids("failed") == given_up
    assert len(await ids("pending")) == 1
    assert await ids("delivered") == []
    assert (await dispatcher.get(f"{path}/deliveries", params={"status": "lost"})).status_code == 422


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"url": "ftp://receiver.example/"}, "/url"),
        ({"url": "https://user:password@receiver.example/"}, "/url"),
        ({"url": "http://169.254.169.254/latest/meta-data"}, "/url"),
        ({"url": "https://receiver.example/", "events": ["job.exploded"]}, "/events/0"),
        ({"url": "https://receiver.example/", "events": []}, "/events"),
        ({}, "/url"),
    ],
)
async def test_what_cannot_be_a_webhook_is_refused(
    dispatcher: httpx.AsyncClient, body: dict[str, Any], pointer: str
) -> None:
    answer = await dispatcher.post("/webhooks", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert (await dispatcher.get("/webhooks")).json() == []


async def test_a_technician_keeps_no_webhooks(client: httpx.AsyncClient) -> None:
    refused = [
        await client.get("/webhooks"),
        await client.post("/webhooks", json={"url": "https://receiver.example/"}),
        await client.get(f"/webhooks/{uuid4()}/deliveries"),
    ]
    assert {answer.status_code for answer in refused} == {403}
