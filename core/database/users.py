"""Users, and whose eyes a request sees with."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from core.database.models import Role, TechnicianRow, User
from core.errors import Conflict


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks: decides which jobs exist for them."""

    user_id: UUID
    username: str
    role: Role
    technician_id: UUID | None

    @property
    def sees_everything(self) -> bool:
        return self.role in {Role.DISPATCHER, Role.ADMIN}


class Users:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, username: str, password_hash: str, role: Role) -> User:
        """A new user; raises `Conflict` where the name is taken, whatever its case."""
        user = User(username=username, password_hash=password_hash, role=role)
        self._session.add(user)
        try:
            await self._session.flush()
        except IntegrityError:
            raise Conflict(f"The user name {username!r} is taken.") from None
        return user

    async def named(self, username: str) -> User | None:
        return await self._session.scalar(select(User).where(func.lower(User.username) == username.lower()))

    async def viewer(self, user_id: UUID) -> Viewer | None:
        """The viewer behind an id; None where the user is gone or inactive."""
        row = (
            await self._session.execute(
                select(User.id, User.username, User.role, TechnicianRow.id)
                .join(TechnicianRow, TechnicianRow.user_id == User.id, isouter=True)
                .where(User.id == user_id, User.is_active)
            )
        ).one_or_none()
        return Viewer(*row) if row else None
