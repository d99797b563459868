"""`solarsync serve`: this process serves HTTP and keeps workers and the schedule alive beside it."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import structlog

from api.commands.start import stop_on_signals
from api.server import http_server
from api.servers import environment_of
from core.config import Settings
from core.database import opened_engine, schema
from core.memory import keep_what_is_loaded

log = structlog.get_logger(__name__)

RESTART_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Part:
    """A process kept alive: its name in the log, and the command it runs."""

    name: str
    arguments: tuple[str, ...]


def _parts(workers: int) -> Iterator[Part]:
    for number in range(1, workers + 1):
        yield Part(f"worker-{number}", ("worker", "--supervised"))
    yield Part("scheduler", ("scheduler", "--supervised"))


async def supervise(settings: Settings, *, host: str, port: int, workers: int) -> None:
    """Migrate, serve, and keep every part running until SIGTERM or SIGINT; then drain all of it."""
    await _migrate(settings)
    stop = asyncio.Event()
    stop_on_signals(stop.set)
    kept = [asyncio.create_task(_keep(part, settings, stop), name=part.name) for part in _parts(workers)]
    server = http_server(settings, host, port)
    keep_what_is_loaded()
    serving = asyncio.create_task(server.serve(), name="http")
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stop.set()
    server.should_exit = True
    await asyncio.gather(*kept, serving, stopped)


async def _migrate(settings: Settings) -> None:
    async with opened_engine(settings.database_url) as engine:
        await schema.upgrade(engine)


async def _keep(part: Part, settings: Settings, stop: asyncio.Event) -> None:
    """Run the part, again where it ends by itself; when `stop` is set, ask it to end and wait."""
    while not stop.is_set():
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "api.cli",
            *part.arguments,
            stdin=asyncio.subprocess.PIPE,  # its end tells the part that this process is gone
            env={**os.environ, **environment_of(settings)},
            start_new_session=True,  # Ctrl-C reaches this process, which then asks its parts to drain
        )
        log.info("api.supervisor.started", part=part.name, pid=process.pid)
        ended = asyncio.create_task(process.wait())
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({ended, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if ended.done() and not stop.is_set():
            log.warning("api.supervisor.ended", part=part.name, exit_code=process.returncode)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), RESTART_SECONDS)
            continue
        await _end(process, ended, settings.shutdown_grace_seconds)


async def _end(process: asyncio.subprocess.Process, ended: asyncio.Task[int], grace: float) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(asyncio.shield(ended), grace + 5)
    if not ended.done():
        process.kill()
        await ended
