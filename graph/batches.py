"""Reading a stream without holding it up."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


async def batches(stream: AsyncIterator[T], *, pause: float = 0.0) -> AsyncGenerator[list[T]]:
    """The items of `stream` in lists: those that came while the last list was dealt with, or the next ones.

    Between two lists, and before the first, at least `pause` [s] goes by unless the stream ends.

    The stream is read by a task of its own, which ends with this generator. What it raises is raised here, after
    the items that preceded it.
    """
    come: list[T] = []
    something = asyncio.Event()

    async def read() -> None:
        async for item in stream:
            come.append(item)
            something.set()

    reading = asyncio.create_task(read())
    reading.add_done_callback(lambda _: something.set())
    try:
        while not reading.done() or come:
            if pause:
                await asyncio.wait({reading}, timeout=pause)
            await something.wait()
            something.clear()
            batch = come.copy()
            come.clear()
            if batch:
                yield batch
        await reading
    finally:
        reading.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await reading
