"""Results are stored with the hours of their forecast apart, and read whole."""

from typing import Any

import pytest

from core.database.result_documents import put_together, taken_apart

HOURS = [{"start": f"2026-06-01T{hour:02}:00:00Z", "ghi_w_m2": 10.5 * hour} for hour in range(24)]
RESULT: dict[str, Any] = {
    "version": 1,
    "weather": {"forecast": {"source": "open_meteo", "hourly": HOURS}, "windows": []},
    "triage": {"priority": "P2"},
}


def test_a_result_is_read_as_it_was_stored() -> None:
    stored, hours = taken_apart(RESULT)
    assert "hourly" not in stored["weather"]["forecast"]
    assert put_together(stored, hours) == RESULT


def test_taking_a_result_apart_leaves_it_as_it_was() -> None:
    taken_apart(RESULT)
    assert RESULT["weather"]["forecast"]["hourly"] == HOURS


@pytest.mark.parametrize(
    "document",
    [
        {"version": 1},
        {"version": 1, "weather": None},
        {"version": 1, "weather": {"forecast": None, "windows": []}},
    ],
)
def test_a_result_without_a_forecast_is_stored_as_it_is(document: dict[str, Any]) -> None:
    assert taken_apart(document) == (document, None)
    assert put_together(document, None) == document


def test_a_result_of_an_older_version_is_whole_as_it_is() -> None:
    assert put_together(RESULT, None) is RESULT
