"""What became of the messages to a webhook."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, status
from pydantic import Field

from api.deps import Session
from core.database.models import JobEventRow
from core.database.outbox_tables import DeliveryStatus, WebhookDeliveryRow
from core.database.webhooks import Webhooks
from core.webhooks.messages import message_id
from state.base import Model

router = APIRouter(prefix="/webhooks/{webhook_id}/deliveries", tags=["webhooks"])


class Delivery(Model):
    id: UUID
    message_id: Annotated[str, Field(description="What the receiver finds in `webhook-id`.")]
    event_id: int
    event_type: str
    job_id: UUID
    status: DeliveryStatus
    attempts: int
    created_at: datetime
    last_attempt_at: datetime | None
    next_attempt_at: datetime | None
    response_status: int | None
    response_excerpt: str | None
    error: str | None


class DeliveryPage(Model):
    items: list[Delivery]
    next_cursor: str | None


def delivery_view(row: WebhookDeliveryRow, event: JobEventRow) -> Delivery:
    own = {name: getattr(row, name) for name in Delivery.model_fields if hasattr(row, name)}
    return Delivery(**own, message_id=message_id(row.id), event_type=event.type, job_id=event.job_id)


@router.get("")
async def list_deliveries(
    webhook_id: UUID,
    session: Session,
    of_status: Annotated[DeliveryStatus | None, Query(alias="status")] = None,
    cursor: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> DeliveryPage:
    """List the messages to a receiver, newest first, with what it answered last."""
    rows, next_cursor = await Webhooks(session).deliveries(
        webhook_id, status=of_status, cursor=cursor, limit=limit
    )
    return DeliveryPage(items=[delivery_view(*row) for row in rows], next_cursor=next_cursor)


@router.post("/{delivery_id}/redeliver", status_code=status.HTTP_202_ACCEPTED)
async def redeliver(webhook_id: UUID, delivery_id: UUID, session: Session) -> Delivery:
    """Send a message now, again or earlier than planned, under the id it had."""
    return delivery_view(*await Webhooks(session).redeliver(webhook_id, delivery_id))
