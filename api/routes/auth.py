"""Logging in, and who one is."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from anyio import to_thread
from fastapi import APIRouter, Depends
from fastapi.security import OAuth2PasswordRequestForm

from api.deps import CurrentViewer, ServicesDep, Session
from core.database.users import Users
from core.errors import AuthenticationFailed
from core.security import UNKNOWN_USER_HASH, create_access_token, verify_password
from state.base import Model

router = APIRouter(prefix="/auth", tags=["auth"])


class Token(Model):
    access_token: str
    token_type: str = "bearer"  # noqa: S105  the scheme's name
    expires_in: int


class Me(Model):
    id: UUID
    username: str
    role: str


@router.post("/token")
async def log_in(
    form: Annotated[OAuth2PasswordRequestForm, Depends()], session: Session, services: ServicesDep
) -> Token:
    """Exchange a user name and password for an access token."""
    user = await Users(session).named(form.username)
    # An unknown user costs the same bcrypt as a wrong password, so the clock tells nobody who exists.
    password_hash = user.password_hash if user else UNKNOWN_USER_HASH
    matches = await to_thread.run_sync(verify_password, form.password, password_hash)
    if user is None or not matches or not user.is_active:
        raise AuthenticationFailed("The user name or the password is wrong.")
    settings = services.settings
    lifetime = timedelta(minutes=settings.access_token_expire_minutes)
    token = create_access_token(
        user.id,
        user.role,
        key=services.secret_key,
        algorithm=settings.jwt_algorithm,
        lifetime=lifetime,
        clock=services.clock,
    )
    return Token(access_token=token, expires_in=int(lifetime.total_seconds()))


@router.get("/me")
async def me(viewer: CurrentViewer) -> Me:
    """Say who the token belongs to."""
    return Me(id=viewer.user_id, username=viewer.username, role=viewer.role)
