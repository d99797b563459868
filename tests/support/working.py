"""A worker in the test's own process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from core.config import Settings
from graph.tasks import work


@asynccontextmanager
async def working(settings: Settings) -> AsyncIterator[None]:
    """Works the queue of `settings` off for as long as the context is entered."""
    stop = asyncio.Event()
    task = asyncio.create_task(work(settings, stop))
    try:
        yield
    finally:
        stop.set()
        async with asyncio.timeout(20):
            await task
