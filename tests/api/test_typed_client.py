"""A typed client, generated from the OpenAPI document by a tool that knows nothing of us, and put to work."""

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from api.demo import load
from api.examples import ASKS, CREW
from api.openapi import TAGS
from core.database.models import Role
from tests.api.conftest import PASSWORD, Login

NAME = "generated_client"
BIN = Path(sys.executable).parent


@pytest.fixture(scope="module")
def generated(application: FastAPI, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The package, importable while the module is tested; a warning would be something it could not express."""
    folder = tmp_path_factory.mktemp("typed")
    document = folder / "openapi.json"
    document.write_text(json.dumps(application.openapi()))
    command = f"generate --path {document} --output-path {folder / NAME} --meta none --fail-on-warning"
    done = subprocess.run(
        [BIN / "openapi-python-client", *command.split()],
        env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    sys.path.insert(0, str(folder))
    try:
        yield folder / NAME
    finally:
        sys.path.remove(str(folder))
        for name in [name for name in sys.modules if name.partition(".")[0] == NAME]:
            del sys.modules[name]


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"{NAME}.{name}")


def _client(app: FastAPI, token: str = "") -> Any:
    """The generated client, asking this application."""
    module = _module("client")
    made = module.AuthenticatedClient("http://solarsync", token=token, raise_on_unexpected_status=True)
    return made.set_async_httpx_client(
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://solarsync",
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=60,
        )
    )


def _as_python_writes(content: bytes) -> Any:
    """The document, its times in UTC spelled as Python does."""
    return json.loads(content.replace(b'Z"', b'+00:00"'))


def test_every_operation_is_a_function_of_its_name_in_the_room_of_its_tag(
    application: FastAPI, generated: Path
) -> None:
    operations = [each for many in application.openapi()["paths"].values() for each in many.values()]
    wanted = {(each["tags"][0].replace(" ", "_"), each["operationId"]) for each in operations}
    made = {(path.parent.name, path.stem) for path in generated.glob("api/*/*.py")}
    assert {(room, name) for room, name in made if name != "__init__"} == wanted
    assert {room for room, _ in wanted} == {tag.replace(" ", "_") for tag in TAGS}


@pytest.mark.usefixtures("generated", "worker", "client")
async def test_a_job_goes_from_login_to_result_through_the_generated_client(app: FastAPI) -> None:
    async with _client(app) as asking:
        body = _module("models").BodyLogIn(username="tess", password=PASSWORD)
        tokens = await _module("api.auth.log_in").asyncio(client=asking, body=body)
    async with _client(app, tokens.access_token) as asking:
        wanted = _module("models").JobInput.from_dict(ASKS)
        assert wanted.to_dict() == ASKS
        job = await _module("api.jobs.start_job").asyncio(client=asking, body=wanted)
        job = await _module("api.jobs.get_job").asyncio(job.id, client=asking, wait=30)
        assert job.status.value == "waiting"
        assert [question.id for question in job.questions] == ["vendor"]
        answers = _module("models").Answers.from_dict({"answers": {"vendor": "SolarEdge"}})
        resumed = await _module("api.jobs.resume_job").asyncio(job.id, client=asking, body=answers)
        job = await _module("api.jobs.get_job").asyncio(resumed.id, client=asking, wait=30)
        answer = await _module("api.jobs.latest_result").asyncio_detailed(job.id, client=asking)
        assert answer.parsed.to_dict() == _as_python_writes(answer.content)


@pytest.mark.usefixtures("generated")
async def test_a_design_survives_the_generated_types_and_a_refusal_is_a_problem(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    document = load("greensboro_home")
    async with _client(app, client.headers["Authorization"].split()[1]) as asking:
        wanted = _module("models").JobInput.from_dict(document)
        answer = await _module("api.immediate.size_now").asyncio_detailed(client=asking, body=wanted)
        assert answer.parsed.to_dict() == _as_python_writes(answer.content)
        wanted.site.latitude = 95
        refused = await _module("api.immediate.size_now").asyncio(client=asking, body=wanted)
    assert isinstance(refused, _module("models").Problem)
    assert (refused.status, refused.errors[0].pointer) == (422, "/site/latitude")


@pytest.mark.usefixtures("generated")
async def test_a_change_sends_what_was_set_and_leaves_the_rest(app: FastAPI, login: Login) -> None:
    dispatcher = await login("dora", Role.DISPATCHER)
    before = (await dispatcher.post("/technicians", json=CREW | {"contact": {"phone": "1"}})).json()
    async with _client(app, dispatcher.headers["Authorization"].split()[1]) as asking:
        change = _module("models").TechnicianChanges(skills=["pv", "roof_work"])
        after = await _module("api.technicians.change_technician").asyncio(
            before["id"], client=asking, body=change
        )
    assert after.to_dict() == {**before, "skills": ["pv", "roof_work"]}
