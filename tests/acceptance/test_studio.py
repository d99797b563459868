"""LangGraph's development server on our graph: what Studio sees and does."""

import json
import os
import re
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
from graph.studio import studio_graph
from state.job import JobInput

ROOT = Path(__file__).parents[2]
PATIENCE = 90
CONFIGURATION = json.loads((ROOT / "langgraph.json").read_text())


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


def test_the_input_schema_says_what_a_job_is(studio: SyncLangGraphClient) -> None:
    assistant = studio.assistants.search(graph_id="solarsync")[0]
    schema = studio.assistants.get_schemas(assistant["assistant_id"])["input_schema"]
    assert schema is not None
    job = schema["properties"]["input"]
    assert set(job["properties"]) == set(JobInput.model_fields)
    assert job["required"] == ["kind", "site"]


def _mcp(studio: SyncLangGraphClient, method: str, **params: object) -> dict[str, Any]:
    """What the server answers to a Model Context Protocol request."""
    answer = httpx.post(
        f"{studio.http.client.base_url}/mcp",
        json={"jsonrpc": "2.0", "id": 1, "method": method, "params": params},
        headers={"Accept": "application/json, text/event-stream"},
        timeout=PATIENCE,
    )
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()["result"]
    return result


def test_the_graph_is_a_tool_that_can_be_understood_and_called(studio: SyncLangGraphClient) -> None:
    (tool,) = _mcp(studio, "tools/list")["tools"]
    assert tool["name"] == "solarsync"
    assert tool["description"] == CONFIGURATION["graphs"]["solarsync"]["description"]
    assert set(tool["inputSchema"]["properties"]["input"]["properties"]) == set(JobInput.model_fields)
    called = _mcp(studio, "tools/call", name="solarsync", arguments={"input": load("greensboro_home")})
    assert not called.get("isError"), called
    assert "kWh" in called["content"][0]["text"]


def test_the_server_builds_its_image_from_our_configuration(tmp_path: Path) -> None:
    langgraph = Path(sys.executable).parent / "langgraph"
    for arguments in (["validate"], ["dockerfile", str(tmp_path / "Dockerfile")]):
        done = subprocess.run([langgraph, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    dockerfile = (tmp_path / "Dockerfile").read_text()
    graphs = re.search(r"^ENV LANGSERVE_GRAPHS='([^']+)'$", dockerfile, re.MULTILINE)
    assert graphs is not None
    assert json.loads(graphs[1])["solarsync"]["path"].endswith("graph/studio.py:studio_graph")


def test_checkpointer_and_store_are_left_to_the_server() -> None:
    graph = studio_graph()
    assert graph.checkpointer is None
    assert graph.store is None
