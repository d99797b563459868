"""Users, and whose eyes a request sees with."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import pages
from core.database.credential_tables import LoginRow
from core.database.direct import Direct
from core.database.logins import Ended, Logins
from core.database.models import Role, TechnicianRow, User
from core.errors import Conflict, NotFound


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks: decides which jobs exist for them.

    A program asks with a key: as its user, within the key's scopes. A person has no scopes to keep within, and a login.
    """

    user_id: UUID
    username: str
    role: Role
    technician_id: UUID | None
    login_id: UUID | None = None
    key_id: UUID | None = None
    scopes: frozenset[str] | None = None

    @property
    def sees_everything(self) -> bool:
        return self.role in {Role.DISPATCHER, Role.ADMIN}


@dataclass(frozen=True, slots=True)
class UserChange:
    """What is None stays as it is."""

    role: Role | None = None
    is_active: bool | None = None
    password_hash: str | None = None


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

    async def get(self, user_id: UUID) -> User:
        user = await self._session.get(User, user_id)
        if user is None:
            raise NotFound
        return user

    async def page(self, *, cursor: str | None, limit: int) -> tuple[list[User], str | None]:
        """Users in the order they were made."""
        query = select(User).order_by(User.id).limit(limit + 1)
        if cursor is not None:
            query = query.where(User.id > pages.decoded(cursor))
        rows = list(await self._session.scalars(query))
        page, last = pages.cut(rows, limit)
        return page, pages.encoded(last.id) if last else None

    async def change(self, user_id: UUID, change: UserChange, now: datetime) -> User:
        """Change a user; a new password and a deactivation end their logins.

        Raises
        ------
        Conflict
            Nobody would be left to manage users.
        """
        # All administrators, in one order: two who demote each other at once would otherwise both succeed.
        admins = set(
            await self._session.scalars(
                select(User.id)
                .where(User.role == Role.ADMIN, User.is_active)
                .order_by(User.id)
                .with_for_update()
            )
        )
        user = await self._session.get(User, user_id, with_for_update=True)
        if user is None:
            raise NotFound
        stays_admin = (change.role or user.role) is Role.ADMIN and change.is_active is not False
        if admins == {user_id} and not stays_admin:
            raise Conflict("This is the only active administrator.")
        for name in ("role", "is_active", "password_hash"):
            if (value := getattr(change, name)) is not None:
                setattr(user, name, value)
        if change.is_active is False:
            await Logins(self._session).end_all_of(user_id, Ended.USER_DEACTIVATED, now)
        elif change.password_hash is not None:
            await Logins(self._session).end_all_of(user_id, Ended.PASSWORD_CHANGED, now)
        await self._session.flush()
        return user

    async def still_opened_by(self, user_id: UUID, password_hash: str) -> bool:
        """Whether the user is active and has this password, and will until this transaction ends."""
        query = select(User.id).where(User.id == user_id, User.is_active, User.password_hash == password_hash)
        return await self._session.scalar(query.with_for_update(read=True)) is not None

    async def replace_password(self, user_id: UUID, before: str, after: str) -> bool:
        """Whether the active user's password hash was `before` until now and is `after` from now on."""
        replaced = await self._session.execute(
            update(User)
            .where(User.id == user_id, User.is_active, User.password_hash == before)
            .values(password_hash=after)
            .returning(User.id)
            .execution_options(synchronize_session=False)
        )
        return replaced.one_or_none() is not None

    async def viewer(self, user_id: UUID, login_id: UUID) -> Viewer | None:
        """The viewer behind a login; None where it has ended, or the user is gone or inactive."""
        row = await _VIEWER.first(self._session, {"user_id": user_id, "login_id": login_id})
        return Viewer(*row) if row else None


_VIEWER = Direct(
    select(User.id, User.username, User.role, TechnicianRow.id, LoginRow.id)
    .join(LoginRow, LoginRow.user_id == User.id)
    .join(TechnicianRow, TechnicianRow.user_id == User.id, isouter=True)
    .where(
        User.id == bindparam("user_id"),
        User.is_active,
        LoginRow.id == bindparam("login_id"),
        LoginRow.ended_at.is_(None),
    )
)
