"""What an attempt's answer means, and when the next attempt is made."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final, Literal

DELAYS: Final = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=4),
    timedelta(hours=8),
    timedelta(hours=12),
)
"""After each failed attempt; together over a day, in the shape of the specification's example of three days."""

JITTER: Final = 0.1
"""Share by which a delay is drawn out or cut short, so that receivers' troubles do not come in waves."""

DISABLE_AFTER: Final = timedelta(hours=24)
"""A webhook that has taken nothing for this long is switched off when it fails again.

Below the shortest a whole schedule can last, DELAYS less their jitter: the last attempt switches off as well."""

PUT_OFF_SHARE: Final = 0.1
PUT_OFF_LEAST: Final = timedelta(seconds=30)
PUT_OFF_MOST: Final = timedelta(minutes=30)
LONG_FAILURE: Final = PUT_OFF_LEAST / PUT_OFF_SHARE
"""From here on messages wait longer than the least; after less, they come by themselves."""

PEOPLE_DELAYS: Final = 4
"""Delays before a text to a person is given up, after about a quarter of an hour: later it would mislead."""

LONGEST_WISH: Final = timedelta(hours=12)
"""How long a receiver may ask to be left alone."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one attempt: a status with the start of the body, or the reason there is none."""

    status: int | None = None
    excerpt: str | None = None
    error: str | None = None
    wish: timedelta | None = None
    """How long the receiver asked to wait."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a message: delivered, tried again after a while, or given up."""

    status: Literal["delivered", "pending", "failed"]
    again_in: timedelta | None = None
    gone: bool = False
    """The receiver wants nothing any more."""


def verdict(answer: Answer, attempt: int, jitter: float, *, delays: int = len(DELAYS)) -> Verdict:
    """Judge the answer to the `attempt`-th attempt, of one more than there are `delays`; `jitter` is random, 0 to 1."""
    if answer.status is not None and HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return Verdict("delivered")
    if answer.status == HTTPStatus.GONE:
        return Verdict("failed", gone=True)
    if attempt > delays:
        return Verdict("failed")
    delay = DELAYS[attempt - 1] * (1 - JITTER + 2 * JITTER * jitter)
    return Verdict("pending", again_in=max(delay, answer.wish or delay))


def put_off(failing: timedelta, jitter: float) -> timedelta:
    """How long a message waits where another has just tried its webhook: up to twice a tenth of the failure so far.

    What waits is looked at again each time, and a day's messages looked at every minute are a load of their own.
    """
    share = min(max(failing * PUT_OFF_SHARE, PUT_OFF_LEAST), PUT_OFF_MOST)
    return share * (1.0 + jitter)


def wish(retry_after: str | None, now: datetime) -> timedelta | None:
    """`Retry-After` (RFC 9110, 10.2.3), as seconds or as a date; None where it is absent or makes no sense."""
    if retry_after is None:
        return None
    if retry_after.isascii() and retry_after.isdecimal():
        return timedelta(seconds=min(float(retry_after), LONGEST_WISH.total_seconds()))
    try:
        until = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return min(max(until - now, timedelta(0)), LONGEST_WISH)
