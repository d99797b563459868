"""What every long-running command does first: read the settings, start the log, catch the signals."""

import asyncio
import contextlib
import faulthandler
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from core.config import Settings, get_settings, resolve_secret_key
from core.logging import configure_logging

FROZEN_SECONDS = 60.0
"""Nothing of ours keeps the event loop for a second."""


def settings_and_log() -> Settings:
    """The settings of this process, its log configured by them, its warnings given."""
    settings = get_settings()
    configure_logging(settings.log_level, "console" if settings.environment == "development" else "json")
    return settings


def warn_of_defaults(settings: Settings) -> None:
    """Say once, at the start, what works less well as it is configured."""
    log = structlog.get_logger("api.start")
    log.info("api.start.data_folder", path=str(settings.data_dir.absolute()))
    if resolve_secret_key(settings)[1]:
        log.warning("api.start.secret_key_generated", hint="set SECRET_KEY to keep logins valid")
    if settings.openweathermap_api_key is None:
        log.info("api.start.no_openweathermap_key", effect="forecasts come from the other providers")


def run(part: Coroutine[Any, Any, None]) -> None:
    """As `asyncio.run`, on uvloop where there is one: most of a job's work is talking to PostgreSQL and Redis."""
    try:
        import uvloop
    except ImportError:  # Windows has none
        asyncio.run(part)
    else:
        uvloop.run(part)


def stop_on_signals(stop: Callable[[], None]) -> None:
    """Call `stop` on SIGTERM and SIGINT, within a running event loop."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)


async def end_when_frozen(seconds: float = FROZEN_SECONDS) -> None:
    """End this process where its event loop stands still for `seconds`, with the stacks of all threads on stderr.

    A worker that is stuck holds its runs until another takes them over, and there may be no other: whoever keeps it
    running starts it anew. The watch is a thread that needs neither the interpreter's lock nor the loop.
    """
    try:
        while True:
            faulthandler.dump_traceback_later(seconds, exit=True)
            await asyncio.sleep(seconds / 10)
    finally:
        faulthandler.cancel_dump_traceback_later()


async def stop_when_orphaned(stop: Callable[[], None]) -> None:
    """Call `stop` when standard input ends: the supervisor that held its other end is gone."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    with contextlib.suppress(OSError):
        await reader.read()
    stop()
