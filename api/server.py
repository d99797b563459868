"""uvicorn, configured for this service."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from fastapi import FastAPI

from api.app import create_app
from core.config import Settings
from core.memory import keep_what_is_loaded


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling: the command decides when it stops."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self._app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drain; who only waits for news is let go at once."""
        self._app.state.services.notifications.release()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def http_server(settings: Settings, host: str, port: int) -> uvicorn.Server:
    """A server for the application, not yet started; set `should_exit` to drain it."""
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        forwarded_allow_ips=[str(network) for network in settings.forwarded_allow_ips],
        timeout_graceful_shutdown=int(settings.shutdown_grace_seconds),
        lifespan="on",
    )
    return _Server(config, app)


async def serve_http(settings: Settings, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT, then answer what is under way and return."""
    from api.commands.start import end_when_frozen, stop_on_signals  # noqa: PLC0415  a command's habits

    server = http_server(settings, host, port)
    keep_what_is_loaded()

    def stop() -> None:
        server.should_exit = True

    stop_on_signals(stop)
    watch = asyncio.create_task(end_when_frozen())
    await server.serve()
    watch.cancel()
    await asyncio.sleep(0)
