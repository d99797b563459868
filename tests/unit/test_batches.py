import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from graph.batches import batches


async def test_what_comes_at_once_is_one_batch_and_what_comes_meanwhile_the_next() -> None:
    resume, finished = asyncio.Event(), asyncio.Event()

    async def stream() -> AsyncIterator[int]:
        yield 1
        yield 2
        await resume.wait()
        yield 3
        yield 4
        finished.set()

    seen = []
    async for batch in batches(stream()):
        seen.append(batch)
        resume.set()
        await finished.wait()
    assert seen == [[1, 2], [3, 4]]


async def test_an_error_comes_after_what_preceded_it() -> None:
    async def stream() -> AsyncIterator[int]:
        yield 1
        raise LookupError

    async with aclosing(batches(stream())) as coming:
        assert await anext(coming) == [1]
        with pytest.raises(LookupError):
            await anext(coming)


async def test_a_reader_that_leaves_ends_the_stream() -> None:
    ended = asyncio.Event()

    async def stream() -> AsyncIterator[int]:
        try:
            yield 1
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with aclosing(batches(stream())) as coming:
        assert await anext(coming) == [1]
    assert ended.is_set()


async def test_a_stream_without_items_has_no_batch() -> None:
    async def stream() -> AsyncIterator[int]:
        for item in list[int]():
            yield item

    assert [batch async for batch in batches(stream())] == []


async def test_what_comes_within_the_pause_comes_together_and_an_end_cuts_the_pause_short() -> None:
    async def stream() -> AsyncIterator[int]:
        for item in (1, 2, 3):
            yield item
            await asyncio.sleep(0)

    async with asyncio.timeout(20):
        assert [batch async for batch in batches(stream(), pause=3600)] == [[1, 2, 3]]


async def test_a_stream_that_goes_on_is_told_of_after_the_pause() -> None:
    resume = asyncio.Event()

    async def stream() -> AsyncIterator[int]:
        yield 1
        yield 2
        await resume.wait()
        yield 3

    seen = []
    async with asyncio.timeout(20):
        async for batch in batches(stream(), pause=0.01):
            seen.append(batch)
            resume.set()
    assert seen == [[1, 2], [3]]
