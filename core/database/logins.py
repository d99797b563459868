"""Logins: opened with a password, carried on by refresh tokens, ended by their owner, an administrator or a thief."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.database.credential_tables import LoginRow
from core.database.models import Role, User


class Ended(StrEnum):
    """Why a login is over before its time."""

    LOGGED_OUT = "logged out"
    TOKEN_REUSED = "a refresh token came back"  # noqa: S105
    PASSWORD_CHANGED = "the password was changed"  # noqa: S105
    USER_DEACTIVATED = "the user was deactivated"


@dataclass(frozen=True, slots=True)
class Login:
    """What tokens are made from."""

    id: UUID
    user_id: UUID
    role: Role
    generation: int


class Logins:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def open(self, user: User, expires_at: datetime) -> Login:
        row = LoginRow(user_id=user.id, generation=0, expires_at=expires_at)
        self._session.add(row)
        await self._session.flush()
        return Login(row.id, user.id, user.role, row.generation)

    async def renew(
        self, login_id: UUID, generation: int, *, now: datetime, expires_at: datetime
    ) -> Login | None:
        """The next generation, given out once; None where this one is not the newest of a living login."""
        renewed = await self._session.execute(
            update(LoginRow)
            .where(
                LoginRow.id == login_id,
                LoginRow.generation == generation,
                LoginRow.ended_at.is_(None),
                LoginRow.expires_at > now,
                LoginRow.user_id == User.id,
                User.is_active,
            )
            .values(generation=LoginRow.generation + 1, expires_at=expires_at)
            .returning(LoginRow.id, LoginRow.user_id, User.role, LoginRow.generation)
            .execution_options(synchronize_session=False)
        )
        row = renewed.one_or_none()
        return Login(*row) if row else None

    async def end(self, login_id: UUID, why: Ended, now: datetime) -> None:
        await self._end(LoginRow.id == login_id, why, now)

    async def end_all_of(
        self, user_id: UUID, why: Ended, now: datetime, *, spared: UUID | None = None
    ) -> int:
        """End the user's logins, but not `spared`; how many there were."""
        which = LoginRow.user_id == user_id
        return await self._end(which if spared is None else which & (LoginRow.id != spared), why, now)

    async def _end(self, which: ColumnElement[bool], why: Ended, now: datetime) -> int:
        ended = await self._session.execute(
            update(LoginRow)
            .where(which, LoginRow.ended_at.is_(None))
            .values(ended_at=now, ended_reason=why.value)
            .returning(LoginRow.id)
            .execution_options(synchronize_session=False)
        )
        return len(ended.all())
