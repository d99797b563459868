"""Calls that may hang for as long as somebody else's server likes."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar, TypeVarTuple

Given = TypeVarTuple("Given")
Found = TypeVar("Found")


async def in_own_thread(call: Callable[[*Given], Found], *given: *Given) -> Found:
    """What the call returns or raises.

    A thread cannot be stopped. In the loop's executor one that hangs takes its place from everybody's calls, and the
    end of the process waits for it; this one is left behind when nobody waits for it any more.
    """
    outcome: Future[Found] = Future()
    outcome.set_running_or_notify_cancel()  # so that a waiter who leaves does not cancel it under the call

    def carry_out() -> None:
        try:
            found = call(*given)
        except BaseException as error:  # noqa: BLE001  raised again where it is awaited
            outcome.set_exception(error)
        else:
            outcome.set_result(found)

    Thread(target=carry_out, name=getattr(call, "__name__", None), daemon=True).start()
    return await asyncio.wrap_future(outcome)
