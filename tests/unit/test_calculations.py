import asyncio
import threading
import time
from contextvars import ContextVar

import pytest

from core.calculations import Calculations

whose: ContextVar[str] = ContextVar("whose")


async def test_calculations_take_turns_in_their_order_while_the_loop_goes_on() -> None:
    calculate, began, under_way = Calculations(), list[int](), list[int]()

    def work(number: int) -> int:
        began.append(number)
        under_way.append(number)
        time.sleep(0.01)
        at_once = len(under_way)
        under_way.remove(number)
        return at_once

    loops = 0
    working = asyncio.gather(*(calculate(work, number) for number in range(5)))
    while not working.done():
        await asyncio.sleep(0)
        loops += 1
    assert await working == [1, 1, 1, 1, 1]
    assert began == [0, 1, 2, 3, 4]
    assert loops > 5


async def test_one_that_nobody_waits_for_any_more_is_not_begun() -> None:
    calculate, free = Calculations(), threading.Event()
    first = asyncio.create_task(calculate(free.wait))
    begun: list[str] = []
    second = asyncio.create_task(calculate(begun.append, "second"))
    await asyncio.sleep(0)
    second.cancel()
    free.set()
    assert await first
    await calculate(begun.append, "third")
    assert begun == ["third"]


async def test_it_sees_what_its_caller_sees_and_raises_what_goes_wrong() -> None:
    calculate = Calculations()
    whose.set("mine")
    assert await calculate(whose.get) == "mine"
    with pytest.raises(ZeroDivisionError):
        await calculate(divmod, 1, 0)
