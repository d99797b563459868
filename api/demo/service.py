"""The whole service as a process of its own, for as long as the demo needs it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from api.servers import environment_of
from core.config import Settings
from core.errors import SolarSyncError

START_SECONDS = 60
STOP_SECONDS = 30


@contextmanager
def running_service(
    settings: Settings, variables: Mapping[str, str], log_file: Path
) -> Iterator[httpx.Client]:
    """A client of `solarsync serve`, started on a free port and ready; drained when the context ends."""
    port = free_port()
    with log_file.open("ab") as log:
        process = subprocess.Popen(  # noqa: S603  our own command
            [sys.executable, "-m", "api.cli", "serve", "--port", str(port)],
            env={**os.environ, **environment_of(settings), **variables},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C reaches the demo, which then asks the service to drain
        )
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=90) as client:
                _wait_until_ready(client, process, log_file)
                yield client
        finally:
            _stop(process)


def _wait_until_ready(client: httpx.Client, process: subprocess.Popen[bytes], log_file: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(httpx.TransportError):
            if client.get("/health/ready").is_success:
                return
        time.sleep(0.05)
    raise SolarSyncError(f"The service did not get ready; see {log_file}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
