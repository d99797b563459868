"""Times of documents from outside: what is written out, and nothing that merely could be one."""

from datetime import UTC, datetime, time

import pytest
from pydantic import ValidationError

from state.dispatch import Schedule, WorkingHours


@pytest.mark.parametrize(
    "value", [0, 1_700_000_000, 0.5, True, "1700000000", "2026-03-02", "2026-03-02T08:00:00", []]
)
def test_a_number_is_no_moment_and_neither_is_a_time_without_its_offset(value: object) -> None:
    with pytest.raises(ValidationError):
        Schedule(earliest=value)


def test_a_moment_has_a_date_a_time_and_an_offset() -> None:
    given = Schedule.model_validate({"earliest": "2026-03-02T08:00:00+03:00", "latest": None})
    assert given.earliest == datetime(2026, 3, 2, 5, tzinfo=UTC)


@pytest.mark.parametrize("value", [0, 27_000, "27000", True, "07:30:00Z", "07:30+03:00", "24:00", None])
def test_working_hours_are_by_the_clock_of_the_place(value: object) -> None:
    with pytest.raises(ValidationError):
        WorkingHours.model_validate({"start": value})


@pytest.mark.parametrize("value", ["07:30", "07:30:00", time(7, 30)])
def test_a_time_of_day_is_hours_and_minutes(value: object) -> None:
    assert WorkingHours.model_validate({"start": value}).start == time(7, 30)
