"""What serves the same graph: ours, LangGraph's development server, and the least one could write oneself."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from api.demo.service import free_port
from tests.bench.support.http_client import Connection
from tests.bench.support.load import Act

ROOT = Path(__file__).parents[3]
READY_WITHIN = 90
STOPPED_WITHIN = 30
USERNAME, PASSWORD = "bench", "benches-log-in-too"
KEPT_OUT = ("LANGSMITH", "LANGCHAIN", "OPENAI")
UNLIMITED = {"RATE_LIMIT_PER_MINUTE": "100000000", "RATE_LIMIT_PER_ADDRESS_PER_MINUTE": "100000000"}

Variables = dict[str, str]


@dataclass(frozen=True, slots=True)
class Contender:
    """A running service: its processes, and one client's way from a job to its stored result."""

    processes: dict[str, int]
    """Process ids by the part's name."""
    client: Callable[[], Act]
    port: int


@contextmanager
def process(
    arguments: Sequence[str | Path], variables: Variables, log_file: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a session of its own, drained at the end."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(KEPT_OUT)}
    inherited.pop("PYTHONDONTWRITEBYTECODE", None)
    with log_file.open("ab") as log:
        started = subprocess.Popen(
            arguments,
            cwd=ROOT,
            env=inherited | UNLIMITED | variables,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield started
    finally:
        started.send_signal(signal.SIGTERM)
        try:
            started.wait(STOPPED_WITHIN)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(started.pid, signal.SIGKILL)
            started.wait()


def wait_until_ready(url: str, log_file: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline:
        with suppress(httpx.TransportError):
            if httpx.get(url).is_success:
                return
        time.sleep(0.1)
    raise TimeoutError(f"{url} did not get ready:\n{log_file.read_text()[-3000:]}")


@contextmanager
def solarsync(variables: Variables, job: dict[str, Any], log_file: Path) -> Iterator[Contender]:
    """`solarsync serve` as anybody starts it."""
    port = free_port()
    command = [sys.executable, "-m", "api.cli", "serve", "--port", str(port)]
    with process(command, variables, log_file) as serving:
        wait_until_ready(f"http://127.0.0.1:{port}/health/ready", log_file)
        yield Contender({"api": serving.pid}, client_of(port, job), port)


@contextmanager
def solarsync_sampled(
    variables: Variables, job: dict[str, Any], log_file: Path, folder: Path
) -> Iterator[Contender]:
    """The API and a worker, each under the sampler, which writes `api.json` and `worker.json`."""
    port = free_port()
    sampled = [sys.executable, "-m", "tests.bench.support.sampling"]
    with (
        process([*sampled, folder / "worker.json", "worker"], variables, log_file) as worker,
        process([*sampled, folder / "api.json", "api", "--port", str(port)], variables, log_file) as api,
    ):
        wait_until_ready(f"http://127.0.0.1:{port}/health/ready", log_file)
        yield Contender({"api": api.pid, "worker": worker.pid}, client_of(port, job), port)


def client_of(port: int, job: dict[str, Any]) -> Callable[[], Act]:
    """Clients that start a job and wait for its stored result."""
    body = json.dumps(job).encode()
    connect = connector(port)

    def client() -> Act:
        connection = connect()

        async def act() -> None:
            await carried_out(connection, body)

        return act

    return client


def connector(port: int) -> Callable[[], Connection]:
    """Makes connections of one user who has logged in."""
    login = httpx.post(
        f"http://127.0.0.1:{port}/api/v1/auth/token", data={"username": USERNAME, "password": PASSWORD}
    )
    headers = {"Authorization": f"Bearer {login.raise_for_status().json()['access_token']}"}
    return lambda: Connection(port, headers)


@dataclass(frozen=True, slots=True)
class Answered:
    """A job as its client saw it, by the clock of the machine. [s]"""

    job_id: str
    sent: float
    accepted: float
    answered: float


async def carried_out(connection: Connection, body: bytes) -> Answered:
    """Start a job and wait for its stored result."""
    sent = time.time()
    made = await connection.json("POST", "/api/v1/jobs", body)
    accepted = time.time()
    done = await connection.json("GET", f"/api/v1/jobs/{made['id']}?wait=30")
    if done["status"] != "succeeded" or done["result_version"] != 1:
        raise RuntimeError(f"the job did not end: {done}")
    return Answered(made["id"], sent, accepted, time.time())


@contextmanager
def langgraph_dev(
    variables: Variables, job: dict[str, Any], log_file: Path, *, at_a_time: int
) -> Iterator[Contender]:
    """`langgraph dev` on our langgraph.json; as many jobs at a time as the load asks for."""
    port = free_port()
    command = [
        str(Path(sys.executable).parent / "langgraph"),
        "dev",
        "--no-browser",
        "--no-reload",
        "--n-jobs-per-worker",
        str(at_a_time),
        "--port",
        str(port),
    ]
    with process(command, variables | {"LANGSMITH_TRACING": "false"}, log_file) as serving:
        wait_until_ready(f"http://127.0.0.1:{port}/ok", log_file)
        request = {"assistant_id": "solarsync", "input": {"input": job}, "on_completion": "keep"}
        yield Contender({"langgraph dev": serving.pid}, _one_request(port, "/runs/wait", request), port)


@contextmanager
def bare(variables: Variables, job: dict[str, Any], log_file: Path, postgres_url: str) -> Iterator[Contender]:
    """FastAPI and AsyncPostgresSaver, in a database of its own."""
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.support.bare_app", str(port), postgres_url]
    with process(command, variables, log_file) as serving:
        wait_until_ready(f"http://127.0.0.1:{port}/docs", log_file)
        yield Contender({"bare": serving.pid}, _one_request(port, "/run", job), port)


def _one_request(port: int, path: str, document: dict[str, Any]) -> Callable[[], Act]:
    body = json.dumps(document).encode()

    def client() -> Act:
        connection = Connection(port)

        async def act() -> None:
            state = await connection.json("POST", path, body)
            if not state["report"]["summary"]:
                raise RuntimeError("the run did not end with a report")

        return act

    return client
