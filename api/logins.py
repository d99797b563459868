"""Logging in, carrying a login on, ending it."""

from datetime import datetime, timedelta

from anyio import to_thread
from sqlalchemy.ext.asyncio import AsyncSession

from api.services import Services
from core.database.logins import Ended, Login, Logins
from core.database.users import Users
from core.errors import AuthenticationFailed, RateLimited
from core.security import (
    UNKNOWN_USER_HASH,
    create_access_token,
    create_refresh_token,
    decode_refresh_token,
    verify_password,
)
from state.base import Model

WRONG = "The user name or the password is wrong."
OVER = "This refresh token has been used, or its login is over: log in again."


class Tokens(Model):
    """`refresh_token` is good for one `POST /auth/refresh`, which gives the next."""

    access_token: str
    token_type: str = "bearer"  # noqa: S105  the scheme's name
    expires_in: int
    refresh_token: str


async def log_in(
    session: AsyncSession, services: Services, *, username: str, password: str, address: str
) -> Tokens:
    """Open a login; raises `AuthenticationFailed`, in the same words and the same time whatever is wrong.

    After some wrong passwords from an address the account is not heard from there for a while: `RateLimited`.
    """
    wait = await services.login_throttle.try_once(username, address)
    if wait:
        raise RateLimited(wait, f"Too many wrong passwords from here; try again in {wait} s.")
    user = await Users(session).named(username)
    await session.commit()  # gives the connection back: bcrypt takes longer than everything else
    # An unknown user costs the same bcrypt as a wrong password, so the clock tells nobody who exists.
    password_hash = user.password_hash if user else UNKNOWN_USER_HASH
    matches = await to_thread.run_sync(verify_password, password, password_hash)
    if user is None or not matches or not user.is_active:
        raise AuthenticationFailed(WRONG)
    await services.login_throttle.succeeded(username, address)
    expires_at = _end_of_login(services)
    return _tokens(services, await Logins(session).open(user, expires_at), expires_at)


async def renew(session: AsyncSession, services: Services, refresh_token: str) -> Tokens:
    """The next pair of tokens. A token that comes back ends the login: one of the two who have it stole it."""
    login_id, generation = decode_refresh_token(
        refresh_token, key=services.secret_key, algorithm=services.settings.jwt_algorithm
    )
    now, expires_at = services.clock.now(), _end_of_login(services)
    login = await Logins(session).renew(login_id, generation, now=now, expires_at=expires_at)
    if login is None:
        await Logins(session).end(login_id, Ended.TOKEN_REUSED, now)
        await session.commit()  # what follows would roll it back
        raise AuthenticationFailed(OVER)
    return _tokens(services, login, expires_at)


def _end_of_login(services: Services) -> datetime:
    return services.clock.now() + timedelta(days=services.settings.refresh_token_expire_days)


def _tokens(services: Services, login: Login, expires_at: datetime) -> Tokens:
    settings = services.settings
    lifetime = timedelta(minutes=settings.access_token_expire_minutes)
    key, algorithm, clock = services.secret_key, settings.jwt_algorithm, services.clock
    return Tokens(
        access_token=create_access_token(
            login.user_id,
            login.role,
            login_id=login.id,
            key=key,
            algorithm=algorithm,
            lifetime=lifetime,
            clock=clock,
        ),
        expires_in=int(lifetime.total_seconds()),
        refresh_token=create_refresh_token(
            login.id, login.generation, key=key, algorithm=algorithm, expires_at=expires_at, clock=clock
        ),
    )
