"""Faults on real processes. `CHAOS=1` is the full number of repetitions, less is that share of it."""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from core.embedded import EmbeddedServers
from tests.support.cluster import OpenCluster, cluster
from tests.support.leftovers import ended_with_us

SHARE = float(os.environ.get("CHAOS", "1"))
LISTED = 3

Judge = Callable[..., None]

_bars: list[tuple[str, str, bool, str]] = []


def times(full: int) -> int:
    """How often to repeat what is done `full` times in all."""
    return max(1, round(full * SHARE))


@pytest.fixture(scope="session", autouse=True)
def no_leftovers() -> Iterator[None]:
    with ended_with_us():
        yield


@pytest.fixture
async def durable(engine: AsyncEngine) -> None:
    """Other tests' commits need not survive their server; here it is killed."""
    async with engine.begin() as connection:
        name = await connection.scalar(text("SELECT current_database()"))
        await connection.execute(text(f"ALTER DATABASE {name} SET synchronous_commit = on"))


@pytest.fixture
def open_cluster(
    database_url: str, durable: None, embedded_servers: EmbeddedServers, tmp_path: Path
) -> OpenCluster:
    return partial(cluster, database_url, embedded_servers.redis_url, tmp_path)


@pytest.fixture
def judge(capsys: pytest.CaptureFixture[str]) -> Judge:
    """Print what was counted, keep it for the table at the end, and fail where the bar is not held."""

    def judged(bar: str, what: str, held: Iterable[bool], counted: Any) -> None:
        figures = (
            counted
            if isinstance(counted, dict)
            else {each.name: getattr(counted, each.name) for each in fields(counted)}
        )
        said = ", ".join(
            f"{name} {_short(value)}" for name, value in figures.items() if value not in ([], {})
        )
        passed = all(held)
        _bars.append((bar, what, passed, said))
        with capsys.disabled():
            print(f"\n  {bar} {what}: {said}")  # noqa: T201  figures are what these tests are for
        assert passed, said

    return judged


def _short(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2f}"
    if isinstance(value, list) and len(value) > LISTED and all(isinstance(v, float) for v in value):
        return f"{min(value):.2f} to {max(value):.2f}"
    if isinstance(value, dict):
        return " + ".join(f"{count}×{name}" for name, count in sorted(value.items(), key=str))
    return str(value)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The bars, one line each; what did not get as far as to be judged is among pytest's failures."""
    if _bars:
        terminalreporter.section(f"bars, at {SHARE:g} of the full counts")
        for bar, what, passed, said in sorted(_bars):
            terminalreporter.write_line(f"{'held  ' if passed else 'FAILED'}  {bar:<4} {what:<58} {said}")
