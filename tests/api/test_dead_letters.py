"""What was given up is listed with its reason, and a message of it is sent again, whoever it is for."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import text

from core.config import Settings
from core.database import AsyncSessionLocal
from core.database.addressees import keep_addresses
from core.database.jobs import Jobs
from core.notifications.addresses import addresses
from tests.support.inputs import triage_input
from tests.support.receiver import Receiver, running_receiver
from tests.support.working import working

HOOK = {"url": "https://hooks.example.com/solarsync", "events": ["job.created"]}
SECRET = "s3cret"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running_receiver() as receiver:
        yield receiver


@pytest.fixture
def settings(settings: Settings, receiver: Receiver) -> Settings:
    told = [SecretStr(f"json://127.0.0.1:{receiver.port}/{SECRET}")]
    return settings.model_copy(update={"notification_urls": told})


async def _tell_dispatchers(app: FastAPI, settings: Settings, job_id: str, *, on: bool = True) -> None:
    told = addresses(settings.notification_urls if on else [], [])
    async with AsyncSessionLocal(bind=app.state.services.engine) as session, session.begin():
        await keep_addresses(session, told)
        await Jobs(session).record(UUID(job_id), "run.failed", "service", problem={"title": "Node timed out"})


async def _change(app: FastAPI, statement: str) -> None:
    async with AsyncSessionLocal(bind=app.state.services.engine) as session, session.begin():
        await session.execute(text(statement))


async def _dead(client: httpx.AsyncClient, **params: Any) -> dict[str, Any]:
    answer = await client.get("/system/dead-letters", params=params)
    assert answer.status_code == 200, answer.text
    assert SECRET not in answer.text
    listed: dict[str, Any] = answer.json()
    return listed


async def test_what_was_given_up_is_listed_with_its_reason(
    app: FastAPI, settings: Settings, dispatcher: httpx.AsyncClient
) -> None:
    nothing = {"counts": {"jobs": 0, "refreshes": 0, "deliveries": 0}}
    assert await _dead(dispatcher) == nothing | {"jobs": [], "refreshes": [], "deliveries": []}
    hook = (await dispatcher.post("/webhooks", json=HOOK)).json()
    job_id = (await dispatcher.post("/jobs", json=triage_input())).json()["id"]
    await _tell_dispatchers(app, settings, job_id)
    await _change(app, """UPDATE jobs SET status = 'failed', problem = '{"title": "Node timed out"}'""")
    await _change(
        app,
        """INSERT INTO runs (id, job_id, kind, status, finished_at, problem)
        SELECT gen_random_uuid(), id, 'refresh', 'failed', now(), '{"title": "No forecast"}' FROM jobs""",
    )
    await _change(app, "UPDATE webhook_deliveries SET status = 'failed', attempts = 5, error = 'no answer'")

    found = await _dead(dispatcher)
    assert found["counts"] == {"jobs": 1, "refreshes": 1, "deliveries": 2}
    assert [(job["id"], job["problem"]["title"]) for job in found["jobs"]] == [(job_id, "Node timed out")]
    assert [(run["job_id"], run["problem"]["title"]) for run in found["refreshes"]] == [
        (job_id, "No forecast")
    ]
    kept = ("channel", "webhook_id", "event_type", "job_id", "attempts", "error")
    assert [tuple(message[name] for name in kept) for message in found["deliveries"]] == [
        ("dispatcher", None, "run.failed", job_id, 5, "no answer"),
        ("webhook", hook["id"], "job.created", job_id, 5, "no answer"),
    ]
    assert len((await _dead(dispatcher, limit=1))["deliveries"]) == 1

    done = await dispatcher.post(f"/jobs/{job_id}/complete", json={"outcome": "resolved"})
    assert done.status_code == 200, done.text
    found = await _dead(dispatcher)
    assert (found["jobs"], found["refreshes"], found["counts"]["jobs"]) == ([], [], 0)


async def test_a_text_to_people_that_was_given_up_is_sent_again(
    app: FastAPI, settings: Settings, dispatcher: httpx.AsyncClient, receiver: Receiver
) -> None:
    job_id = (await dispatcher.post("/jobs", json=triage_input())).json()["id"]
    await _tell_dispatchers(app, settings, job_id)
    await _change(app, "UPDATE webhook_deliveries SET status = 'failed', attempts = 5, error = 'no answer'")
    await _change(app, "DELETE FROM pgqueuer")
    # A run that is missed would be queued again, and tell first.
    await _change(app, "UPDATE runs SET status = 'cancelled'")
    (dead,) = (await _dead(dispatcher))["deliveries"]

    again = await dispatcher.post(f"/system/dead-letters/{dead['id']}/redeliver")
    assert again.status_code == 202, again.text
    assert (again.json()["status"], again.json()["attempts"]) == ("pending", 0)
    assert (await dispatcher.post(f"/system/dead-letters/{dead['id']}/redeliver")).status_code == 409
    assert (await _dead(dispatcher))["deliveries"] == []
    async with working(settings):
        await receiver.until(1)
    assert "Node timed out" in receiver.received[0].body.decode()


async def test_what_nobody_would_send_is_refused(
    app: FastAPI, settings: Settings, dispatcher: httpx.AsyncClient
) -> None:
    job_id = (await dispatcher.post("/jobs", json=triage_input())).json()["id"]
    await _tell_dispatchers(app, settings, job_id)
    await _change(app, "UPDATE webhook_deliveries SET status = 'failed'")
    await _tell_dispatchers(app, settings, job_id, on=False)
    (dead,) = (await _dead(dispatcher))["deliveries"]

    gone = await dispatcher.post(f"/system/dead-letters/{dead['id']}/redeliver")
    assert gone.status_code == 409
    assert gone.json()["detail"] == "Nothing is sent: its address is not among the settings any more."
    assert (await dispatcher.post(f"/system/dead-letters/{uuid4()}/redeliver")).status_code == 404
