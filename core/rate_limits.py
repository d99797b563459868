"""How often somebody may ask in a minute, and guess a password, counted for all processes together in Redis.

Counts are of fixed windows, the one before weighed in by the part of it that the last sixty seconds still cover. One
script counts several at once, since this is a part of every request.
"""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any, Final, cast

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from core.errors import StorageUnavailable

log = structlog.get_logger(__name__)

WINDOW: Final = 60
"""[s]"""
PATIENCE = 0.25
"""How long a request waits to be counted before it goes on uncounted. [s]"""
PAUSE = timedelta(seconds=5)
"""How long nobody tries after a count that failed."""

AHEAD: Final = 10
"""How many requests of somebody a process counts at once, and then answers so many without asking Redis.

Never more than it has had of them in this window: where fifty processes serve somebody, none counts much too many.
"""
SHARE: Final = 60
"""Of a limit, what it may count ahead: where several processes do, the limit is reached that much too soon."""
KNOWN: Final = 10_000
"""Of how many a process remembers what it has counted ahead."""

_COUNT = """
local counts = {}
for i = 1, #KEYS, 2 do
  local now = redis.call('INCRBY', KEYS[i], ARGV[(i + 3) / 2])
  if now == tonumber(ARGV[(i + 3) / 2]) then redis.call('EXPIRE', KEYS[i], ARGV[1]) end
  counts[i] = now
  counts[i + 1] = tonumber(redis.call('GET', KEYS[i + 1]) or '0')
end
return counts
"""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What somebody has left; `reset` [s] is when the window ends."""

    limit: int
    used: int
    reset: int

    @property
    def left(self) -> int:
        return max(0, self.limit - self.used)

    @property
    def exceeded(self) -> bool:
        return self.used > self.limit


@dataclass(slots=True)
class _Counted:
    """What Redis said of somebody in this window, and how many of those requests have not come yet."""

    used: int
    before: int
    ahead: int
    had: int
    """Requests of theirs that this process has had in this window."""

    def take(self, covered: float) -> int:
        """How many requests there were up to this one, the window before weighed in."""
        self.ahead -= 1
        self.had += 1
        return self.used - self.ahead + math.floor(self.before * covered)


class RateLimits:
    """Requests a minute, by whoever asks."""

    def __init__(self, redis: Redis) -> None:
        self._script = redis.register_script(_COUNT)
        self._paused_until: datetime | None = None
        self._window = 0.0
        self._counted: dict[str, _Counted] = {}

    async def count(self, limits: Sequence[tuple[str, int]], now: datetime) -> list[Allowance] | None:
        """Count one request for each (who, limit); None where Redis does not answer, and nothing is limited.

        A service that can still answer is worth more than one that counts: what guards a password is `LoginThrottle`.
        """
        if self._paused_until is not None and now < self._paused_until:
            return None
        window, elapsed = divmod(now.timestamp(), WINDOW)
        if window != self._window or len(self._counted) > KNOWN:
            self._window, self._counted = window, {}
        covered, reset = 1 - elapsed / WINDOW, math.ceil(WINDOW - elapsed)
        used = {
            who: known.take(covered) for who, _ in limits if (known := self._counted.get(who)) and known.ahead
        }
        unknown = [each for each in limits if each[0] not in used]
        if unknown:
            counted = await self._count_ahead(unknown, window, now)
            if counted is None:
                return None
            used |= {who: each.take(covered) for who, each in counted.items()}
            if window == self._window:
                self._counted |= counted
        return [Allowance(limit, used[who], reset) for who, limit in limits]

    async def _count_ahead(
        self, limits: Sequence[tuple[str, int]], window: float, now: datetime
    ) -> dict[str, _Counted] | None:
        """Have Redis count the next requests of each (who, limit); None where it does not answer."""
        keys = [f"solarsync:rate:{{{who}}}:{int(at)}" for who, _ in limits for at in (window, window - 1)]
        had = [known.had if (known := self._counted.get(who)) else 0 for who, _ in limits]
        ahead = [
            max(1, min(AHEAD, limit // SHARE, seen)) for (_, limit), seen in zip(limits, had, strict=True)
        ]
        try:
            async with asyncio.timeout(PATIENCE):
                counts = cast("list[int]", await self._script(keys=keys, args=[2 * WINDOW, *ahead]))
        except (RedisError, OSError, TimeoutError) as error:
            self._paused_until = now + PAUSE
            log.warning("core.rate_limits.unavailable", error=type(error).__name__)
            return None
        self._paused_until = None
        return {
            who: _Counted(counts[2 * i], counts[2 * i + 1], ahead[i], had[i])
            for i, (who, _) in enumerate(limits)
        }


GUESSES: Final = 10
"""Wrong passwords for one account from one address."""
GUESSES_BY_ADDRESS: Final = 100
"""Wrong passwords from one address, for whatever accounts; a whole office may be behind it."""
GUESSING_WINDOW: Final = 900
"""[s]"""

_TRY = """
local waits = 0
for i = 1, #KEYS do
  if tonumber(redis.call('GET', KEYS[i]) or '0') >= tonumber(ARGV[1 + i]) then
    waits = math.max(waits, redis.call('TTL', KEYS[i]), 1)
  end
end
if waits > 0 then return waits end
for i = 1, #KEYS do
  if redis.call('INCR', KEYS[i]) == 1 then redis.call('EXPIRE', KEYS[i], ARGV[1]) end
end
return 0
"""
"""Count a try, or say how many seconds none is heard; counted before the password is looked at, so that a thousand
at once are not all looked at before the first is counted."""

_FORGIVE = """
redis.call('DEL', KEYS[1])
if tonumber(redis.call('GET', KEYS[2]) or '0') > 0 then redis.call('DECR', KEYS[2]) end
"""
"""Take back a try that was right. A count whose window has ended meanwhile stays away: DECR would make it anew, without
an end, and the address would never be heard again once it is full."""


class LoginThrottle:
    """Tries to log in, by account and address together: nobody can lock out an owner who is elsewhere."""

    def __init__(self, redis: Redis) -> None:
        self._try = redis.register_script(_TRY)
        self._forgive = redis.register_script(_FORGIVE)

    async def try_once(self, username: str, address: str) -> int:
        """Count a try; 0, or the seconds for which this account is not heard from this address.

        Raises
        ------
        StorageUnavailable
            Redis does not count. A password that may be guessed without limit is not asked for.
        """
        keys = _throttle_keys(username, address)
        try:
            async with asyncio.timeout(PATIENCE * 4):
                return int(
                    cast(
                        "Any",
                        await self._try(keys=keys, args=[GUESSING_WINDOW, GUESSES, GUESSES_BY_ADDRESS]),
                    )
                )
        except (RedisError, OSError, TimeoutError):
            raise StorageUnavailable("Logins cannot be counted now; those who are logged in go on.") from None

    async def succeeded(self, username: str, address: str) -> None:
        """Forget the account's wrong tries from here, and this one of the address."""
        try:
            await self._forgive(keys=_throttle_keys(username, address))
        except RedisError as error:
            log.warning("core.rate_limits.unavailable", error=type(error).__name__)


def _throttle_keys(username: str, address: str) -> list[str]:
    # Hashed: a name may hold anything, and may be a password typed into the wrong field.
    account = blake2b(username.lower().encode(errors="replace"), digest_size=16).hexdigest()
    return [f"solarsync:login:{{{address}}}:{account}", f"solarsync:login:{{{address}}}"]
