"""What every request to one provider passes: its circuit breaker, its turn, its budget.

The budget is counted in Redis and shared by all processes; breaker and turn are of this process. Of failures that
would repeat, one in three minutes is found out by asking; the others are answered at once.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime

import httpx

from core.clients.budget import Budget
from core.clock import Clock, SystemClock
from core.errors import ProviderUnavailable
from core.metrics import PROVIDER_CALLS, PROVIDER_SECONDS

FAILURES = 3
"""In a row, each after its own attempts, before the breaker opens."""

REST_SECONDS = 60.0
"""How long it stays open; then one request tries again."""

PAUSES = {"minutely": 60.0, "hourly": 3600.0, "daily": 86_400.0}
"""How long a limit lasts that a 429 names; each ends with its minute, hour or day."""

UNNAMED_PAUSE = 60.0
LONGEST_PAUSE = 86_400.0


class NotAsked(ProviderUnavailable):
    """Nothing was sent: the breaker is open or the budget used up; of the latter it is known for how many seconds."""

    def __init__(self, provider: str, reason: str, again_in: float | None = None) -> None:
        super().__init__(provider, reason)
        self.again_in = again_in


class NotCovered(ProviderUnavailable):
    """The provider is well and has nothing for this place."""


class Breaker:
    """Closed while requests succeed; after `FAILURES` in a row open for a while, then half open for one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures = 0
        self._opened_at: float | None = None

    @property
    def rest(self) -> float:
        """Seconds for which nothing is asked; 0 when closed, or open long enough to try again."""
        if self._opened_at is None:
            return 0.0
        return max(0.0, self._opened_at + REST_SECONDS - self._clock.now().timestamp())

    def succeeded(self) -> None:
        self._failures, self._opened_at = 0, None

    def failed(self) -> None:
        self._failures += 1
        if self._failures >= FAILURES:
            # The one that tried again and failed opens it anew.
            self._opened_at = self._clock.now().timestamp()

    def try_once(self) -> None:
        """The rest is over: whoever comes next waits for what this request finds."""
        if self._opened_at is not None:
            self._opened_at = self._clock.now().timestamp()


class Gate:
    """`concurrency` is how many requests of this process may be under way at a time."""

    def __init__(
        self,
        provider: str,
        *,
        budget: Budget | None = None,
        concurrency: int = 8,
        clock: Clock | None = None,
    ) -> None:
        self.provider = provider
        self._clock = clock or SystemClock()
        self._breaker = Breaker(self._clock)
        self._budget = budget
        self._turns = asyncio.Semaphore(concurrency)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn; raises `NotAsked` at once while the breaker is open."""
        self._check()
        async with self._turns:
            self._check()
            self._breaker.try_once()
            started = time.perf_counter()
            try:
                yield
            finally:
                PROVIDER_SECONDS.labels(self.provider).observe(time.perf_counter() - started)

    def _check(self) -> None:
        if self._breaker.rest > 0.0:
            PROVIDER_CALLS.labels(self.provider, "not_asked").inc()
            raise NotAsked(
                self.provider, f"failed {FAILURES} times in a row, left alone for {self._breaker.rest:.0f} s"
            )

    async def spend(self, weight: float) -> None:
        """Take one request's weight from the budget; raises `NotAsked` where it is used up."""
        if self._budget is None:
            return
        refusal = await self._budget.spend(self.provider, weight, self._clock.now())
        if refusal is not None:
            PROVIDER_CALLS.labels(self.provider, "not_asked").inc()
            raise NotAsked(self.provider, refusal.reason, refusal.again_in)

    async def refused(self, status: int, reason: str, headers: httpx.Headers) -> None:
        """Heed a 429: nobody asks again before the limit that it names has passed."""
        if status != httpx.codes.TOO_MANY_REQUESTS or self._budget is None or "concurrent" in reason.lower():
            return
        now = self._clock.now()
        named = next((span for word, span in PAUSES.items() if word in reason.lower()), None)
        if named is not None:
            seconds = named - now.timestamp() % named
        else:
            seconds = _retry_after(headers.get("retry-after"), now.timestamp()) or UNNAMED_PAUSE
        await self._budget.pause(self.provider, min(max(seconds, 1.0), LONGEST_PAUSE))

    def succeeded(self) -> None:
        PROVIDER_CALLS.labels(self.provider, "answered").inc()
        self._breaker.succeeded()

    def failed(self) -> None:
        PROVIDER_CALLS.labels(self.provider, "failed").inc()
        self._breaker.failed()


def _retry_after(value: str | None, now: float) -> float | None:
    """Seconds, from either of the header's forms."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        return parsedate_to_datetime(value).timestamp() - now
    except ValueError:
        return None
