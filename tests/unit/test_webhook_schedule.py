from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.webhooks.schedule import (
    DELAYS,
    DISABLE_AFTER,
    JITTER,
    LONGEST_WISH,
    PUT_OFF_LEAST,
    PUT_OFF_MOST,
    Answer,
    put_off,
    verdict,
    wish,
)

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
fractions = st.floats(0, 1)


def test_attempts_span_over_a_day_and_grow_apart() -> None:
    assert timedelta(hours=24) < sum(DELAYS, timedelta(0)) < timedelta(hours=30)
    assert list(DELAYS) == sorted(set(DELAYS))
    assert sum(DELAYS, timedelta(0)) * (1 - JITTER) > DISABLE_AFTER


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_any_success_is_a_delivery(status: int) -> None:
    assert verdict(Answer(status=status), 1, 0.5).status == "delivered"


@given(st.sampled_from([None, 301, 307, 400, 401, 404, 429, 500, 503]), st.integers(1, 10), fractions)
def test_anything_else_is_tried_again_after_a_delay_with_jitter(
    status: int | None, attempt: int, jitter: float
) -> None:
    judged = verdict(Answer(status=status), attempt, jitter)
    assert judged.status == "pending"
    assert judged.again_in is not None
    assert 1 - JITTER <= judged.again_in / DELAYS[attempt - 1] <= 1 + JITTER + 1e-6


def test_the_last_attempt_is_the_last() -> None:
    assert verdict(Answer(status=500), len(DELAYS) + 1, 0.5).status == "failed"
    assert verdict(Answer(status=200), len(DELAYS) + 1, 0.5).status == "delivered"


def test_a_receiver_that_is_gone_is_not_asked_again() -> None:
    judged = verdict(Answer(status=410), 1, 0.5)
    assert (judged.status, judged.gone, judged.again_in) == ("failed", True, None)


@given(st.integers(0, 100_000), st.integers(1, 10), fractions)
def test_a_receiver_may_ask_for_more_time_and_never_for_less(
    seconds: int, attempt: int, jitter: float
) -> None:
    plain = verdict(Answer(status=503), attempt, jitter).again_in
    asked = verdict(Answer(status=503, wish=timedelta(seconds=seconds)), attempt, jitter).again_in
    assert plain is not None
    assert asked == max(plain, timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("failing", "least"),
    [
        (timedelta(0), PUT_OFF_LEAST),
        (timedelta(minutes=5), PUT_OFF_LEAST),
        (timedelta(hours=1), timedelta(minutes=6)),
        (timedelta(hours=20), PUT_OFF_MOST),
    ],
)
@given(jitter=fractions)
def test_the_longer_a_webhook_fails_the_longer_its_messages_wait(
    failing: timedelta, least: timedelta, jitter: float
) -> None:
    assert least <= put_off(failing, jitter) <= 2 * least


@pytest.mark.parametrize(
    ("retry_after", "wanted"),
    [
        (None, None),
        ("120", timedelta(minutes=2)),
        ("0", timedelta(0)),
        ("999999999999", LONGEST_WISH),
        ("Wed, 04 Mar 2026 12:01:00 GMT", timedelta(minutes=1)),
        ("Wed, 04 Mar 2026 11:00:00 GMT", timedelta(0)),
        ("Wed, 04 Mar 2036 12:01:00 GMT", LONGEST_WISH),
        ("soon", None),
        ("-5", None),
        ("²", None),
    ],
)
def test_a_wish_is_read_in_both_its_forms(retry_after: str | None, wanted: timedelta | None) -> None:
    assert wish(retry_after, NOW) == wanted
