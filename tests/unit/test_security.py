from datetime import UTC, datetime, timedelta

import jwt
import pytest
from pydantic import SecretStr

from core.clock import FixedClock, SystemClock
from core.errors import AuthenticationFailed, InvalidInput
from core.ids import new_id
from core.security import (
    BCRYPT_LIMIT,
    UNKNOWN_USER_HASH,
    create_access_token,
    decode_access_token,
    get_password_hash,
    verify_password,
)

KEY = SecretStr("k" * 80)


def _token(**changes: object) -> str:
    arguments = {
        "login_id": new_id(),
        "key": KEY,
        "algorithm": "HS256",
        "lifetime": timedelta(minutes=15),
        "clock": SystemClock(),
    }
    return create_access_token(new_id(), "technician", **(arguments | changes))  # type: ignore[arg-type]


def test_a_password_matches_its_own_hash_only() -> None:
    hashed = get_password_hash("correct horse battery")
    assert hashed.startswith("$2b$")
    assert verify_password("correct horse battery", hashed)
    assert not verify_password("correct horse", hashed)


def test_a_password_that_bcrypt_would_cut_is_refused_by_name() -> None:
    get_password_hash("x" * BCRYPT_LIMIT)
    with pytest.raises(InvalidInput) as refused:
        get_password_hash("é" * (BCRYPT_LIMIT // 2) + "x")
    assert refused.value.errors[0].pointer == "/password"


def test_a_password_over_the_limit_matches_nothing() -> None:
    assert not verify_password("x" * 73, get_password_hash("x" * 72))


def test_the_hash_for_unknown_users_is_well_formed_and_matches_no_guess() -> None:
    assert not verify_password("password", UNKNOWN_USER_HASH)


def test_an_unknown_user_costs_the_same_bcrypt_as_a_wrong_password() -> None:
    own = get_password_hash("correct horse battery")
    assert own.split("$")[1:3] == UNKNOWN_USER_HASH.split("$")[1:3]  # scheme and cost decide bcrypt's time
    assert len(own) == len(UNKNOWN_USER_HASH)


def test_a_token_names_its_user_and_role() -> None:
    user_id = new_id()
    token = create_access_token(
        user_id,
        "admin",
        login_id=new_id(),
        key=KEY,
        algorithm="HS256",
        lifetime=timedelta(minutes=1),
        clock=SystemClock(),
    )
    claims = decode_access_token(token, key=KEY, algorithm="HS256")
    assert (claims["sub"], claims["role"]) == (str(user_id), "admin")


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("", id="empty"),
        pytest.param("a.b.c", id="garbage"),
        pytest.param(_token(key=SecretStr("q" * 80)), id="another key"),
        pytest.param(_token(algorithm="HS512"), id="another algorithm"),
        pytest.param(_token(clock=FixedClock(datetime(2020, 1, 1, tzinfo=UTC))), id="expired"),
        pytest.param(jwt.encode({"sub": str(new_id())}, "k" * 80), id="without expiry"),
        pytest.param(
            jwt.encode({"sub": str(new_id()), "exp": 4e9, "iat": 0, "typ": "refresh"}, "k" * 80),
            id="another kind of token",
        ),
        pytest.param(
            jwt.encode({"sub": "nobody", "exp": 4e9, "iat": 0, "typ": "access"}, "k" * 80), id="no user id"
        ),
        pytest.param(
            jwt.encode({"sub": str(new_id()), "exp": 4e9, "iat": 0, "typ": "access"}, "", algorithm="none"),
            id="alg none",
        ),
    ],
)
def test_a_token_that_is_not_ours_is_refused(token: str) -> None:
    with pytest.raises(AuthenticationFailed):
        decode_access_token(token, key=KEY, algorithm="HS256")
