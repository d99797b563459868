from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from core.webhooks.messages import RecordedEvent, body, headers, message_id, new_secret

EVENT = RecordedEvent(
    id=7,
    job_id=UUID("01890a5d-ac96-774b-bcce-b302099a8057"),
    run_id=None,
    at=datetime(2026, 3, 4, 8, 9, 10, 250_000, tzinfo=UTC),
    type="result.stored",
    actor="service",
    data={"version": 2},
)


def test_the_signature_is_that_of_the_published_vector() -> None:
    # standard-webhooks/standard-webhooks, libraries/python/tests/test_webhooks.py, test_sign_function
    signed = headers(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        datetime.fromtimestamp(1_614_265_330, UTC),
        b'{"test": 2432232314}',
    )
    assert signed == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_the_moment_is_signed_whatever_zone_it_is_told_in() -> None:

    at = datetime(2026, 3, 4, 12, tzinfo=UTC)
    east = at.astimezone(timezone(timedelta(hours=3)))
    assert headers("whsec_" + "A" * 32, "m", at, b"{}") == headers("whsec_" + "A" * 32, "m", east, b"{}")


@given(st.text(max_size=50))
def test_a_receiver_accepts_what_we_sign_and_nothing_that_was_changed(text: str) -> None:
    secret, content = new_secret(), orjson.dumps({"text": text})
    signed = headers(secret, "msg_1", datetime.now(UTC), content)
    assert Webhook(secret).verify(content, signed) == {"text": text}
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(content + b" ", signed)
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(content, signed)


def test_secrets_are_long_and_never_the_same() -> None:
    first, second = new_secret(), new_secret()
    assert first != second
    assert first.startswith("whsec_")
    assert len(first) == len("whsec_") + 44


def test_a_message_has_the_form_the_specification_recommends() -> None:
    assert orjson.loads(body(EVENT)) == {
        "type": "result.stored",
        "timestamp": "2026-03-04T08:09:10.250000Z",
        "data": {
            "job_id": "01890a5d-ac96-774b-bcce-b302099a8057",
            "run_id": None,
            "event_id": 7,
            "actor": "service",
            "detail": {"version": 2},
        },
    }


def test_an_id_holds_no_full_stop_since_that_is_what_separates_signed_parts() -> None:
    assert message_id(EVENT.job_id) == "msg_01890a5dac96774bbcceb302099a8057"
