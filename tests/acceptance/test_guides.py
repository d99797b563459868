"""Every command of the guides is run, block after block, as a reader would; variables carry over."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.demo.service import running_service
from api.servers import with_servers
from core.config import Settings
from tests.support.environment import NOBODY_ANSWERS, bare_environment

ROOT = Path(__file__).parents[2]
PASSWORD = "correct horse battery"
DEFAULT_ADDRESS = "127.0.0.1:8000"
GUIDES = ("README.md", "api/README.md", "nodes/README.md")
OPERATORS = "deploy/README.md"
RUN = {"console"}
SHOWN = {"text", "mermaid", "yaml"}
"""What a command prints; the drawing and a scraper's configuration, which tests of their own hold against the code."""
ELSEWHERE = {
    "make setup": ".ci/run",
    "make demo": "tests/acceptance/test_demo.py",
    "make serve": "tests/acceptance/test_serve.py",
    "make check": ".ci/run",
    "make test": ".ci/run",
    ".venv/bin/langgraph dev": "tests/acceptance/test_studio.py",
}
"""Run by other tests or for every change: they end only when told to, or take as long as everything else."""
FOR_OPERATORS = {
    r"docker compose exec -T postgres \w+ ": "tests/api/test_backup.py",  # the tool behind it, on our own server
    "docker compose ": "tests/unit/test_deployment.py",  # no engine here: held against compose.yaml and the commands
    "printf ": "tests/unit/test_deployment.py",
    "grep ": "tests/acceptance/test_deployment.py",
    "python3 -m venv /opt/solarsync$": "tests/setup_venv.sh",  # needs an index: the same steps as `make setup`
    r"/opt/solarsync/bin/pip install ": "tests/setup_venv.sh",
}
"""Of the operator's guide, by how a line begins: where it is run, or held against what is there."""
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ACCOUNTS = {"tess": "technician", "dora": "dispatcher"}


def _blocks(guide: str) -> list[tuple[str, str]]:
    return [(kind, text) for kind, text in BLOCK.findall((ROOT / guide).read_text())]


@pytest.mark.parametrize("guide", GUIDES)
def test_every_block_is_run_or_is_what_a_command_shows(guide: str) -> None:
    assert {kind for kind, _ in _blocks(guide)} <= RUN | SHOWN


def test_every_line_of_the_operators_guide_is_run_or_checked_somewhere() -> None:
    blocks = _blocks(OPERATORS)
    assert {kind for kind, _ in blocks} <= RUN | SHOWN
    lines = [line for kind, text in blocks if kind in RUN for line in text.splitlines()]
    homeless = [line for line in lines if not any(re.match(begin, line) for begin in FOR_OPERATORS)]
    assert not homeless
    for begin, where in FOR_OPERATORS.items():
        assert any(re.match(begin, line) for line in lines), begin
        assert (ROOT / where).exists()


def test_what_is_left_to_other_tests_is_there_and_is_still_in_a_guide() -> None:
    written = {line for guide in GUIDES for _, text in _blocks(guide) for line in text.splitlines()}
    for command, where in ELSEWHERE.items():
        assert command in written
        assert (ROOT / where).exists()


def test_the_make_targets_of_the_guides_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for command in ELSEWHERE:
        if command.startswith("make "):
            assert command.split()[1] in targets


def test_every_link_between_the_guides_leads_somewhere() -> None:
    for guide in (*GUIDES, OPERATORS):
        for link in re.findall(r"\]\(([^)#]+)", (ROOT / guide).read_text()):
            if "://" not in link:
                assert ((ROOT / guide).parent / link).exists(), f"{guide}: {link}"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of a reader beside `make serve`; its address is in SERVED."""
    folder = tmp_path_factory.mktemp("guide")
    environment = bare_environment() | NOBODY_ANSWERS | {
        "DATA_DIR": str(folder / "data"), "XDG_CONFIG_HOME": str(folder / "config"), "PASSWORD": PASSWORD,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }  # fmt: skip
    with with_servers(Settings(_env_file=None, data_dir=folder / "data")) as settings:
        for username, role in ACCOUNTS.items():
            command = f"solarsync user create --username {username} --role {role}"
            done = _run(command, environment, folder)
            assert done.returncode == 0, done.stderr
        with running_service(settings, NOBODY_ANSWERS, folder / "log") as client:
            address = f"{client.base_url.host}:{client.base_url.port}"
            yield environment | {"SERVED": address, "SOLARSYNC_URL": f"http://{address}"}


def _run(block: str, environment: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    """One block in a shell of its own; what it sets is there for the next. Passwords come from standard input."""
    state = folder / "variables.sh"
    script = (
        f"set -euo pipefail\nset -a\n[ -f {state} ] && . {state}\ntrap 'export -p > {state}' EXIT\n{block}"
    )
    return subprocess.run(
        ["bash", "-c", script],
        input=f"{PASSWORD}\n",
        env=environment,
        cwd=_checkout(folder),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        start_new_session=True,  # no terminal: passwords come from standard input
    )


def _checkout(folder: Path) -> Path:
    """The repository as a reader has it, in a folder where a block may write."""
    checkout = folder / "checkout"
    if not checkout.exists():
        checkout.mkdir()
        for path in ROOT.iterdir():
            if path.name != ".env":
                (checkout / path.name).symlink_to(path)
    return checkout


@pytest.mark.parametrize("guide", GUIDES)
def test_every_command_of_the_guide_works(guide: str, served: dict[str, str], tmp_path: Path) -> None:
    ran = 0
    for kind, text in _blocks(guide):
        commands = "\n".join(line for line in text.splitlines() if line not in ELSEWHERE)
        for command in _one_password_each(commands) if kind in RUN else ():
            done = _run(command.replace(DEFAULT_ADDRESS, served["SERVED"]), served, tmp_path)
            assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
            ran += 1
    assert ran


def _one_password_each(commands: str) -> list[str]:
    """The block as it is, or line by line where a line asks for a password."""
    if not commands.strip():
        return []
    asks = "solarsync login" in commands or "solarsync user create" in commands
    return commands.splitlines() if asks else [commands]
