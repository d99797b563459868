"""Passwords and access tokens."""

from datetime import timedelta
from functools import cache
from typing import Any
from uuid import UUID

import jwt
from pwdlib import PasswordHash
from pwdlib.hashers.bcrypt import BcryptHasher
from pydantic import SecretStr

from core.clock import Clock
from core.errors import AuthenticationFailed, FieldError, InvalidInput

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
    user_id: UUID, role: str, *, key: SecretStr, algorithm: str, lifetime: timedelta, clock: Clock
) -> str:
    """A signed token that names the user until `lifetime` has passed."""
    now = clock.now()
    claims = {"sub": str(user_id), "role": role, "iat": now, "exp": now + lifetime, "typ": "access"}
    return jwt.encode(claims, key.get_secret_value(), algorithm=algorithm)


def decode_access_token(token: str, *, key: SecretStr, algorithm: str) -> dict[str, Any]:
    """The claims of a valid, unexpired access token; else raises `AuthenticationFailed`."""
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key.get_secret_value(),
            algorithms=[algorithm],
            options={"require": ["sub", "exp", "iat", "typ"]},
        )
        UUID(claims["sub"])
    except (jwt.InvalidTokenError, ValueError):
        raise AuthenticationFailed from None
    if claims["typ"] != "access":
        raise AuthenticationFailed
    return claims
