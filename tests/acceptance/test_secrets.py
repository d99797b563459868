"""No secret is printed, logged, answered or shown, whatever happens to it. Markers stand for the secrets."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from api.demo.service import running_service
from core.config import Settings, load_settings
from core.embedded import EmbeddedServers
from tests.acceptance.conftest import Run

MARK = "mArKeR"
SECRETS = {
    "SECRET_KEY": f"{MARK}-signing-{'k' * 32}",
    "OPENAI_API_KEY": f"{MARK}-openai",
    "OPENWEATHERMAP_API_KEY": f"{MARK}-openweathermap",
    "OPEN_METEO_API_KEY": f"{MARK}-open-meteo",
    "NOTIFICATION_URLS": f"mailto://user:{MARK}-mail@example.com",
}
PASSWORD, WRONG = f"{MARK} password", f"{MARK} wrong one"


@pytest.fixture
def variables(database_url: str, embedded_servers: EmbeddedServers) -> dict[str, str]:
    """Everything secret set to a marker, the password of PostgreSQL among it, which here is not asked for."""
    url = database_url.replace("postgres@", f"postgres:{MARK}-postgres@", 1)
    assert MARK in url
    return {**SECRETS, "DATABASE_URL": url, "REDIS_URL": embedded_servers.redis_url, "LOG_LEVEL": "DEBUG"}


def _errands(client: httpx.Client, username: str) -> Iterator[httpx.Response]:
    """What may trip over a secret: each answer that is not the one that hands it out."""
    form = {"username": username, "password": WRONG}
    yield client.post("/auth/token", data=form)
    yield client.post("/auth/token", data=form | {"username": WRONG})
    yield client.post("/auth/token", json=form)
    tokens = client.post("/auth/token", data=form | {"password": PASSWORD}).raise_for_status().json()
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    issued = client.post("/api-keys", headers=bearer, json={"name": "a", "scopes": ["jobs:read"]}).json()
    hook = client.post("/webhooks", headers=bearer, json={"url": "https://hooks.example.com"}).json()
    handed_out = [tokens["access_token"], tokens["refresh_token"], issued["key"], hook["secret"]]
    later = [
        client.get("/api-keys", headers=bearer),
        client.get("/webhooks", headers=bearer),
        client.get("/jobs", headers={"X-API-Key": issued["key"] + "x"}),
        client.get("/jobs", headers={"Authorization": bearer["Authorization"] + "x"}),
        client.get("/jobs", headers={"X-API-Key": issued["key"]}),
        client.post("/auth/refresh", json={"refresh_token": tokens["refresh_token"], MARK: 1, "x": WRONG}),
        client.post("/users", headers=bearer, json={"username": "a", "password": MARK, "role": "admin"}),
        client.post("/users", headers=bearer, json={"username": "a", "password": [WRONG], "role": "x"}),
        client.post("/users", headers=bearer, content=f'{{"password": "{WRONG}", '),
        client.post(
            "/auth/password",
            headers=bearer,
            json={"current_password": WRONG, "new_password": f"{WRONG} again"},
        ),
        client.post(
            "/auth/password", headers=bearer, json={"current_password": PASSWORD, "new_password": MARK}
        ),
        client.get("/health/ready"),
        client.get("/metrics"),
        client.post("/auth/logout", headers=bearer),
        client.get("/auth/me", headers=bearer),
    ]
    assert "solarsync_request_seconds_count" in later[-3].text
    for answer in later:
        assert not any(secret in answer.text for secret in handed_out), answer.request.url
        yield answer
    Path("handed_out").write_text("\n".join(handed_out))


def test_no_secret_is_in_the_logs_the_answers_or_what_doctor_prints(
    environment: dict[str, str],
    solarsync: Run,
    variables: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    create = ("user", "create", "--username", "ada", "--role", "admin", "--password-stdin")
    created = solarsync(*create, stdin=PASSWORD, **variables)
    doctor = solarsync("doctor", **variables)
    short = solarsync("doctor", **variables | {"SECRET_KEY": MARK, "DATABASE_URL": f"mysql://{MARK}@x"})
    assert (created.returncode, short.returncode) == (0, 1), created.stderr
    settings = Settings(
        _env_file=None,
        data_dir=tmp_path,
        database_url=SecretStr(variables["DATABASE_URL"]),
        redis_url=SecretStr(variables["REDIS_URL"]),
    )
    log = tmp_path / "log"
    with running_service(settings, environment | variables, log) as client:
        answers = [answer.text for answer in _errands(client, "ada")]
    logged = log.read_text()
    handed_out = (tmp_path / "handed_out").read_text().split("\n")
    assert len(answers) == 18
    assert "solarsync" in logged or "api" in logged
    said = [created.stdout, created.stderr, doctor.stdout, doctor.stderr, short.stdout, short.stderr, logged]
    for text in said + answers:
        lines = [line for line in text.splitlines() if MARK in line.replace(f"/{MARK}", "")]
        assert not lines, lines[0]
    assert not [line for line in logged.splitlines() if any(secret in line for secret in handed_out)]


def test_no_secret_is_in_the_representation_of_the_settings(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    settings = load_settings(None)
    assert MARK not in f"{settings!r} {settings} {settings.model_dump()}"
