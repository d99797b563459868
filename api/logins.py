"""Logging in, carrying a login on, ending it, and changing the password that opens it."""

from datetime import datetime, timedelta
from typing import Annotated

import structlog
from anyio import to_thread
from pydantic import Field, SecretStr
from sqlalchemy.ext.asyncio import AsyncSession

from api.services import Services
from core.database.logins import Ended, Login, Logins
from core.database.users import Users, Viewer
from core.errors import AuthenticationFailed, Conflict, FieldError, Forbidden, InvalidInput, RateLimited
from core.security import (
    BCRYPT_LIMIT,
    SHORTEST_PASSWORD,
    UNKNOWN_USER_HASH,
    create_access_token,
    create_refresh_token,
    decode_refresh_token,
    get_password_hash,
    verify_password,
)
from state.base import Model, Readable

log = structlog.get_logger(__name__)

Username = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$")]
Password = Annotated[
    SecretStr,
    Field(
        min_length=SHORTEST_PASSWORD,
        max_length=BCRYPT_LIMIT,
        description=f"At most {BCRYPT_LIMIT} bytes in UTF-8.",
    ),
    Readable,
]
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
    await _count_try(services, username, address)
    user = await Users(session).named(username)
    await session.commit()  # gives the connection back: bcrypt takes longer than everything else
    # An unknown user costs the same bcrypt as a wrong password, so the clock tells nobody who exists.
    password_hash = user.password_hash if user else UNKNOWN_USER_HASH
    matches = await to_thread.run_sync(verify_password, password, password_hash)
    if user is None or not matches or not user.is_active:
        raise AuthenticationFailed(WRONG)
    await services.login_throttle.succeeded(username, address)
    # Whoever was locked out while bcrypt took its time shall not have a login that begins after that.
    if not await Users(session).still_opened_by(user.id, password_hash):
        raise AuthenticationFailed(WRONG)
    expires_at = _end_of_login(services)
    return _tokens(services, await Logins(session).open(user, expires_at), expires_at)


async def change_password(
    session: AsyncSession, services: Services, viewer: Viewer, *, current: str, new: str, address: str
) -> None:
    """Give `viewer` another password and end all their logins but the one that asks.

    Raises
    ------
    Forbidden
        The current password is wrong. Tries count as those of logging in do.
    InvalidInput
        The new password is the current one, or bcrypt would cut it.
    Conflict
        It was changed by somebody else meanwhile.
    RateLimited
        Too many wrong passwords.
    """
    await _count_try(services, viewer.username, address)
    before = (await Users(session).get(viewer.user_id)).password_hash
    await session.commit()  # as above
    if not await to_thread.run_sync(verify_password, current, before):
        raise Forbidden("The current password is wrong.")
    await services.login_throttle.succeeded(viewer.username, address)
    if new == current:
        raise InvalidInput([FieldError("/new_password", "is the current one")])
    try:
        after = await to_thread.run_sync(get_password_hash, new)
    except InvalidInput as error:
        raise InvalidInput([FieldError("/new_password", fault.message) for fault in error.errors]) from None
    if not await Users(session).replace_password(viewer.user_id, before, after):
        raise Conflict("The password was changed meanwhile.")
    now = services.clock.now()
    ended = await Logins(session).end_all_of(
        viewer.user_id, Ended.PASSWORD_CHANGED, now, spared=viewer.login_id
    )
    log.info("api.login.password_changed", user_id=str(viewer.user_id), logins_ended=ended)


async def _count_try(services: Services, username: str, address: str) -> None:
    wait = await services.login_throttle.try_once(username, address)
    if wait:
        raise RateLimited(wait, f"Too many wrong passwords from here; try again in {wait} s.")


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
