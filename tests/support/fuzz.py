"""Schemathesis over the whole OpenAPI document, against a running service, as each role."""

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from pydantic import SecretStr

from api.demo.service import running_service
from core.config import Settings
from core.database import AsyncSessionLocal, opened_engine
from core.database.models import Role
from core.database.users import Users
from core.security import get_password_hash
from tests.support.inputs import triage_input

REPOSITORY = Path(__file__).parents[2]
PASSWORD = "fuzzers log in too"
CONFIGURATION = """\
[checks.positive_data_acceptance]
expected-statuses = ["2xx", 401, 403, 404, 409, 422, 429]

[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 428, 429, "5xx"]

[[operations]]
include-path-regex = "/jobs/[^/]+/(weather|forecast|result|state|completion)$"
checks.ensure_resource_availability.enabled = false
"""
"""422 besides: a document that fits its schema may still contradict itself, and is then refused with the reason. And
429: passwords that are made up are wrong, and after ten of them nobody is heard. A wrong document may meet that too,
or the 409 of an `Idempotency-Key` that was used. What a worker adds to a job is not there yet when the job is."""
ENDS_THE_LOGIN = "/api/v1/auth/logout"
FOLLOWS_A_JOB = "/api/v1/jobs/{job_id}/events"
"""A stream that lasts as long as its job: it is asked for one that has ended, and for those that do not exist."""
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
class Principal:
    """A role, two logins of it, and a job of its own that has ended."""

    role: Role
    token: str
    token_to_end: str
    ended_job: str


@dataclass(frozen=True, slots=True)
class Fuzzed:
    role: Role
    cases: int
    failed: bool
    output: str

    @property
    def findings(self) -> str:
        """What Schemathesis says went wrong, without its warnings and counts."""
        sections = re.findall(
            r"^=+ (?:FAILURES|ERRORS) =+$.*?(?=^=+ )", self.output, re.MULTILINE | re.DOTALL
        )
        return "\n".join(sections) or self.output


async def add_users(database_url: str) -> None:
    """One user of each role, named as it."""
    hashed = get_password_hash(PASSWORD)
    async with (
        opened_engine(SecretStr(database_url)) as engine,
        AsyncSessionLocal(bind=engine) as session,
        session.begin(),
    ):
        for role in Role:
            await Users(session).add(role.value, hashed, role)


@contextmanager
def fuzzed_service(settings: Settings, folder: Path) -> Iterator[tuple[httpx.Client, list[Principal]]]:
    """A running service and who asks it; they log in first, since made-up passwords use up the tries of an address."""
    with running_service(settings, UNLIMITED, folder / "log") as client:
        yield client, [_principal(client, role) for role in Role]


def _principal(client: httpx.Client, role: Role) -> Principal:
    form = {"username": role.value, "password": PASSWORD}
    tokens = [client.post("/auth/token", data=form).raise_for_status().json() for _ in range(2)]
    token, token_to_end = (str(each["access_token"]) for each in tokens)
    headers = {"Authorization": f"Bearer {token}"}
    started = client.post("/jobs", json=triage_input(), headers=headers).raise_for_status()
    job_id = str(started.json()["id"])
    client.post(f"/jobs/{job_id}/cancel", headers=headers).raise_for_status()
    return Principal(role, token, token_to_end, job_id)


def fuzz(
    client: httpx.Client, who: Principal, folder: Path, *, examples: int, phases: str, seed: int
) -> Fuzzed:
    """All checks over all operations; the one that ends the login comes last, alone, with a login of its own."""
    runs = (
        (who.token, "", ("--exclude-path", ENDS_THE_LOGIN, "--exclude-path", FOLLOWS_A_JOB)),
        (who.token, "", ("--include-path", FOLLOWS_A_JOB)),
        (who.token, _of(who.ended_job), ("--include-path", FOLLOWS_A_JOB)),
        (who.token_to_end, "", ("--include-path", ENDS_THE_LOGIN)),
    )
    return _fuzzed(client, who, folder, runs, ("-n", str(examples), "--phases", phases, "--seed", str(seed)))


def fuzz_shortly(client: httpx.Client, who: Principal, folder: Path, *, seed: int) -> Fuzzed:
    """One case of each kind over all operations, of the job that has ended where they are of a job."""
    runs = ((who.token, _of(who.ended_job), ("--exclude-path", ENDS_THE_LOGIN)),)
    return _fuzzed(client, who, folder, runs, ("-n", "1", "--phases", "fuzzing", "--seed", str(seed)))


def _of(job_id: str) -> str:
    """Configuration that has every operation of a job ask for this one."""
    return f'[parameters]\n"path.job_id" = "{job_id}"\n'


def _fuzzed(
    client: httpx.Client,
    who: Principal,
    folder: Path,
    runs: Iterable[tuple[str, str, tuple[str, ...]]],
    options: tuple[str, ...],
) -> Fuzzed:
    folder = folder / who.role
    folder.mkdir()
    cases, failed, output = 0, False, ""
    for token, configuration, which in runs:
        done = _run(client, token, folder, configuration, (*options, *which))
        output += done.stdout + done.stderr
        cases += sum(int(number) for number in re.findall(r"(\d+) generated", done.stdout))
        failed = failed or done.returncode != 0
    return Fuzzed(who.role, cases, failed, output)


def _run(
    client: httpx.Client, token: str, folder: Path, configuration: str, options: tuple[str, ...]
) -> subprocess.CompletedProcess[str]:
    address = str(client.base_url).removesuffix("/").removesuffix("/api/v1")
    (folder / "schemathesis.toml").write_text(configuration + CONFIGURATION)
    return subprocess.run(
        [
            str(Path(sys.executable).parent / "schemathesis"), "run", f"{address}/openapi.json",
            "-H", f"Authorization: Bearer {token}",
            "--checks", "all", "--continue-on-failure", "--no-shrink", "--no-color",
            "--generation-with-security-parameters", "false", "--generation-database", "none", *options,
        ],
        cwd=folder,
        env={**os.environ, "SCHEMATHESIS_HOOKS": "tests.support.fuzz_hooks", "PYTHONPATH": str(REPOSITORY)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
