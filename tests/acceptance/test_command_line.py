import json
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from api.demo import greensboro_year, load
from core.database import schema
from tests.acceptance.conftest import Run
from tests.support import nonsense
from tests.support.inputs import sizing_input, triage_input


def _written(folder: Path, document: Any) -> str:
    path = folder / "job.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return str(path)


def test_size_answers_one_json_document_and_nothing_else(solarsync: Run, tmp_path: Path) -> None:
    done = solarsync("size", _written(tmp_path, sizing_input()), "--json")
    assert (done.returncode, done.stderr) == (0, "")
    answer = json.loads(done.stdout)
    assert answer["questions"] == []
    assert answer["sizing"]["status"] in {"feasible", "screening"}
    assert answer["sizing"]["energy"]["ac_annual_kwh"] > 0


def test_size_reads_standard_input_and_prints_tables_for_a_person(solarsync: Run) -> None:
    done = solarsync("size", "-", stdin=json.dumps(load("nairobi_home") | {"kind": "sizing", "ticket": None}))
    assert done.returncode == 0, done.stderr
    for word in ("Sizing", "Energy", "Checks", "Economics", "Questions", "design_temp_min_c"):
        assert word in done.stdout


def test_size_takes_a_typical_year(solarsync: Run, tmp_path: Path) -> None:
    done = solarsync(
        "size",
        _written(tmp_path, load("greensboro_home")),
        "--weather",
        str(greensboro_year()),
        "--json",
        "--timings",
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert 1200 < answer["sizing"]["energy"]["specific_yield_kwh_per_kwp"] < 1600
    assert [line.split()[0] for line in done.stderr.splitlines()] == [
        "imports",
        "input",
        "weather",
        "calculation",
    ]


def test_triage_answers_without_a_server(solarsync: Run, tmp_path: Path) -> None:
    done = solarsync("triage", _written(tmp_path, triage_input()), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["triage"]["evidence"]


WHAT_A_SERVER_NEEDS = (
    "prometheus_client fastapi starlette sqlalchemy asyncpg redis pgqueuer langgraph uvicorn"
)


@pytest.mark.parametrize("command", ["size", "triage"])
def test_what_only_a_server_needs_is_not_loaded_to_calculate(
    environment: dict[str, str], tmp_path: Path, command: str
) -> None:
    document = sizing_input() if command == "size" else triage_input()
    program = (
        "import atexit, sys\n"
        f"needless = set({WHAT_A_SERVER_NEEDS!r}.split())\n"
        "atexit.register(lambda: print(*sorted(needless & set(sys.modules)), file=sys.stderr))\n"
        "from api.cli import main\n"
        "main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, command, _written(tmp_path, document), "--json"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert json.loads(done.stdout)
    assert done.stderr == "\n"


def test_triage_reckons_with_the_firms_settings_and_needs_no_others(solarsync: Run, tmp_path: Path) -> None:
    ticket = triage_input() | {"economics": {"currency": "EUR"}}
    (tmp_path / ".env").write_text("RATES_CURRENCY=EUR\nLABOUR_PER_HOUR=60\n")
    done = solarsync(
        "triage", _written(tmp_path, ticket), "--json", TRANSPORT_COST="45", ENVIRONMENT="production"
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["triage"]
    assert found["labour_cost"] == pytest.approx(60 * found["estimated_duration_h"])
    assert any("labour 60 EUR/h" in each for each in found["assumptions"])

    refused = solarsync("triage", _written(tmp_path, ticket), "--json", LABOUR_PER_HOUR="a lot")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("LABOUR_PER_HOUR: ")


@pytest.mark.parametrize("command", ["size", "triage"])
@pytest.mark.parametrize(
    ("document", "place"),
    [
        pytest.param(sizing_input(colour="red"), "/colour: ", id="unknown field"),
        pytest.param(
            sizing_input(site={"latitude": 95, "longitude": 0}), "/site/latitude: ", id="latitude of 95"
        ),
        pytest.param(
            sizing_input(equipment={"module": "Unobtainium 9000"}), "/equipment/module: ", id="module"
        ),
        pytest.param(
            sizing_input(demand={"daily_kwh": 1, "monthly_kwh": [9] * 12}),
            "/demand",
            id="contradictory demand",
        ),
        pytest.param({"kind": "triage", "site": {"latitude": 1, "longitude": 1}}, "/ticket", id="no ticket"),
        pytest.param(nonsense.module(v_oc_v=49_500), "/equipment/module/v_oc_v: ", id="millivolts"),
        pytest.param(
            nonsense.job(array={"losses_percent": 100}), "/array/losses_percent: ", id="no power left"
        ),
        pytest.param('{"kind": "sizing", ', "/: ", id="broken JSON"),
        pytest.param("", "/: ", id="empty"),
        pytest.param('{"kind": NaN}', "/", id="not JSON"),
    ],
)
def test_wrong_input_ends_with_two_the_place_and_the_reason(
    solarsync: Run, tmp_path: Path, command: str, document: Any, place: str
) -> None:
    done = solarsync(command, _written(tmp_path, document), "--json")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(place), done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_that_is_not_there_is_named(solarsync: Run) -> None:
    done = solarsync("size", "nowhere.json")
    assert done.returncode == 2
    assert done.stderr == "nowhere.json: No such file or directory\n"


def test_a_wrong_setting_stops_the_start_with_one_line_each_and_no_secret(solarsync: Run) -> None:
    done = solarsync("db", "current", SECRET_KEY="marker-short", DATABASE_URL="mysql://u:marker@h/d")
    assert done.returncode == 1
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == ["DATABASE_URL", "SECRET_KEY"]
    assert "marker" not in done.stderr + done.stdout


def test_the_database_goes_up_and_says_where_it_is(solarsync: Run) -> None:
    assert "no revision" in solarsync("db", "current").stdout
    assert f"is at {schema.head()}" in solarsync("db", "upgrade").stdout
    assert f"is at {schema.head()}" in solarsync("db", "current").stdout
    assert "no revision" in solarsync("db", "downgrade", "base").stdout


def test_a_user_is_created_once_with_a_decent_password(solarsync: Run) -> None:
    ada = ("user", "create", "--username", "ada", "--role", "admin", "--password-stdin")
    created = solarsync(*ada, stdin="correct horse battery\n")
    assert created.returncode == 0, created.stderr
    assert "Created admin 'ada'" in created.stdout
    assert solarsync(*ada, stdin="correct horse battery\n").returncode == 1
    assert solarsync(*ada, stdin="short\n").returncode == 2
    assert solarsync(*ada[:-2], "king", "--password-stdin", stdin="correct horse battery\n").returncode == 2


@pytest.mark.parametrize("username", ["", "x" * 300, "ada lovelace"])
def test_a_user_whom_the_api_would_refuse_by_name_is_not_created(solarsync: Run, username: str) -> None:
    create = ("user", "create", "--role", "admin", "--password-stdin", "--username", username)
    done = solarsync(*create, stdin="correct horse battery\n")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("/username: must match ")


def test_a_database_that_is_not_there_is_one_line_and_no_traceback(solarsync: Run) -> None:
    away = {
        "DATABASE_URL": "postgresql://solarsync@127.0.0.1:9/solarsync",
        "REDIS_URL": "redis://127.0.0.1:9/0",
    }
    done = solarsync("db", "upgrade", **away)
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert done.stderr.splitlines()[-1] == "PostgreSQL cannot be reached."


def test_the_graph_is_printed_and_drawn(solarsync: Run, tmp_path: Path) -> None:
    printed = solarsync("graph")
    assert printed.returncode == 0, printed.stderr
    assert "graph TD" in printed.stdout
    drawn = solarsync("graph", "--png", str(tmp_path / "graph.png"))
    assert drawn.returncode == 0, drawn.stderr
    assert (tmp_path / "graph.png").read_bytes().startswith(b"\x89PNG")


def test_the_readme_shows_the_graph_as_it_is(solarsync: Run) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    assert solarsync("graph").stdout.strip() in readme


def test_the_doctor_gives_one_verdict_per_line(solarsync: Run) -> None:
    done = solarsync("doctor", OPEN_METEO_URL="http://127.0.0.1:9")
    assert done.returncode == 0, done.stdout + done.stderr
    verdicts = {line.split()[1]: line.split()[0] for line in done.stdout.splitlines()}
    assert verdicts == {
        "settings": "ok", "postgres": "ok", "migrations": "ok", "redis": "ok", "given_up": "ok", "open_meteo": "warn",
        "llm": "ok",
    }  # fmt: skip


def test_the_doctor_fails_where_the_service_could_not_work(solarsync: Run) -> None:
    done = solarsync("doctor", REDIS_URL="redis://127.0.0.1:9/0", OPEN_METEO_URL="http://127.0.0.1:9")
    assert done.returncode == 1
    assert "FAIL redis" in done.stdout


def test_the_demo_inputs_are_part_of_the_package() -> None:
    assert {path.name for path in files("api.demo").iterdir()} >= {
        "nairobi_home.json",
        "greensboro_home.json",
    }
