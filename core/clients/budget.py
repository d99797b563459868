"""What each provider allows in a minute, an hour and a day, counted for all processes together in Redis.

One script checks and counts the three windows at once, so ten processes at the edge of a limit pass it by nothing. A
Redis that lost its memory starts the windows anew: the provider's own 429 is then heeded as a pause.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from core.clients.limits import LIMITS, WINDOWS, Limits
from core.errors import StorageUnavailable

_PREFIX = "solarsync:budget"

_SPEND = """
local ttl = redis.call('PTTL', KEYS[4])
if ttl > 0 then return {-1, ttl} end
local weight = tonumber(ARGV[1])
for i = 1, 3 do
  local limit = tonumber(ARGV[1 + i])
  local used = tonumber(redis.call('GET', KEYS[i]) or '0')
  if limit > 0 and used + weight > limit + 1e-9 then return {i, 0} end
end
for i = 1, 3 do
  redis.call('INCRBYFLOAT', KEYS[i], weight)
  redis.call('EXPIRE', KEYS[i], ARGV[4 + i])
end
return {0, 0}
"""
"""Refuse, or count; never both. 0: counted, 1 to 3: which window is full, -1: paused for so many ms."""


class Refusal(NamedTuple):
    """Why a request may not be sent, and in how many seconds it may."""

    reason: str
    again_in: float


@dataclass(frozen=True, slots=True)
class Usage:
    """What a window holds at the moment; `limit` 0 means none."""

    used: float
    limit: int


class Budget:
    """Shared by every process on the same Redis."""

    def __init__(self, redis: Redis, limits: Mapping[str, Limits] | None = None) -> None:
        self._redis = redis
        self._limits = {**LIMITS, **(limits or {})}
        self._script = redis.register_script(_SPEND)

    async def spend(self, provider: str, weight: float, now: datetime) -> Refusal | None:
        """Count one request; where it may not be sent the refusal is returned, and nothing counted."""
        limits = self._limits.get(provider, Limits())
        bounds = [limits.minute, limits.hour, limits.day]
        keys = [*_keys(provider, now), f"{_PREFIX}:{{{provider}}}:pause"]
        ends = [2 * seconds for seconds in WINDOWS.values()]
        try:
            full, pause = cast(
                "tuple[int, int]", await self._script(keys=keys, args=[weight, *bounds, *ends])
            )
        except RedisError as error:
            raise StorageUnavailable(f"Redis cannot count requests ({type(error).__name__}).") from None
        if full == -1:
            return Refusal(f"asked us to wait; {pause / 1000:.0f} s are left", pause / 1000)
        if full:
            window = list(WINDOWS)[full - 1]
            article = "an" if window == "hour" else "a"
            used_up = f"our budget of {bounds[full - 1]} calls {article} {window} is used up"
            return Refusal(used_up, WINDOWS[window] - now.timestamp() % WINDOWS[window])
        return None

    async def pause(self, provider: str, seconds: float) -> None:
        """Let nobody ask for so long."""
        try:
            await self._redis.set(f"{_PREFIX}:{{{provider}}}:pause", 1, px=round(seconds * 1000))
        except RedisError as error:
            raise StorageUnavailable(f"Redis cannot keep a pause ({type(error).__name__}).") from None

    async def usage(self, provider: str, now: datetime) -> dict[str, Usage]:
        """By window: what was used, of how much."""
        limits = self._limits.get(provider, Limits())
        try:
            used: list[Any] = await self._redis.mget(_keys(provider, now))
        except RedisError as error:
            raise StorageUnavailable(f"Redis cannot be read ({type(error).__name__}).") from None
        return {
            window: Usage(float(value or 0.0), limit)
            for window, value, limit in zip(
                WINDOWS, used, (limits.minute, limits.hour, limits.day), strict=True
            )
        }

    async def paused(self, provider: str) -> float:
        """Seconds left of a pause, 0 without one."""
        try:
            left = await self._redis.pttl(f"{_PREFIX}:{{{provider}}}:pause")
        except RedisError as error:
            raise StorageUnavailable(f"Redis cannot be read ({type(error).__name__}).") from None
        return max(0.0, float(left) / 1000.0)


def _keys(provider: str, now: datetime) -> list[str]:
    at = int(now.timestamp())
    return [f"{_PREFIX}:{{{provider}}}:{window}:{at // seconds}" for window, seconds in WINDOWS.items()]
