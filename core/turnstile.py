"""Places that are given by priority: a semaphore gives them in the order of arrival alone."""

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count


class Turnstile:
    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._arrivals = count()

    @asynccontextmanager
    async def turn(self, priority: int) -> AsyncIterator[None]:
        """A place, as soon as one is free for which nobody of a higher priority waits, or has waited longer.

        Who is cancelled when it was given, and before it could be taken, passes it on.
        """
        given = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (-priority, next(self._arrivals), given))
        self._give()
        try:
            await given
            yield
        finally:
            if given.done() and not given.cancelled():
                self._free += 1
                self._give()

    def _give(self) -> None:
        while self._free and self._waiting:
            *_, given = heapq.heappop(self._waiting)
            if not given.done():
                self._free -= 1
                given.set_result(None)
