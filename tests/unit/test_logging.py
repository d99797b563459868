import json
import logging
import sys

import pytest
import structlog
from structlog._config import BoundLoggerLazyProxy

from core.database import create_engine
from core.logging import QUIET, configure_logging
from core.redis import create_redis


@pytest.fixture(autouse=True)
def _restored() -> object:
    """Leave the logging of the other tests as it was."""
    root = logging.getLogger()
    before, levels = root.handlers[:], {name: logging.getLogger(name).level for name in ("", *QUIET)}
    yield
    root.handlers[:] = before
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    structlog.reset_defaults()
    for module in [module for name, module in sys.modules.items() if name.startswith("core.")]:
        for value in vars(module).values():
            if isinstance(value, BoundLoggerLazyProxy):
                vars(value).pop("bind", None)  # what it keeps of the configuration at its first line


def _lines(captured: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in captured.readouterr().err.splitlines()]


def test_our_lines_and_the_libraries_share_one_form(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("INFO", "json")
    with structlog.contextvars.bound_contextvars(job_id="j1"):
        structlog.get_logger("core.test").info("core.test.happened", count=2)
        logging.getLogger("some.library").warning("took %s s", 3)
    ours, theirs = _lines(capsys)
    assert (ours["event"], ours["count"], ours["job_id"], ours["level"]) == (
        "core.test.happened",
        2,
        "j1",
        "info",
    )
    assert (theirs["event"], theirs["job_id"], theirs["level"]) == ("took 3 s", "j1", "warning")
    assert ours.keys() - {"count"} == theirs.keys()


def test_what_is_below_the_level_is_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("WARNING", "json")
    structlog.get_logger("core.test").info("core.test.happened")
    logging.getLogger("some.library").info("nothing much")
    assert _lines(capsys) == []


async def test_connections_are_logged_without_their_credentials(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("INFO", "json")
    engine = create_engine("postgresql://user:marker-secret@db.internal/jobs", pool_size=20, max_overflow=10)
    client = create_redis("redis://user:marker-secret@cache.internal:6380/0")
    text = capsys.readouterr().err
    assert "marker-secret" not in text
    created = json.loads(text.splitlines()[0])
    assert created["event"] == "core.database.engine_created"
    assert (created["host"], created["pool_size"], created["max_overflow"]) == ("db.internal", 20, 10)
    await engine.dispose()
    await client.aclose()


def test_a_traceback_on_the_console_shows_no_local_variables(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("INFO", "console")
    password = "marker-secret"
    try:
        raise ValueError(len(password))
    except ValueError:
        structlog.get_logger("core.test").exception("core.test.failed")
    text = capsys.readouterr().err
    assert "ValueError" in text
    assert "marker-secret" not in text.replace('password = "marker-secret"', "")
