"""Webhooks as their keepers see them."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import pages
from core.database.models import JobEventRow
from core.database.outbox import give_up, send_again
from core.database.outbox_tables import DeliveryStatus, OutboxChannel, WebhookDeliveryRow, WebhookRow
from core.errors import FieldError, InvalidInput, NotFound


class Webhooks:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, row: WebhookRow) -> WebhookRow:
        self._session.add(row)
        await self._session.flush()
        await self._session.refresh(row)
        return row

    async def get(self, webhook_id: UUID) -> WebhookRow:
        row = await self._session.get(WebhookRow, webhook_id)
        if row is None or row.channel is not OutboxChannel.WEBHOOK:
            raise NotFound
        return row

    async def all(self) -> list[WebhookRow]:
        return list(
            await self._session.scalars(
                select(WebhookRow).where(WebhookRow.channel == OutboxChannel.WEBHOOK).order_by(WebhookRow.id)
            )
        )

    async def remove(self, webhook_id: UUID) -> None:
        """Forget the webhook and every message to it."""
        await self._session.delete(await self.get(webhook_id))

    async def switch(self, webhook_id: UUID, *, on: bool) -> WebhookRow:
        """Switch it on, with a clean sheet, or off."""
        row = await self.get(webhook_id)
        row.is_active = on
        row.failing_since = row.disabled_at = row.disabled_reason = None
        if not on:
            await give_up(self._session, WebhookDeliveryRow.webhook_id == webhook_id)
        return row

    async def deliveries(
        self, webhook_id: UUID, *, status: DeliveryStatus | None = None, cursor: str | None, limit: int
    ) -> tuple[list[tuple[WebhookDeliveryRow, JobEventRow]], str | None]:
        """Messages with their events, newest first, and the cursor of the next page."""
        await self.get(webhook_id)
        query = (
            select(WebhookDeliveryRow, JobEventRow)
            .join(JobEventRow, JobEventRow.id == WebhookDeliveryRow.event_id)
            .where(WebhookDeliveryRow.webhook_id == webhook_id)
            .order_by(WebhookDeliveryRow.event_id.desc())
            .limit(limit + 1)
        )
        if status is not None:
            query = query.where(WebhookDeliveryRow.status == status)
        if cursor is not None:
            query = query.where(WebhookDeliveryRow.event_id < _decoded(cursor))
        rows = [(delivery, event) for delivery, event in await self._session.execute(query)]
        page, last = pages.cut(rows, limit)
        return page, str(last[1].id) if last else None

    async def redeliver(self, webhook_id: UUID, delivery_id: UUID) -> tuple[WebhookDeliveryRow, JobEventRow]:
        """`send_again`, for a message to this webhook."""
        await self.get(webhook_id)
        row = await self._session.scalar(
            select(WebhookDeliveryRow)
            .where(WebhookDeliveryRow.id == delivery_id, WebhookDeliveryRow.webhook_id == webhook_id)
            .with_for_update()
        )
        if row is None:
            raise NotFound
        return await send_again(self._session, row)


def _decoded(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdecimal() and len(cursor) < 19):
        raise InvalidInput([FieldError("/cursor", "is not a cursor of this service")])
    return int(cursor)
