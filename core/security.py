"""Passwords, access tokens and refresh tokens."""

import time
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

import jwt
from pwdlib import PasswordHash
from pwdlib.hashers.bcrypt import BcryptHasher
from pydantic import SecretStr

from core.clock import Clock
from core.errors import AuthenticationFailed, FieldError, InvalidInput

SHORTEST_PASSWORD = 12
BCRYPT_LIMIT = 72
"""bcrypt reads 72 bytes and no more; a longer password would be cut without a word."""

UNKNOWN_USER_HASH = "$2b$12$AllXW/C/q9HWvjElhb.zzOpV1iCgmDPuiu1m5qRUHKfloiVbDLlI."
"""Of a password nobody knows, at the default cost: what the login of an unknown user is compared with."""


@cache
def _hasher() -> PasswordHash:
    return PasswordHash((BcryptHasher(),))


def get_password_hash(password: str) -> str:
    """Hash with bcrypt; raises `InvalidInput` for a password that bcrypt would cut."""
    if len(password.encode()) > BCRYPT_LIMIT:
        raise InvalidInput([FieldError("/password", f"must be at most {BCRYPT_LIMIT} bytes long")])
    return _hasher().hash(password)


def verify_password(password: str, password_hash: str) -> bool:
    """Whether the password is the one that was hashed."""
    return len(password.encode()) <= BCRYPT_LIMIT and _hasher().verify(password, password_hash)


def create_access_token(
    user_id: UUID,
    role: str,
    *,
    login_id: UUID,
    key: SecretStr,
    algorithm: str,
    lifetime: timedelta,
    clock: Clock,
) -> str:
    """A signed token that names the user and their login until `lifetime` has passed."""
    now = clock.now()
    claims = {
        "sub": str(user_id),
        "sid": str(login_id),
        "role": role,
        "iat": now,
        "exp": now + lifetime,
        "typ": "access",
    }
    return jwt.encode(claims, key.get_secret_value(), algorithm=algorithm)


def decode_access_token(token: str, *, key: SecretStr, algorithm: str) -> dict[str, Any]:
    """The claims of a valid, unexpired access token; else raises `AuthenticationFailed`."""
    claims = _access_claims(token, key, algorithm)
    if claims["exp"] <= time.time():
        raise AuthenticationFailed
    return claims


@lru_cache(maxsize=4096)
def _access_claims(token: str, key: SecretStr, algorithm: str) -> dict[str, Any]:
    """Checked once for each token: what it says and who signed it stays, only its time runs out."""
    return _decode(token, "access", ["sub", "sid"], key, algorithm)


def create_refresh_token(
    login_id: UUID, generation: int, *, key: SecretStr, algorithm: str, expires_at: datetime, clock: Clock
) -> str:
    """A signed token that carries a login on, once: the next one has the next generation."""
    claims = {
        "sid": str(login_id),
        "gen": generation,
        "iat": clock.now(),
        "exp": expires_at,
        "typ": "refresh",
    }
    return jwt.encode(claims, key.get_secret_value(), algorithm=algorithm)


def decode_refresh_token(token: str, *, key: SecretStr, algorithm: str) -> tuple[UUID, int]:
    """The login and the generation that a valid, unexpired refresh token is of; else `AuthenticationFailed`."""
    claims = _decode(token, "refresh", ["sid", "gen"], key, algorithm)
    return UUID(claims["sid"]), int(claims["gen"])


def _decode(token: str, kind: str, required: list[str], key: SecretStr, algorithm: str) -> dict[str, Any]:
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key.get_secret_value(),
            algorithms=[algorithm],
            options={"require": ["exp", "iat", "typ", *required], "verify_sub": False},
        )
        for name in {"sub", "sid"} & set(required):
            UUID(claims[name])
    except (jwt.InvalidTokenError, ValueError, TypeError, AttributeError):
        raise AuthenticationFailed from None
    if claims["typ"] != kind:
        raise AuthenticationFailed
    return claims
