import asyncio
import threading

import pytest

from core.threads import in_own_thread


async def test_what_a_call_returns_or_raises_comes_back() -> None:
    assert await in_own_thread(divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        await in_own_thread(divmod, 7, 0)


def test_a_call_that_hangs_keeps_no_process_from_ending(caplog: pytest.LogCaptureFixture) -> None:
    released, ended = threading.Event(), threading.Event()

    def hang() -> None:
        released.wait(20)
        ended.set()

    async def gives_up() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(in_own_thread(hang), 0.05)

    asyncio.run(gives_up())
    assert not ended.is_set()
    (thread,) = (each for each in threading.enumerate() if each.name == "hang")
    released.set()
    thread.join(20)  # its answer finds a loop that is closed
    assert caplog.records == []
