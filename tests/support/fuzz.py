"""Schemathesis over the whole OpenAPI document, against a running service, as each role."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from api.demo.service import running_service
from core.config import Settings
from core.database.models import Role

REPOSITORY = Path(__file__).parents[2]
PASSWORD = "fuzzers log in too"
CONFIGURATION = """\
[checks.positive_data_acceptance]
expected-statuses = ["2xx", 401, 403, 404, 409, 422, 429]
"""
"""422 besides: a document that fits its schema may still contradict itself, and is then refused with the reason. And
429: passwords that are made up are wrong, and after ten of them nobody is heard."""
ENDS_THE_LOGIN = "/api/v1/auth/logout"
NOT_TO_BE_WAITED_FOR = "/api/v1/jobs/{job_id}/events"
"""A stream that lasts as long as its job."""
UNLIMITED = {
    "RATE_LIMIT_PER_MINUTE": "100000000",
    "RATE_LIMIT_PER_ADDRESS_PER_MINUTE": "100000000",
    "QUEUE_LIMIT": "1000000",
    "ACCESS_TOKEN_EXPIRE_MINUTES": "1440",
    "LOG_LEVEL": "WARNING",
    "WEATHER_PROVIDERS": "none",
    "RESOURCE_PROVIDERS": "none",
    "DESIGN_TEMPERATURE_PROVIDERS": "none",
    "ALERT_PROVIDERS": "none",
}


@dataclass(frozen=True, slots=True)
class Fuzzed:
    role: Role
    cases: int
    failed: bool
    output: str


@contextmanager
def fuzzed_service(settings: Settings, folder: Path) -> Iterator[httpx.Client]:
    with running_service(settings, UNLIMITED, folder / "log") as client:
        yield client


def log_in(client: httpx.Client, role: Role) -> str:
    answer = client.post("/auth/token", data={"username": role.value, "password": PASSWORD})
    token: str = answer.raise_for_status().json()["access_token"]
    return token


def log_in_twice(client: httpx.Client) -> dict[Role, tuple[str, str]]:
    """Before anything is fuzzed: the passwords that are made up use up the tries of this address."""
    return {role: (log_in(client, role), log_in(client, role)) for role in Role}


def fuzz(
    client: httpx.Client,
    role: Role,
    tokens: tuple[str, str],
    folder: Path,
    *,
    examples: int,
    phases: str,
    seed: int,
) -> Fuzzed:
    """All checks over all operations; the one that ends the login comes last, alone, with the second token."""
    runs = (
        ("--exclude-path", ENDS_THE_LOGIN, "--exclude-path", NOT_TO_BE_WAITED_FOR),
        ("--include-path", ENDS_THE_LOGIN),
    )
    cases, failed, output = 0, False, ""
    for which, token in zip(runs, tokens, strict=True):
        done = _run(
            client, token, folder, which, {"-n": str(examples), "--phases": phases, "--seed": str(seed)}
        )
        output += done.stdout + done.stderr
        cases += sum(int(number) for number in re.findall(r"(\d+) generated", done.stdout))
        failed = failed or done.returncode != 0
    return Fuzzed(role, cases, failed, output)


def _run(
    client: httpx.Client, token: str, folder: Path, which: tuple[str, ...], options: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    address = str(client.base_url).removesuffix("/").removesuffix("/api/v1")
    (folder / "schemathesis.toml").write_text(CONFIGURATION)
    return subprocess.run(
        [
            str(Path(sys.executable).parent / "schemathesis"), "run", f"{address}/openapi.json",
            "-H", f"Authorization: Bearer {token}",
            "--checks", "all", "--continue-on-failure", "--no-shrink", "--no-color",
            "--generation-with-security-parameters", "false", "--generation-database", "none",
            *(part for option in options.items() for part in option), *which,
        ],
        cwd=folder, env={**os.environ, "SCHEMATHESIS_HOOKS": "tests.support.fuzz_hooks", "PYTHONPATH": str(REPOSITORY)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
