"""Data folders whose servers are gone when the test is over."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.embedded import wait_until_stopped
from tests.support.embedded_user import swept


@pytest.fixture(autouse=True)
def nothing_stays(tmp_path: Path) -> Iterator[None]:
    with swept(tmp_path):
        yield


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    """Not there yet."""
    folder = tmp_path / "data"
    yield folder
    assert wait_until_stopped(folder)
