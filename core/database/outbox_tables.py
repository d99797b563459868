"""The tables of the outbox: who is told of job events, and what is still to be told."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, func, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.orm import Mapped, mapped_column

from core.database.base import Base, native_enum
from core.database.models import JobEventRow, User
from core.ids import new_id


class OutboxChannel(StrEnum):
    WEBHOOK = "webhook"
    DISPATCHER = "dispatcher"
    TECHNICIAN = "technician"


class DeliveryStatus(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


DELIVERY_STATUS = native_enum(DeliveryStatus, "delivery_status")
OUTBOX_CHANNEL = native_enum(OutboxChannel, "outbox_channel")


class WebhookRow(Base):
    """Somebody else's server that is told of job events; on another channel an address of the settings, by its name.

    `failing_since` is the first failed attempt after the last success; while it fails it is tried by one message at a
    time, the last at `probed_at`. A webhook that was switched off by the service says when and why.
    """

    __tablename__ = "webhooks"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    channel: Mapped[OutboxChannel] = mapped_column(OUTBOX_CHANNEL, server_default=text("'webhook'"))
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey(User.id))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    url: Mapped[str]
    events: Mapped[list[str]] = mapped_column(ARRAY(TEXT))
    secret: Mapped[str]
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    failing_since: Mapped[datetime | None]
    probed_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    disabled_reason: Mapped[str | None]

    __table_args__ = (
        Index("uq_webhooks_url", "url", unique=True, postgresql_where=text("channel <> 'webhook'")),
    )


class WebhookDeliveryRow(Base):
    """The outbox: one event for one webhook, written with the event; `next_attempt_at` null is at once."""

    __tablename__ = "webhook_deliveries"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    webhook_id: Mapped[UUID] = mapped_column(ForeignKey("webhooks.id", ondelete="CASCADE"))
    event_id: Mapped[int] = mapped_column(ForeignKey(JobEventRow.id, ondelete="CASCADE"))
    status: Mapped[DeliveryStatus] = mapped_column(DELIVERY_STATUS, server_default=text("'pending'"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    last_attempt_at: Mapped[datetime | None]
    next_attempt_at: Mapped[datetime | None]
    response_status: Mapped[int | None]
    response_excerpt: Mapped[str | None]
    error: Mapped[str | None]

    __table_args__ = (
        Index("uq_webhook_deliveries_webhook_id_event_id", "webhook_id", "event_id", unique=True),
        Index("ix_webhook_deliveries_event_id", "event_id"),
        Index(
            "ix_webhook_deliveries_due",
            text("coalesce(next_attempt_at, created_at)"),
            postgresql_where=text("status = 'pending'"),
        ),
        Index("ix_webhook_deliveries_failed", "webhook_id", postgresql_where=text("status = 'failed'")),
        Index("ix_webhook_deliveries_tried", text("coalesce(last_attempt_at, created_at)")),
    )
