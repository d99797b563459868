"""The tables of what people and programs prove themselves with. No row holds what it was proved with."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, func, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.orm import Mapped, mapped_column

from core.database.base import Base
from core.database.models import User
from core.ids import new_id


class LoginRow(Base):
    """A login: a password given once, then a chain of refresh tokens of which only the newest counts.

    `generation` is that of the newest. An older one that comes back was stolen, before or after it was used: the
    login ends, and with it every access token that it gave.
    """

    __tablename__ = "logins"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    generation: Mapped[int] = mapped_column(server_default=text("0"))
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_reason: Mapped[str | None]

    __table_args__ = (
        Index("ix_logins_user_id", "user_id", postgresql_where=text("ended_at IS NULL")),
        Index("ix_logins_expires_at", "expires_at"),
    )


class ApiKeyRow(Base):
    """A key of a program; `prefix` is what a person recognises it by, `digest` the SHA-256 of the whole key."""

    __tablename__ = "api_keys"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"))
    name: Mapped[str]
    prefix: Mapped[str]
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(TEXT))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_api_keys_user_id_id", "user_id", "id"),)
