"""The outbox as the sender works it off: messages are claimed, and what came of them recorded."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, any_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.database.addressees import Addressee, addressee
from core.database.events import SERVICE, Event, append_events
from core.database.models import JobEventRow
from core.database.outbox_tables import DeliveryStatus, OutboxChannel, WebhookDeliveryRow, WebhookRow
from core.errors import Conflict
from core.queue import enqueue_deliveries, hasten_deliveries
from core.webhooks.messages import RecordedEvent
from core.webhooks.schedule import DISABLE_AFTER, LONG_FAILURE, Answer, Verdict, put_off

LEASE = timedelta(seconds=30)
"""How long a message that is being sent is nobody else's; longer than an attempt may take."""
PROBE_EVERY = timedelta(seconds=4)
"""How often a webhook that fails is tried; shorter than the first delay after a failure."""
LOST_AFTER = timedelta(minutes=10)
"""A message this long overdue has no place in the queue any more."""
SWITCHED_OFF = "the webhook is switched off"
NOT_SET = "its address is not among the settings any more"
OFF = {
    OutboxChannel.WEBHOOK: SWITCHED_OFF,
    OutboxChannel.DISPATCHER: NOT_SET,
    OutboxChannel.TECHNICIAN: NOT_SET,
}
"""Why a receiver is sent nothing."""
HOURS = DISABLE_AFTER.total_seconds() / 3600
UNREACHABLE = f"it has taken nothing for {HOURS:g} hours"


@dataclass(frozen=True, slots=True)
class Message:
    """One attempt to deliver one event to one webhook."""

    delivery_id: UUID
    webhook_id: UUID
    attempt: int
    url: str
    secret: str
    event: RecordedEvent
    people: Addressee | None = None
    """Who is told, where `url` is the name of an address and no webhook's."""
    failing_since: datetime | None = None
    """Of the webhook, when the attempt began."""


@dataclass(frozen=True, slots=True)
class NotYet:
    """The message is not due, or somebody is sending it."""

    until: datetime


class Outbox:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def claim(self, delivery_id: UUID, now: datetime, jitter: float) -> Message | NotYet | None:
        """Take the message for one attempt; None where it is not to be sent any more. `jitter` is random, 0 to 1.

        A webhook that fails is tried by one message every few seconds; the others wait, so that it keeps nobody's
        messages from being sent.
        """
        failing = await self._tried_just_now(delivery_id, now)
        if failing is not None:
            return await self._put_off(delivery_id, now + put_off(failing, jitter))
        row = await self._session.scalar(
            update(WebhookDeliveryRow)
            .where(
                WebhookDeliveryRow.id == delivery_id,
                WebhookDeliveryRow.status == DeliveryStatus.PENDING,
                or_(WebhookDeliveryRow.next_attempt_at.is_(None), WebhookDeliveryRow.next_attempt_at <= now),
            )
            .values(
                attempts=WebhookDeliveryRow.attempts + 1, last_attempt_at=now, next_attempt_at=now + LEASE
            )
            .returning(WebhookDeliveryRow)
        )
        if row is None:
            due = await self._session.scalar(
                select(WebhookDeliveryRow.next_attempt_at).where(
                    WebhookDeliveryRow.id == delivery_id, WebhookDeliveryRow.status == DeliveryStatus.PENDING
                )
            )
            return NotYet(due) if due is not None else None
        webhook = await self._session.get_one(WebhookRow, row.webhook_id)
        if not webhook.is_active:
            await give_up(self._session, WebhookDeliveryRow.id == delivery_id)
            return None
        told = await self._session.get_one(JobEventRow, row.event_id)
        event = RecordedEvent(told.id, told.job_id, told.run_id, told.at, told.type, told.actor, told.data)
        people = None if webhook.channel is OutboxChannel.WEBHOOK else await addressee(self._session, event)
        failing_since = webhook.failing_since
        return Message(
            delivery_id, webhook.id, row.attempts, webhook.url, webhook.secret, event, people, failing_since
        )

    async def _tried_just_now(self, delivery_id: UUID, now: datetime) -> timedelta | None:
        """How long its webhook has failed, where another message has just tried it; if none has, this one does.

        Texts to people count as if it had begun just now: one that comes much later would mislead.
        """
        of_message = select(WebhookDeliveryRow.webhook_id).where(WebhookDeliveryRow.id == delivery_id)
        failing = select(WebhookRow.probed_at, WebhookRow.failing_since, WebhookRow.channel).where(
            WebhookRow.id == of_message.scalar_subquery(), WebhookRow.failing_since.is_not(None)
        )
        found = (await self._session.execute(failing.with_for_update())).one_or_none()
        if found is None or found.failing_since is None:
            return None
        if found.probed_at is not None and found.probed_at > now - PROBE_EVERY:
            return now - found.failing_since if found.channel is OutboxChannel.WEBHOOK else timedelta(0)
        await self._session.execute(
            update(WebhookRow).where(WebhookRow.id == of_message.scalar_subquery()).values(probed_at=now)
        )
        return None

    async def _put_off(self, delivery_id: UUID, until: datetime) -> NotYet | None:
        due = await self._session.scalar(
            update(WebhookDeliveryRow)
            .where(WebhookDeliveryRow.id == delivery_id, WebhookDeliveryRow.status == DeliveryStatus.PENDING)
            .values(next_attempt_at=func.greatest(WebhookDeliveryRow.next_attempt_at, until))
            .returning(WebhookDeliveryRow.next_attempt_at)
        )
        return NotYet(due) if due is not None else None

    async def conclude(self, message: Message, answer: Answer, verdict: Verdict, now: datetime) -> str | None:
        """Record what came of the attempt. Says why the webhook is switched off, where that is the end of it."""
        recorded = await self._session.scalar(
            update(WebhookDeliveryRow)
            .where(
                WebhookDeliveryRow.id == message.delivery_id,
                WebhookDeliveryRow.status == DeliveryStatus.PENDING,
                WebhookDeliveryRow.attempts == message.attempt,
            )
            .values(
                status=DeliveryStatus(verdict.status),
                next_attempt_at=now + verdict.again_in if verdict.again_in is not None else None,
                response_status=answer.status,
                response_excerpt=answer.excerpt,
                error=answer.error,
            )
            .returning(WebhookDeliveryRow.id)
        )
        if recorded is None:  # sent again by hand, or by another worker after our lease ended
            return None
        if verdict.status == "delivered":
            ended = await self._webhook(message, WebhookRow.failing_since.is_not(None), failing_since=None)
            if ended and message.failing_since and message.failing_since <= now - LONG_FAILURE:
                await self._hasten(message.webhook_id, now)
            return None
        await self._webhook(message, WebhookRow.failing_since.is_(None), failing_since=now)
        if message.people is not None and verdict.status == "failed":
            await self._tell_failed(message, answer)
        return await self._switch_off_where_hopeless(message, verdict, now)

    async def queue_lost(self, now: datetime, *, at_most: int) -> int:
        """Queue again what is long overdue, because a worker and its place in the queue were lost together."""
        due = func.coalesce(WebhookDeliveryRow.next_attempt_at, WebhookDeliveryRow.created_at)
        overdue = (
            select(WebhookDeliveryRow.id)
            .where(WebhookDeliveryRow.status == DeliveryStatus.PENDING, due <= now - LOST_AFTER)
            .limit(at_most)
            .with_for_update(skip_locked=True)
        )
        lost = await self._session.scalars(
            update(WebhookDeliveryRow)
            # Found once, as an array; joined to the table, they could be looked for in all of it.
            .where(WebhookDeliveryRow.id == any_(func.array(overdue.scalar_subquery())))
            .values(next_attempt_at=now)
            .returning(WebhookDeliveryRow.id)
        )
        if ids := list(lost):
            await enqueue_deliveries(self._session, ids)
        return len(ids)

    async def _switch_off_where_hopeless(
        self, message: Message, verdict: Verdict, now: datetime
    ) -> str | None:
        is_webhook = WebhookRow.channel == OutboxChannel.WEBHOOK
        hopeless, reason = and_(is_webhook, WebhookRow.failing_since <= now - DISABLE_AFTER), UNREACHABLE
        if verdict.gone:
            hopeless, reason = WebhookRow.is_active.is_(True), "it answered 410 Gone"
        if not await self._webhook(
            message, hopeless, is_active=False, disabled_at=now, disabled_reason=reason
        ):
            return None
        await give_up(self._session, WebhookDeliveryRow.webhook_id == message.webhook_id)
        return reason

    async def _hasten(self, webhook_id: UUID, now: datetime) -> None:
        """Have all that waits for the webhook sent in the order of its events, but what is being sent."""
        waiting = await self._session.execute(
            update(WebhookDeliveryRow)
            .where(
                WebhookDeliveryRow.webhook_id == webhook_id,
                WebhookDeliveryRow.status == DeliveryStatus.PENDING,
                WebhookDeliveryRow.next_attempt_at
                > func.coalesce(WebhookDeliveryRow.last_attempt_at + LEASE, now),
            )
            .values(next_attempt_at=now)
            .returning(WebhookDeliveryRow.event_id, WebhookDeliveryRow.id)
            .execution_options(synchronize_session=False)
        )
        await hasten_deliveries(
            self._session, [row.id for row in sorted(waiting, key=lambda row: row.event_id)]
        )

    async def _tell_failed(self, message: Message, answer: Answer) -> None:
        """A person was not told: that is part of the job's story."""
        audience, _, _ = message.url.partition(":")
        data = {"audience": audience, "event": message.event.type, "reason": answer.error}
        await append_events(
            self._session,
            message.event.job_id,
            [Event("notification.failed", data)],
            actor=SERVICE,
            run_id=message.event.run_id,
        )

    async def _webhook(self, message: Message, where: ColumnElement[bool], **values: object) -> bool:
        changed = await self._session.scalar(
            update(WebhookRow)
            .where(WebhookRow.id == message.webhook_id, where)
            .values(**values)
            .returning(WebhookRow.id)
        )
        return changed is not None


async def send_again(
    session: AsyncSession, row: WebhookDeliveryRow
) -> tuple[WebhookDeliveryRow, JobEventRow]:
    """Send a locked message once more, now, under the id it had; a delivered or failed one gets its attempts anew."""
    receiver = await session.get_one(WebhookRow, row.webhook_id)
    if not receiver.is_active:
        raise Conflict(f"Nothing is sent: {OFF[receiver.channel]}.")
    if row.status is not DeliveryStatus.PENDING:
        row.status = DeliveryStatus.PENDING
        row.attempts = 0
    row.next_attempt_at = None
    await enqueue_deliveries(session, [row.id])
    return row, await session.get_one(JobEventRow, row.event_id)


async def give_up(session: AsyncSession, which: ColumnElement[bool]) -> None:
    """Send nothing more of these: their webhook is switched off."""
    await session.execute(
        update(WebhookDeliveryRow)
        .where(which, WebhookDeliveryRow.status == DeliveryStatus.PENDING)
        .values(status=DeliveryStatus.FAILED, next_attempt_at=None, error=SWITCHED_OFF)
    )
