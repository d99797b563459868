"""Logging in and out, and who one is."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, status
from fastapi.security import OAuth2PasswordRequestForm
from pydantic import Field, SecretStr

from api import logins
from api.deps import CurrentViewer, ServicesDep, Session
from api.rate_limit import address_of
from core.database.logins import Ended, Logins
from core.database.models import Role
from state.base import Model, Readable

router = APIRouter(prefix="/auth", tags=["auth"])


class RefreshToken(Model):
    refresh_token: Annotated[str, Field(max_length=4096)]


class NewPassword(Model):
    current_password: Annotated[SecretStr, Field(max_length=1024), Readable]
    new_password: logins.Password


class Me(Model):
    id: UUID
    username: str
    role: Role
    technician_id: UUID | None
    scopes: list[str] | None = Field(
        description="What the key may do; null for a person, whom the role lets."
    )


@router.post("/token")
async def log_in(
    request: Request,
    form: Annotated[OAuth2PasswordRequestForm, Depends()],
    session: Session,
    services: ServicesDep,
) -> logins.Tokens:
    """Exchange a user name and password for an access token and a refresh token."""
    return await logins.log_in(
        session,
        services,
        username=form.username,
        password=form.password,
        address=address_of(request.scope),
    )


@router.post("/refresh")
async def refresh_login(body: RefreshToken, session: Session, services: ServicesDep) -> logins.Tokens:
    """Exchange a refresh token for the next pair. Each is good for once: one that comes back ends the login."""
    return await logins.renew(session, services, body.refresh_token)


@router.post("/logout", status_code=status.HTTP_204_NO_CONTENT)
async def log_out(session: Session, viewer: CurrentViewer, services: ServicesDep) -> None:
    """End the login that the access token is of; its tokens open nothing any more."""
    if viewer.login_id is not None:
        await Logins(session).end(viewer.login_id, Ended.LOGGED_OUT, services.clock.now())


@router.post("/password", status_code=status.HTTP_204_NO_CONTENT)
async def change_password(
    body: NewPassword, request: Request, session: Session, viewer: CurrentViewer, services: ServicesDep
) -> None:
    """Change one's own password; 403 where the current one is wrong. All other logins end, keys stay."""
    await logins.change_password(
        session,
        services,
        viewer,
        current=body.current_password.get_secret_value(),
        new=body.new_password.get_secret_value(),
        address=address_of(request.scope),
    )


@router.get("/me")
async def me(viewer: CurrentViewer) -> Me:
    """Say who asks."""
    return Me(
        id=viewer.user_id,
        username=viewer.username,
        role=viewer.role,
        technician_id=viewer.technician_id,
        scopes=None if viewer.scopes is None else sorted(viewer.scopes),
    )
