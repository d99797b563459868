"""The tables of what the service has done: slots of schedules it executed, requests it answered."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from core.database.base import Base
from core.database.models import User


class ScheduleTickRow(Base):
    """A slot of a schedule that was executed, and by whom.

    The first row of a schedule has no `started_at`: nothing was executed then, the schedule began.
    """

    __tablename__ = "schedule_ticks"

    schedule: Mapped[str] = mapped_column(primary_key=True)
    fire_time: Mapped[datetime] = mapped_column(primary_key=True)
    leader: Mapped[str]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    error: Mapped[str | None]


class IdempotencyKeyRow(Base):
    """What a user's request was answered under a key; unanswered only inside the transaction that answers it."""

    __tablename__ = "idempotency_keys"

    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    status: Mapped[int | None]
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    location: Mapped[str | None]

    __table_args__ = (Index("ix_idempotency_keys_created_at", "created_at"),)
