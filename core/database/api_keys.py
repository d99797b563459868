"""Keys of programs: a user's rights, narrowed to scopes, for a time."""

import hashlib
import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from core.database import pages
from core.database.credential_tables import ApiKeyRow
from core.database.direct import Direct
from core.database.models import Role, TechnicianRow, User
from core.database.session import AsyncSessionLocal
from core.database.users import Users, Viewer
from core.errors import NotFound

MARK: Final = "ssk_"
"""What a key begins with, so that scanners of repositories and people know one when they see it."""
SHOWN: Final = len(MARK) + 6
NOTED_EVERY = timedelta(minutes=1)
"""How exactly `last_used_at` is kept: a write for each request would cost more than the request."""


class Scope(StrEnum):
    """What a key may be good for. None lets a key manage users, keys or logins."""

    JOBS_READ = "jobs:read"
    JOBS_WRITE = "jobs:write"
    DESIGN = "design"
    TECHNICIANS_READ = "technicians:read"
    TECHNICIANS_WRITE = "technicians:write"
    WEBHOOKS = "webhooks"
    SYSTEM = "system"


def new_key() -> str:
    """A key nobody can guess: 256 random bits."""
    return MARK + secrets.token_urlsafe(32)


def digest(key: str) -> bytes:
    """What is stored of a key. Fast on purpose: there is nothing to guess in 256 random bits."""
    return hashlib.sha256(key.encode()).digest()


class ApiKeys:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(
        self, user_id: UUID, name: str, scopes: list[Scope], expires_at: datetime
    ) -> tuple[ApiKeyRow, str]:
        """The row and the key itself, which nothing can show again."""
        key = new_key()
        row = ApiKeyRow(
            user_id=user_id,
            name=name,
            prefix=key[:SHOWN],
            digest=digest(key),
            scopes=sorted(set(scopes)),
            expires_at=expires_at,
        )
        self._session.add(row)
        await self._session.flush()
        await self._session.refresh(row)
        return row, key

    async def page(
        self, user_id: UUID, *, cursor: str | None, limit: int
    ) -> tuple[list[ApiKeyRow], str | None]:
        """A user's keys, newest first, the revoked among them."""
        query = select(ApiKeyRow).where(ApiKeyRow.user_id == user_id)
        if cursor is not None:
            query = query.where(ApiKeyRow.id < pages.decoded(cursor))
        rows = list(await self._session.scalars(query.order_by(ApiKeyRow.id.desc()).limit(limit + 1)))
        page, last = pages.cut(rows, limit)
        return page, pages.encoded(last.id) if last else None

    async def revoke(self, key_id: UUID, user_id: UUID, now: datetime) -> None:
        """From now on the key opens nothing; `NotFound` where the user has no such key in force."""
        revoked = await self._session.scalar(
            update(ApiKeyRow)
            .where(ApiKeyRow.id == key_id, ApiKeyRow.user_id == user_id, ApiKeyRow.revoked_at.is_(None))
            .values(revoked_at=now)
            .returning(ApiKeyRow.id)
        )
        if revoked is None:
            raise NotFound

    async def viewer(self, key: str, now: datetime) -> tuple[Viewer, datetime | None] | None:
        """Who asks with this key and when it was last used; None where it is unknown, over or its user inactive."""
        row = await _BY_DIGEST.first(self._session, {"digest": digest(key), "now": now})
        return (_viewer(*row), row.last_used_at) if row else None


async def still(session: AsyncSession, viewer: Viewer, now: datetime) -> Viewer | None:
    """Who asked, as they are now: for answers that go on. None where login or key is over, or the user inactive."""
    if viewer.login_id is not None:
        return await Users(session).viewer(viewer.user_id, viewer.login_id)
    row = await _BY_ID.first(session, {"key_id": viewer.key_id, "now": now})
    return _viewer(*row) if row else None


def _viewer(
    user_id: UUID,
    username: str,
    role: Role,
    technician_id: UUID | None,
    key_id: UUID,
    scopes: list[str],
    _last_used_at: datetime | None,
) -> Viewer:
    return Viewer(user_id, username, role, technician_id, key_id=key_id, scopes=frozenset(scopes))


_VIEWER = (  # written down once, as that of `core.database.users`
    select(
        User.id,
        User.username,
        User.role,
        TechnicianRow.id,
        ApiKeyRow.id,
        ApiKeyRow.scopes,
        ApiKeyRow.last_used_at,
    )
    .join(ApiKeyRow, ApiKeyRow.user_id == User.id)
    .join(TechnicianRow, TechnicianRow.user_id == User.id, isouter=True)
    .where(
        ApiKeyRow.revoked_at.is_(None),
        ApiKeyRow.expires_at > bindparam("now"),
        User.is_active,
    )
)
_BY_DIGEST = Direct(_VIEWER.where(ApiKeyRow.digest == bindparam("digest")))
_BY_ID = Direct(_VIEWER.where(ApiKeyRow.id == bindparam("key_id")))


async def note_use(engine: AsyncEngine, key_id: UUID, now: datetime) -> None:
    """Remember that the key was used, apart from the request, whose transaction may yet be rolled back."""
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        await session.execute(
            update(ApiKeyRow)
            .where(
                ApiKeyRow.id == key_id,
                or_(ApiKeyRow.last_used_at.is_(None), ApiKeyRow.last_used_at < now - NOTED_EVERY),
            )
            .values(last_used_at=now)
            .execution_options(synchronize_session=False)
        )
