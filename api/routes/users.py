"""Users, for administrators."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from anyio import to_thread
from fastapi import APIRouter, Query, status

from api.deps import ServicesDep, Session
from api.logins import Password, Username
from core.database.models import Role
from core.database.models import User as UserRow
from core.database.users import UserChange, Users
from core.security import get_password_hash
from state.base import Given, Model

router = APIRouter(prefix="/users", tags=["users"])


class NewUser(Model):
    username: Username
    password: Password
    role: Role


class ChangedUser(Given):
    """What is left out or null stays. A new password and `is_active: false` end the user's logins at once."""

    password: Password | None = None
    role: Role | None = None
    is_active: bool | None = None


class User(Model):
    id: UUID
    username: str
    role: Role
    is_active: bool
    created_at: datetime


class UserPage(Model):
    items: list[User]
    next_cursor: str | None


def _user(row: UserRow) -> User:
    return User.model_validate(row, from_attributes=True, extra="ignore")


@router.post("", status_code=status.HTTP_201_CREATED)
async def add_user(body: NewUser, session: Session) -> User:
    """Add a user; 409 where the name is taken."""
    password_hash = await to_thread.run_sync(get_password_hash, body.password.get_secret_value())
    row = await Users(session).add(body.username, password_hash, body.role)
    await session.refresh(row)
    return _user(row)


@router.get("")
async def list_users(
    session: Session,
    cursor: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> UserPage:
    """List the users in the order they were added."""
    rows, next_cursor = await Users(session).page(cursor=cursor, limit=limit)
    return UserPage(items=[_user(row) for row in rows], next_cursor=next_cursor)


@router.get("/{user_id}")
async def get_user(user_id: UUID, session: Session) -> User:
    """Show one user."""
    return _user(await Users(session).get(user_id))


@router.patch("/{user_id}")
async def change_user(user_id: UUID, body: ChangedUser, session: Session, services: ServicesDep) -> User:
    """Change a user's role or password, lock them out or let them in again."""
    password_hash = None
    if body.password is not None:
        password_hash = await to_thread.run_sync(get_password_hash, body.password.get_secret_value())
    change = UserChange(body.role, body.is_active, password_hash)
    return _user(await Users(session).change(user_id, change, services.clock.now()))
