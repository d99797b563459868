"""Closed-loop load: so many at a time, each starting its next job when its last one is done."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

Act = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Measured:
    seconds: float
    latencies: list[float]
    """Of each that ended within the time. [s]"""

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.seconds

    def percentile_ms(self, percent: int) -> float:
        return statistics.quantiles(self.latencies, n=100, method="inclusive")[percent - 1] * 1000


async def load(acts: list[Act], seconds: float, *, at_least: int = 2) -> Measured:
    """Let every act repeat itself for `seconds`, and until each has ended `at_least` times."""
    latencies: list[float] = []
    began = time.perf_counter()

    async def repeat(act: Act) -> None:
        done = 0
        while done < at_least or time.perf_counter() - began < seconds:
            started = time.perf_counter()
            await act()
            latencies.append(time.perf_counter() - started)
            done += 1

    async with asyncio.TaskGroup() as group:
        for act in acts:
            group.create_task(repeat(act))
    return Measured(time.perf_counter() - began, latencies)
