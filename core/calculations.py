"""Long calculations, beside the event loop and one after the other."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import ParamSpec, TypeVar

Given = ParamSpec("Given")
Found = TypeVar("Found")


class Calculations:
    """One thread of a process for what would keep its event loop from answering.

    The interpreter does one thing at a time: two calculations at once end no sooner than one after the other, and the
    loop waits behind both each time it wants its turn.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="calculation")

    async def __call__(
        self, calculation: Callable[Given, Found], *args: Given.args, **kwargs: Given.kwargs
    ) -> Found:
        """What the calculation finds, when those before it have ended; it sees the caller's context variables."""
        carried_out = partial(copy_context().run, calculation, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._thread, carried_out)
