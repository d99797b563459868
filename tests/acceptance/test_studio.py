"""LangGraph's development server on our graph: what Studio sees and does."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from langgraph_sdk import get_sync_client
from langgraph_sdk.client import SyncLangGraphClient

from api.demo import load
from api.demo.service import free_port

ROOT = Path(__file__).parents[2]
PATIENCE = 90


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SyncLangGraphClient]:
    """A client of `langgraph dev`, started offline, without a key."""
    port = free_port()
    log_file = tmp_path_factory.mktemp("studio") / "log"
    environment = {
        k: v for k, v in os.environ.items() if not k.startswith(("LANGSMITH", "LANGCHAIN", "OPENAI"))
    }
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [
                Path(sys.executable).parent / "langgraph",
                "dev",
                "--no-browser",
                "--no-reload",
                "--port",
                str(port),
            ],
            cwd=ROOT,
            env=environment | {"OPEN_METEO_URL": "http://127.0.0.1:9", "LANGSMITH_TRACING": "false"},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + PATIENCE
        while not _answers(url):
            assert process.poll() is None, log_file.read_text()
            assert time.monotonic() < deadline, log_file.read_text()
            time.sleep(0.2)
        with get_sync_client(url=url) as client:
            yield client
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _answers(url: str) -> bool:
    with suppress(httpx.TransportError):
        return httpx.get(f"{url}/ok").is_success
    return False


def _questions(studio: SyncLangGraphClient, thread_id: str) -> list[dict[str, Any]]:
    """What the thread stopped to ask."""
    interrupts = [each for many in studio.threads.get(thread_id)["interrupts"].values() for each in many]
    return [question for each in interrupts for question in each["value"]["questions"]]


def test_a_job_runs_stops_to_ask_and_goes_on(studio: SyncLangGraphClient) -> None:
    thread_id = studio.threads.create()["thread_id"]
    studio.runs.wait(thread_id, "solarsync", input={"input": load("nairobi_home")})
    assert [question["id"] for question in _questions(studio, thread_id)] == ["design_temp_min_c"]
    studio.runs.wait(thread_id, "solarsync", command={"resume": {"design_temp_min_c": 8}})
    release = _questions(studio, thread_id)
    assert release
    answers = {question["id"]: question["default"] or question["choices"][0] for question in release}
    state = studio.runs.wait(thread_id, "solarsync", command={"resume": answers})
    assert isinstance(state, dict)
    assert state["report"]["summary"]
    assert state["answers"]["design_temp_min_c"] == 8
    assert [message["name"] for message in state["messages"]][:2] == ["intake", "weather"]


def test_a_job_that_cannot_be_meant_is_refused(studio: SyncLangGraphClient) -> None:
    thread_id = studio.threads.create()["thread_id"]
    wrong = load("greensboro_home") | {"colour": "red"}
    state = studio.runs.wait(thread_id, "solarsync", input={"input": wrong}, raise_error=False)
    assert isinstance(state, dict)
    assert state["__error__"]["error"] == "InvalidInput"  # the server keeps the message to itself


def test_studio_can_read_the_schemas(studio: SyncLangGraphClient) -> None:
    assistant = studio.assistants.search(graph_id="solarsync")[0]
    schemas = studio.assistants.get_schemas(assistant["assistant_id"])
    assert schemas["input_schema"] is not None
    assert "input" in schemas["input_schema"]["properties"]
    assert schemas["state_schema"] is not None
    assert {"weather", "sizing", "triage", "messages"} <= set(schemas["state_schema"]["properties"])
