"""The service as an operator deploys it: the wheel, each part a process, production settings, two workers."""

import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from api.demo import load
from api.demo.service import free_port
from api.weather_simulator import running_simulator
from core.embedded import EmbeddedServers
from tests.support.processes import PATIENCE, until, until_ready

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
PASSWORD = "marker-password-of-ada"
MARKERS = {
    "SECRET_KEY": "marker-secret-key-that-is-long-enough-4711",
    "OPENWEATHERMAP_API_KEY": "marker-openweathermap-key",
    "OPEN_METEO_API_KEY": "marker-open-meteo-key",
    "OPENAI_API_KEY": "marker-openai-key",
}
DATABASE_PASSWORD = "marker-database-password"


@dataclass
class Deployed:
    url: str
    logs: Path
    environment: dict[str, str]

    def run(self, *arguments: str, stdin: str = "") -> str:
        done = subprocess.run(
            [sys.executable, "-m", "api.cli", *arguments],
            cwd=self.logs,
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        return done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's contents in a folder of its own, as an image holds them."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        archive.extractall(folder / "installed")
    return folder / "installed"


@pytest.fixture
def deployed(
    wheel: Path,
    embedded_servers: EmbeddedServers,
    template_database: str,
    environment: Mapping[str, str],
    tmp_path: Path,
) -> Iterator[Deployed]:
    """Migrated by the one-shot, then an API, two workers and a scheduler, with the commands of compose.yaml."""
    base, query = embedded_servers.database_url.split("?")
    head, _, _ = base.rpartition("/")
    server = head.replace("://postgres@", f"://postgres:{DATABASE_PASSWORD}@")
    assert DATABASE_PASSWORD in server
    port = free_port()
    with ExitStack() as ending:
        weather = ending.enter_context(running_simulator())
        variables = {
            **environment,
            **MARKERS,
            "PYTHONPATH": str(wheel),
            "ENVIRONMENT": "production",
            "DATABASE_URL": f"{server}/postgres?{query}",
            "REDIS_URL": embedded_servers.redis_url,
            "OPEN_METEO_URL": weather,
            "DATABASE_POOL_SIZE": "4",
            "LOG_LEVEL": "DEBUG",
        }
        service = Deployed(f"http://127.0.0.1:{port}", tmp_path, variables)
        service.run(*COMPOSE["services"]["migrate"]["command"])
        for number, part in enumerate(["api", "worker", "worker", "scheduler"]):
            command = [
                str(word).replace("0.0.0.0", "127.0.0.1") for word in COMPOSE["services"][part]["command"]
            ]
            log = ending.enter_context((tmp_path / f"{part}-{number}.log").open("wb"))
            process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "api.cli",
                    *command,
                    *(["--port", str(port)] if part == "api" else []),
                ],
                cwd=tmp_path,
                env=variables,
                stdout=log,
                stderr=log,
            )
            ending.callback(_stop, process)
        until_ready(service.url, process)
        yield service


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()


def test_two_workers_are_seen_in_one_scrape_and_no_secret_is_seen_anywhere(deployed: Deployed) -> None:
    told = deployed.run(
        "user", "create", "--username", "ada", "--role", "admin", "--password-stdin", stdin=f"{PASSWORD}\n"
    )
    with httpx.Client(base_url=f"{deployed.url}/api/v1", timeout=PATIENCE) as client:
        wrong = client.post("/auth/token", data={"username": "ada", "password": f"{PASSWORD}!"})
        assert wrong.status_code == 401
        token = client.post("/auth/token", data={"username": "ada", "password": PASSWORD}).json()[
            "access_token"
        ]
        client.headers["Authorization"] = f"Bearer {token}"
        asked = load("nairobi_home") | {
            "customer": {
                "name": "Marker Customer",
                "phone": "+254 700 471147",
                "email": "marker@customer.example",
            }
        }
        accepted = client.post("/jobs", json=asked, headers={"X-Request-ID": "van-7"})
        assert accepted.status_code == 202, accepted.text
        job = client.get(f"/jobs/{accepted.json()['id']}", params={"wait": 60}).json()
        assert job["status"] == "waiting"
        refused = client.post("/jobs", json={"kind": "sizing", "site": {"latitude": 999}})
        assert refused.status_code == 422

    def roles() -> list[str]:
        text = httpx.get(f"{deployed.url}/metrics").text
        return sorted(re.findall(r'^process_start_time_seconds{process="(\w+)-', text, re.MULTILINE))

    until(lambda: roles() == ["api", "scheduler", "worker", "worker"])
    counted = 'solarsync_runs_total{kind="start",outcome="waiting",process="worker-'
    until(lambda: counted in httpx.get(f"{deployed.url}/metrics").text)
    metrics = httpx.get(f"{deployed.url}/metrics").text

    lines = [
        json.loads(line)
        for log in deployed.logs.glob("*.log")
        for line in log.read_text().splitlines()
        if line.startswith("{")
    ]
    started = [line for line in lines if line["event"] == "graph.run.started"]
    assert [line["request_id"] for line in started] == ["van-7"]
    assert started[0]["job_id"] == job["id"]

    (deployed.logs / "log").write_text("".join(log.read_text() for log in deployed.logs.glob("*.log")))
    (command,) = re.findall(r"^grep .+$", (ROOT / "deploy" / "README.md").read_text(), re.MULTILINE)
    found = subprocess.run(
        ["bash", "-c", command.replace("REQUEST_ID", "van-7")],
        cwd=deployed.logs,
        capture_output=True,
        text=True,
        check=True,
    )
    loggers = {json.loads(line)["logger"].partition(".")[0] for line in found.stdout.splitlines()}
    assert "graph" in loggers

    shown = {
        "logs": "".join(log.read_text() for log in deployed.logs.glob("*.log")),
        "metrics": metrics,
        "problems": wrong.text + refused.text,
        "doctor": deployed.run("doctor"),
        "user create": told,
    }
    secrets = [
        *MARKERS.values(),
        DATABASE_PASSWORD,
        PASSWORD,
        token,
        "Marker Customer",
        "471147",
        "customer.example",
    ]
    assert not [(where, secret) for where, text in shown.items() for secret in secrets if secret in text]
