"""Whether a refresh has decided anything."""

from typing import Any

import pytest

from graph.outcome import same_decisions

RESULT: dict[str, Any] = {
    "version": 1,
    "produced_at": "2026-06-02T06:00:00Z",
    "weather": {"windows": []},
    "sizing": None,
    "triage": {"priority": "P2"},
    "dispatch": {"visit": None},
    "report": {"summary": "-"},
}


def test_other_weather_at_another_time_is_no_new_result() -> None:
    later = {**RESULT, "version": 0, "produced_at": "2026-06-02T09:00:00Z", "weather": {"windows": [1]}}
    assert same_decisions(later, RESULT)


@pytest.mark.parametrize("part", ["sizing", "triage", "dispatch", "report"])
def test_any_other_part_that_differs_is(part: str) -> None:
    assert not same_decisions({**RESULT, part: {"changed": True}}, RESULT)
