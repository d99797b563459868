"""Running the service: all of it in one command, or one part per process."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on.")]
STOP_SECONDS = 3.0

Supervised = Annotated[bool, typer.Option("--supervised", hidden=True)]


def serve(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Worker processes.")] = 1,
) -> None:
    """Everything in one: migrations, API, workers, schedule; embedded servers where URLs are unset."""
    from api.commands.start import run, settings_and_log, warn_of_defaults
    from api.servers import with_servers
    from api.supervisor import supervise

    settings = settings_and_log()
    warn_of_defaults(settings)
    with with_servers(settings, await_stop=STOP_SECONDS) as complete:
        run(supervise(complete, host=host, port=port, workers=workers))


def api(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """Only the HTTP API; the database must be migrated."""
    from api.commands.start import run, settings_and_log, warn_of_defaults
    from api.server import serve_http
    from api.servers import with_servers

    settings = settings_and_log()
    warn_of_defaults(settings)
    with with_servers(settings) as complete:
        run(serve_http(complete, host, port))


def worker(
    concurrency: Annotated[int | None, typer.Option(min=1, max=256, help="Runs at a time.")] = None,
    supervised: Supervised = False,
) -> None:
    """Only a worker: carries out queued runs."""
    from graph.tasks import work

    changes = {} if concurrency is None else {"worker_concurrency": concurrency}
    _run_until_stopped(work, changes, supervised=supervised)


def scheduler(supervised: Supervised = False) -> None:
    """Only the schedule: refreshes the weather of active jobs."""
    from graph.tasks import keep_schedule

    _run_until_stopped(keep_schedule, {}, supervised=supervised)


def _run_until_stopped(
    part: Callable[..., Awaitable[None]], changes: dict[str, int], *, supervised: bool
) -> None:
    from api.commands.start import (
        end_when_frozen,
        run,
        settings_and_log,
        stop_on_signals,
        stop_when_orphaned,
    )
    from api.servers import with_servers
    from core.memory import keep_what_is_loaded

    settings = settings_and_log().model_copy(update=changes)

    async def work() -> None:
        stop = asyncio.Event()
        stop_on_signals(stop.set)
        watches = [asyncio.create_task(end_when_frozen())]
        if supervised:
            watches.append(asyncio.create_task(stop_when_orphaned(stop.set)))
        keep_what_is_loaded()
        await part(complete, stop)
        for watch in watches:
            watch.cancel()

    with with_servers(settings) as complete:
        run(work())
