"""People are told through the outbox: once per event and address, and where it fails the timeline says so."""

import asyncio
import json
import logging
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.responses import Response

from core.clients.notifier import AppriseNotifier
from core.clients.webhook import WebhookSender
from core.clock import FixedClock
from core.database.addressees import keep_addresses
from core.database.jobs import Jobs
from core.database.models import JobEventRow, JobKind, JobRow, Role, RunStatus
from core.database.outbox_tables import DeliveryStatus, WebhookDeliveryRow
from core.database.session import AsyncSessionLocal
from core.database.webhooks import Webhooks
from core.notifications.addresses import addresses
from core.notifications.news import Text
from core.queue_worker import TryAgain
from core.webhooks.schedule import PEOPLE_DELAYS
from graph.delivery import Deliveries
from tests.support.people import add_viewer, technician_row
from tests.support.receiver import Receiver, running_receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running_receiver() as receiver:
        yield receiver


class Office:
    """A job with a technician, dispatchers at one address, and the outbox worked off by hand."""

    def __init__(self, engine: AsyncEngine, port: int, job_id: UUID) -> None:
        self.engine, self.job_id = engine, job_id
        self.clock = FixedClock(datetime.now(UTC) + timedelta(minutes=1))
        self.addresses = addresses(
            [SecretStr(f"json://127.0.0.1:{port}/dispatch")],
            [SecretStr(f"json://127.0.0.1:{port}/sms/{{phone}}")],
        )

    async def opens(self) -> None:
        async with AsyncSessionLocal(bind=self.engine) as session, session.begin():
            await keep_addresses(session, self.addresses)
        sender = WebhookSender(self.clock, allow_private=True)
        self.deliveries = Deliveries(
            self.engine, sender, self.clock, addresses=self.addresses, jitter=lambda: 0.5
        )

    async def happens(self, event_type: str, **data: Any) -> None:
        async with AsyncSessionLocal(bind=self.engine) as session, session.begin():
            await Jobs(session).record(self.job_id, event_type, "service", **data)

    async def pending(self) -> list[UUID]:
        query = select(WebhookDeliveryRow.id).where(WebhookDeliveryRow.status == DeliveryStatus.PENDING)
        async with AsyncSessionLocal(bind=self.engine) as session:
            return list(await session.scalars(query))

    async def works_off(self) -> timedelta | None:
        """One attempt at everything; the longest wait that was asked for."""
        wait = None
        for delivery in await self.pending():
            try:
                await self.deliveries.deliver(delivery)
            except TryAgain as again:
                wait = max(wait or again.delay, again.delay)
        return wait

    async def told(self) -> list[JobEventRow]:
        async with AsyncSessionLocal(bind=self.engine) as session:
            query = select(JobEventRow).where(JobEventRow.job_id == self.job_id).order_by(JobEventRow.id)
            return list(await session.scalars(query))


@pytest.fixture
async def office(engine: AsyncEngine, receiver: Receiver) -> Office:
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        viewer = await add_viewer(session, "dora", Role.DISPATCHER)
        row = technician_row(contact={"phone": "+254700000001"})
        session.add(row)
        await session.flush()
        job = JobRow(
            kind=JobKind.TRIAGE,
            status=RunStatus.SUCCEEDED,
            created_by=viewer.user_id,
            input={"customer": {"name": "Mr Ngugi"}},
            technician_id=row.id,
        )
        session.add(job)
    office = Office(engine, receiver.port, job.id)
    await office.opens()
    return office


async def test_dispatcher_and_technician_are_told_each_once(office: Office, receiver: Receiver) -> None:
    await office.happens("job.assigned", technician="Grace", start="2026-11-23T09:00:00Z", end=None)

    assert await office.works_off() is None
    assert await office.works_off() is None

    assert sorted(got.path for got in receiver.received) == ["/dispatch", "/sms/+254700000001"]
    body = json.loads(receiver.received[0].body)
    assert body["title"] == "SolarSync: Job assigned"
    assert "Grace goes: Mon 23 Nov 2026 12:00 EAT." in body["message"]
    assert "Ngugi" not in str([got.body for got in receiver.received])


async def test_steps_of_the_work_are_told_to_nobody(office: Office) -> None:
    await office.happens("node.finished", node="weather")

    assert await office.pending() == []


async def test_a_technician_without_such_a_contact_is_passed_over(office: Office, receiver: Receiver) -> None:
    async with AsyncSessionLocal(bind=office.engine) as session, session.begin():
        await session.execute(text('UPDATE technicians SET contact = \'{"email": "g@x.org"}\''))
    await office.happens("questions.opened", questions=["vendor"])

    await office.works_off()

    assert [got.path for got in receiver.received] == ["/dispatch"]
    assert await office.pending() == []


async def test_a_text_that_cannot_be_sent_is_given_up_and_the_timeline_says_so(
    office: Office, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.answers = [Response(status_code=500) for _ in range(2 * (PEOPLE_DELAYS + 1))]
    with caplog.at_level(logging.DEBUG):
        await office.happens("run.failed", problem={"title": "Node timed out"})
        for _ in range(PEOPLE_DELAYS):
            wait = await office.works_off()
            assert wait is not None
            office.clock.move_to(office.clock.now() + wait)
        assert await office.works_off() is None

    failed, said = await office.told()
    assert said.type == "notification.failed"
    assert said.data == {
        "audience": "dispatcher",
        "event": failed.type,
        "reason": "the service did not take it",
    }
    assert "/dispatch" not in "".join(r.getMessage() for r in caplog.records if r.name.startswith("apprise"))


async def test_one_address_that_fails_is_not_told_again_at_the_others(
    office: Office, receiver: Receiver
) -> None:
    receiver.answers = [Response(status_code=500)]
    await office.happens("questions.opened", questions=["vendor"])

    wait = await office.works_off()
    assert wait is not None
    office.clock.move_to(office.clock.now() + wait)
    assert await office.works_off() is None

    assert len(receiver.received) == 3


def test_a_server_that_is_silent_holds_up_no_other_work() -> None:
    async def scene(port: int) -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        url = SecretStr(f"json://127.0.0.1:{port}/")
        sending = asyncio.create_task(AppriseNotifier().send(url, Text("Job assigned", "Grace goes.")))
        await asyncio.sleep(0.05)
        assert await asyncio.to_thread(str, 1) == "1"
        assert not sending.done()
        sending.cancel()

    with socket.create_server(("127.0.0.1", 0)) as silent:
        asyncio.run(scene(silent.getsockname()[1]))


async def test_addresses_that_left_the_settings_are_told_nothing_more(office: Office) -> None:
    async with AsyncSessionLocal(bind=office.engine) as session, session.begin():
        await keep_addresses(session, {})
    await office.happens("questions.opened", questions=["vendor"])

    assert await office.pending() == []


async def test_addresses_are_no_webhooks_and_hold_no_secret(office: Office) -> None:
    async with AsyncSessionLocal(bind=office.engine) as session:
        assert await Webhooks(session).all() == []
        held = list(await session.execute(text("SELECT url, secret FROM webhooks")))
    assert "json://" not in str(held)
    assert len(held) == 2
