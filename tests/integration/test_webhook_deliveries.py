"""The outbox over real PostgreSQL: written with the event, sent by hand here, judged, and what the rows say then."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.ext.asyncio import AsyncEngine
from standardwebhooks import Webhook
from starlette.responses import Response

from core.clients.webhook import WebhookSender
from core.clock import FixedClock
from core.database.jobs import Jobs
from core.database.models import JobKind, JobRow, Role, RunStatus
from core.database.outbox import LEASE, LOST_AFTER, PROBE_EVERY, Outbox
from core.database.outbox_tables import DeliveryStatus, WebhookDeliveryRow, WebhookRow
from core.database.session import AsyncSessionLocal
from core.database.users import Users
from core.database.webhooks import Webhooks
from core.errors import Conflict
from core.queue_worker import QueueWorker, TryAgain
from core.webhooks.messages import new_secret
from core.webhooks.schedule import DELAYS, DISABLE_AFTER, PUT_OFF_LEAST
from graph.delivery import Deliveries
from tests.support.receiver import Receiver, running_receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running_receiver() as receiver:
        yield receiver


class Scene:
    """A job that things happen to, receivers that are told, and a clock that the test moves."""

    def __init__(self, engine: AsyncEngine, receiver: Receiver, user_id: UUID, job_id: UUID) -> None:
        self.engine = engine
        self.receiver = receiver
        self.user_id = user_id
        self.job_id = job_id
        self.clock = FixedClock(datetime.now(UTC) + timedelta(minutes=1))
        self.deliveries = Deliveries(
            engine, WebhookSender(self.clock, allow_private=True), self.clock, jitter=lambda: 0.5
        )

    async def register(self, *events: str, url: str | None = None) -> UUID:
        row = WebhookRow(
            url=url or self.receiver.url, events=list(events), secret=new_secret(), created_by=self.user_id
        )
        async with AsyncSessionLocal(bind=self.engine) as session, session.begin():
            return (await Webhooks(session).add(row)).id

    async def happens(self, event_type: str, **data: Any) -> None:
        async with AsyncSessionLocal(bind=self.engine) as session, session.begin():
            await Jobs(session).record(self.job_id, event_type, "tess", **data)

    async def rows(self, webhook_id: UUID) -> list[WebhookDeliveryRow]:
        async with AsyncSessionLocal(bind=self.engine) as session:
            rows, _ = await Webhooks(session).deliveries(webhook_id, cursor=None, limit=100)
            return [row for row, _ in rows]

    async def webhook(self, webhook_id: UUID) -> WebhookRow:
        async with AsyncSessionLocal(bind=self.engine) as session:
            return await Webhooks(session).get(webhook_id)

    async def queued(self) -> list[UUID]:
        async with AsyncSessionLocal(bind=self.engine) as session:
            query = text("SELECT payload FROM pgqueuer WHERE entrypoint = 'deliver' ORDER BY id")
            return [UUID(bytes=payload) for payload in await session.scalars(query)]

    async def send(self, delivery_id: UUID) -> timedelta | None:
        """One attempt; how long the queue is asked to wait before the next."""
        try:
            await self.deliveries.deliver(delivery_id)
        except TryAgain as again:
            return again.delay
        return None

    async def redeliver(self, webhook_id: UUID, delivery_id: UUID) -> None:
        async with AsyncSessionLocal(bind=self.engine) as session, session.begin():
            await Webhooks(session).redeliver(webhook_id, delivery_id)

    def wait(self, delay: timedelta) -> None:
        self.clock.move_to(self.clock.now() + delay)


@pytest.fixture
async def outbox(engine: AsyncEngine, receiver: Receiver) -> Scene:
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        user = await Users(session).add("tess", "-", Role.TECHNICIAN)
        job = JobRow(kind=JobKind.TRIAGE, status=RunStatus.QUEUED, created_by=user.id, input={})
        session.add(job)
    return Scene(engine, receiver, user.id, job.id)


async def test_an_event_is_written_once_for_each_webhook_that_wants_it(outbox: Scene) -> None:
    everything = await outbox.register("*")
    failures = await outbox.register("run.failed", "job.cancelled")
    await outbox.happens("node.finished", node="intake")
    await outbox.happens("run.failed", problem={})
    assert [len(await outbox.rows(webhook)) for webhook in (everything, failures)] == [2, 1]
    assert len(await outbox.queued()) == 3


async def test_a_change_that_is_rolled_back_tells_nobody(outbox: Scene) -> None:
    webhook = await outbox.register("*")
    async with AsyncSessionLocal(bind=outbox.engine) as session:
        await session.begin()
        await Jobs(session).record(outbox.job_id, "run.failed", "tess")
        await session.rollback()
    assert await outbox.rows(webhook) == []
    assert await outbox.queued() == []


async def test_an_event_costs_one_statement_however_many_webhooks_want_it(outbox: Scene) -> None:
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(outbox.engine.sync_engine, "before_cursor_execute", note)
    await outbox.happens("node.finished", node="intake")
    assert len(statements) == 1, statements
    statements.clear()
    await outbox.register("*")
    await outbox.register("*")
    statements.clear()
    await outbox.happens("node.finished", node="intake")
    event.remove(outbox.engine.sync_engine, "before_cursor_execute", note)
    assert len(statements) == 1, statements


async def test_the_receiver_can_verify_what_it_is_told(outbox: Scene) -> None:
    webhook = await outbox.register("*")
    await outbox.happens("questions.answered", answers={"depth": 3})
    (row,) = await outbox.rows(webhook)
    assert await outbox.send(row.id) is None
    (request,) = outbox.receiver.received
    told = Webhook((await outbox.webhook(webhook)).secret).verify(request.body, request.headers)
    assert told["type"] == "questions.answered"
    assert told["data"]["job_id"] == str(outbox.job_id)
    assert told["data"]["detail"] == {"answers": {"depth": 3}}
    (row,) = await outbox.rows(webhook)
    assert (row.status, row.attempts, row.response_status) == (DeliveryStatus.DELIVERED, 1, 204)


async def test_a_delivered_message_that_is_queued_twice_is_sent_once(outbox: Scene) -> None:
    webhook = await outbox.register("*")
    await outbox.happens("job.created")
    (row,) = await outbox.rows(webhook)
    assert await outbox.send(row.id) is None
    assert await outbox.send(row.id) is None
    assert len(outbox.receiver.received) == 1


async def test_a_failure_is_kept_and_tried_again_in_its_time_under_the_same_id(outbox: Scene) -> None:
    webhook = await outbox.register("*")
    await outbox.happens("job.created")
    (row,) = await outbox.rows(webhook)
    outbox.receiver.answers = [Response("on fire", 500)]
    assert await outbox.send(row.id) == DELAYS[0]
    (row,) = await outbox.rows(webhook)
    assert (row.status, row.response_status, row.response_excerpt) == (DeliveryStatus.PENDING, 500, "on fire")
    assert (await outbox.webhook(webhook)).failing_since is not None
    early = await outbox.send(row.id)
    assert early == DELAYS[0]
    assert len(outbox.receiver.received) == 1
    outbox.wait(DELAYS[0])
    assert await outbox.send(row.id) is None
    first, second = outbox.receiver.received
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 5
    assert (await outbox.webhook(webhook)).failing_since is None


async def test_of_many_messages_to_a_receiver_that_fails_one_tries_and_the_others_make_room(
    outbox: Scene,
) -> None:
    dead = await outbox.register("*", url="http://127.0.0.1:1/")
    for node in ("intake", "weather", "triage", "report"):
        await outbox.happens("node.finished", node=node)
    first, *others = await outbox.rows(dead)
    await outbox.send(first.id)
    outbox.wait(PROBE_EVERY)
    tried = [await outbox.send(each.id) for each in others]
    assert sum(row.attempts for row in await outbox.rows(dead)) == 2
    assert all(delay is not None and delay >= PUT_OFF_LEAST for delay in tried[1:])
    outbox.wait(PROBE_EVERY)
    await outbox.send(others[1].id)  # queued for now again, and not due
    assert sum(row.attempts for row in await outbox.rows(dead)) == 2


async def test_a_message_that_is_being_sent_is_nobody_else_s_until_its_lease_ends(outbox: Scene) -> None:
    webhook = await outbox.register("*")
    await outbox.happens("job.created")
    (row,) = await outbox.rows(webhook)
    async with AsyncSessionLocal(bind=outbox.engine) as session, session.begin():
        await Outbox(session).claim(row.id, outbox.clock.now(), 0.0)  # and this worker dies
    assert await outbox.send(row.id) == LEASE
    outbox.wait(LEASE)
    assert await outbox.send(row.id) is None
    assert len(outbox.receiver.received) == 1


async def test_a_receiver_that_is_dead_for_a_day_is_switched_off_and_says_so(outbox: Scene) -> None:
    webhook = await outbox.register("*", url="http://127.0.0.1:1/")
    await outbox.happens("job.created")
    (first,) = await outbox.rows(webhook)
    attempts, again = 0, timedelta(0)
    while True:
        outbox.wait(again)
        attempts += 1
        delay = await outbox.send(first.id)
        if delay is None:
            break
        again = delay
        if attempts == len(DELAYS):
            await outbox.happens("node.finished", node="intake")
    assert attempts == len(DELAYS) + 1
    row = await outbox.webhook(webhook)
    assert not row.is_active
    assert row.disabled_at == outbox.clock.now()
    assert row.disabled_reason is not None
    assert "24 hours" in row.disabled_reason
    assert {delivery.status for delivery in await outbox.rows(webhook)} == {DeliveryStatus.FAILED}
    await outbox.happens("node.finished", node="weather")
    assert len(await outbox.rows(webhook)) == 2
    with pytest.raises(Conflict):
        await outbox.redeliver(webhook, first.id)


async def test_a_receiver_that_has_been_dead_for_a_day_is_switched_off_by_whatever_message_fails_next(
    outbox: Scene,
) -> None:
    webhook = await outbox.register("*", url="http://127.0.0.1:1/")
    await outbox.happens("job.created")
    (first,) = await outbox.rows(webhook)
    await outbox.send(first.id)
    outbox.wait(DISABLE_AFTER - timedelta(hours=1))
    await outbox.happens("node.finished", node="intake")
    second, _ = await outbox.rows(webhook)
    assert await outbox.send(second.id) == DELAYS[0]
    outbox.wait(timedelta(hours=1))
    assert await outbox.send(second.id) is None
    assert not (await outbox.webhook(webhook)).is_active
    assert {row.status for row in await outbox.rows(webhook)} == {DeliveryStatus.FAILED}


async def test_messages_wait_the_longer_the_longer_their_receiver_fails(outbox: Scene) -> None:
    dead = await outbox.register("*", url="http://127.0.0.1:1/")
    for node in ("intake", "weather", "triage"):
        await outbox.happens("node.finished", node=node)
    first, second, third = await outbox.rows(dead)
    await outbox.send(first.id)
    outbox.wait(timedelta(hours=4))
    await outbox.send(second.id)
    delay = await outbox.send(third.id)
    assert delay is not None
    assert timedelta(minutes=24) <= delay <= timedelta(minutes=48)


async def test_what_waited_for_a_receiver_is_sent_soon_after_it_works_again(outbox: Scene) -> None:
    webhook = await outbox.register("*")
    for node in ("intake", "weather", "triage", "sizing", "report"):
        await outbox.happens("node.finished", node=node)
    *waiting, tried, in_hand, first = await outbox.rows(webhook)
    outbox.receiver.answers = [Response(status_code=503) for _ in range(2)]
    await outbox.send(first.id)
    outbox.wait(timedelta(hours=4))
    await outbox.send(tried.id)
    outbox.wait(DELAYS[0])
    async with AsyncSessionLocal(bind=outbox.engine) as session, session.begin():
        await Outbox(session).claim(in_hand.id, outbox.clock.now(), 0.0)
    deferred = [await outbox.send(row.id) for row in (tried, *waiting)]
    assert all(delay is not None and delay > timedelta(minutes=20) for delay in deferred)
    async with AsyncSessionLocal(bind=outbox.engine) as session, session.begin():
        await session.execute(text("UPDATE pgqueuer SET execute_after = now() + interval '40 minutes'"))
    outbox.wait(PROBE_EVERY)
    assert await outbox.send(first.id) is None
    async with AsyncSessionLocal(bind=outbox.engine) as session:
        query = text(
            "SELECT payload FROM pgqueuer WHERE execute_after < now() + interval '1 minute' ORDER BY execute_after"
        )
        soon = [UUID(bytes=payload) for payload in await session.scalars(query)]
    assert soon == [tried.id, *(row.id for row in reversed(waiting))]
    assert [await outbox.send(delivery) for delivery in soon] == [None] * len(soon)
    assert await outbox.send(in_hand.id) == LEASE - PROBE_EVERY


async def test_a_message_that_waits_is_no_failure_in_the_log_of_the_queue(outbox: Scene) -> None:
    dead = await outbox.register("*", url="http://127.0.0.1:1/")
    for node in ("intake", "weather"):
        await outbox.happens("node.finished", node=node)

    async def nothing(_: UUID) -> None: ...

    worker = QueueWorker(
        outbox.engine, nothing, deliver=outbox.deliveries.deliver, concurrency=2, heartbeat_interval=1
    )
    working = asyncio.create_task(worker.run())
    async with AsyncSessionLocal(bind=outbox.engine) as session, asyncio.timeout(20):
        query = text("SELECT count(*) FROM pgqueuer WHERE status = 'queued' AND attempts > 0")
        while await session.scalar(query) != 2:  # noqa: ASYNC110  a row has no event
            await asyncio.sleep(0.02)
        worker.stop()
        await working
        logged = text("SELECT status FROM pgqueuer_log WHERE status <> 'picked'")
        assert (await session.scalars(logged)).all() == []
    assert {row.status for row in await outbox.rows(dead)} == {DeliveryStatus.PENDING}


async def test_one_message_that_a_receiver_refuses_switches_nothing_off(outbox: Scene) -> None:
    webhook = await outbox.register("*")
    await outbox.happens("job.created")
    (refused,) = await outbox.rows(webhook)
    for number, delay in enumerate((*DELAYS, None)):
        outbox.receiver.answers = [Response(status_code=422)]
        assert await outbox.send(refused.id) == delay
        if number == len(DELAYS) - 1:
            await outbox.happens("node.finished", node="intake")
            outbox.wait(PROBE_EVERY)
            assert await outbox.send((await outbox.rows(webhook))[0].id) is None
        outbox.wait(delay or timedelta(0))
    assert [row.status for row in await outbox.rows(webhook)] == [
        DeliveryStatus.DELIVERED,
        DeliveryStatus.FAILED,
    ]
    assert (await outbox.webhook(webhook)).is_active


async def test_a_receiver_that_is_gone_is_switched_off_at_once(outbox: Scene) -> None:
    webhook = await outbox.register("*")
    await outbox.happens("job.created")
    (row,) = await outbox.rows(webhook)
    outbox.receiver.answers = [Response(status_code=410)]
    assert await outbox.send(row.id) is None
    assert (await outbox.webhook(webhook)).disabled_reason == "it answered 410 Gone"


async def test_sending_again_by_hand_keeps_the_id_and_starts_the_attempts_anew(outbox: Scene) -> None:
    webhook = await outbox.register("*")
    await outbox.happens("job.created")
    (row,) = await outbox.rows(webhook)
    await outbox.send(row.id)
    await outbox.redeliver(webhook, row.id)
    assert await outbox.queued() == [row.id, row.id]
    assert await outbox.send(row.id) is None
    first, second = outbox.receiver.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    (row,) = await outbox.rows(webhook)
    assert (row.status, row.attempts) == (DeliveryStatus.DELIVERED, 1)


async def test_what_lost_its_place_in_the_queue_gets_another(outbox: Scene) -> None:
    webhook = await outbox.register("*")
    await outbox.happens("job.created")
    (row,) = await outbox.rows(webhook)
    async with AsyncSessionLocal(bind=outbox.engine) as session, session.begin():
        await session.execute(text("DELETE FROM pgqueuer"))
        assert await Outbox(session).queue_lost(outbox.clock.now(), at_most=10) == 0
    outbox.wait(LOST_AFTER)
    async with AsyncSessionLocal(bind=outbox.engine) as session, session.begin():
        assert await Outbox(session).queue_lost(outbox.clock.now(), at_most=10) == 1
    assert await outbox.queued() == [row.id]


async def test_forgetting_a_webhook_forgets_its_messages(outbox: Scene) -> None:
    webhook = await outbox.register("*")
    await outbox.happens("job.created")
    (row,) = await outbox.rows(webhook)
    async with AsyncSessionLocal(bind=outbox.engine) as session, session.begin():
        await Webhooks(session).remove(webhook)
        assert (await session.scalars(select(WebhookDeliveryRow))).all() == []
    assert await outbox.send(row.id) is None
    assert outbox.receiver.received == []
