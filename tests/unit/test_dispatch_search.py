"""The search leaves out what cannot win; held against one that leaves out nothing."""

import random
from datetime import UTC, datetime, time, timedelta
from itertools import chain, combinations
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nodes.dispatch.crew import Crew, skill_keys
from nodes.dispatch.engine import CONDITIONS
from nodes.dispatch.search import Diaries, best
from nodes.dispatch.shifts import Shifts
from state.dispatch import Technician, WorkingHours
from tests.support.crews import NOW, SITE, crew, order_of, situation
from tests.support.plain_search import plain_best, worked

WAIVERS = list(chain.from_iterable(combinations(CONDITIONS, size) for size in range(len(CONDITIONS) + 1)))


def assert_nothing_is_lost(people: list[Technician], asked: dict[str, Any], *waived: Any, count: int) -> None:
    order, rules = order_of(asked, *waived), asked["settings"]
    everyone = Crew(people, asked["site"], skill_keys(asked["skills"]), rules, order.now)
    found = best(Diaries(everyone, order), order, rules, count)
    assert found == plain_best(everyone, order, rules, count)


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(min_value=0, max_value=2**32),
    people=st.integers(min_value=0, max_value=12),
    visits=st.integers(min_value=0, max_value=30),
    shifts=st.none() | st.integers(min_value=1, max_value=3),
    waived=st.sampled_from(WAIVERS),
    count=st.integers(min_value=1, max_value=5),
)
def test_who_is_found_is_who_a_search_through_everything_finds(
    seed: int, people: int, visits: int, shifts: int | None, waived: tuple[Any, ...], count: int
) -> None:
    chance = random.Random(seed)
    few = crew(chance, people, visits if people else 0, spread=chance.choice((0.2, 1.0, 3.0)), shifts=shifts)
    assert_nothing_is_lost(few, situation(chance), *waived, count=count)


@pytest.mark.parametrize("seed", range(6))
def test_nor_is_anybody_lost_among_hundreds_of_which_only_some_are_looked_into(seed: int) -> None:
    chance = random.Random(seed)
    many = crew(chance, 250, 400, spread=2.0)
    for waived in ((), ("deadline", "schedule"), ("skills",)):
        assert_nothing_is_lost(many, situation(chance), *waived, count=4)


def clipped(stretches: Any, start: float, end: float) -> list[tuple[float, float]]:
    return [(max(a, start), min(b, end)) for a, b in stretches if a < end and b > start]


zones = st.sampled_from(
    (
        "Africa/Nairobi",
        "Europe/London",
        "America/New_York",
        "Africa/Cairo",
        "Australia/Lord_Howe",
        "Pacific/Apia",
    )
)
hours = st.builds(
    WorkingHours,
    weekdays=st.sets(st.integers(min_value=0, max_value=6), min_size=1).map(sorted),
    start=st.times(),
    end=st.times(),
)
CLOCKS_FORWARD = datetime(2026, 3, 28, 6, 0, tzinfo=UTC)
MIDNIGHT_SKIPPED = datetime(2026, 4, 23, 6, 0, tzinfo=UTC)
ROUND_THE_CLOCK = WorkingHours(weekdays=[*range(7)], start=time(0), end=time(0))


@settings(max_examples=150, deadline=None)
@given(
    technicians=st.lists(st.tuples(zones, hours), min_size=1, max_size=6),
    first=st.floats(min_value=0, max_value=1800).map(lambda days: NOW + timedelta(days=days)),
    days=st.floats(min_value=0.1, max_value=16),
)
@example(
    [("Europe/London", WorkingHours(start=time(1, 30), end=time(2, 15), weekdays=[5, 6]))], CLOCKS_FORWARD, 4
)
@example(
    [("Europe/London", WorkingHours(start=time(22), end=time(1, 30), weekdays=[5, 6]))], CLOCKS_FORWARD, 4
)
@example([("Africa/Cairo", WorkingHours(start=time(0, 15), end=time(6), weekdays=[4]))], MIDNIGHT_SKIPPED, 3)
@example([("America/New_York", ROUND_THE_CLOCK)], datetime(2026, 10, 30, tzinfo=UTC), 5)
def test_shifts_in_arrays_are_those_that_a_calendar_gives_day_by_day(
    technicians: list[tuple[str, WorkingHours]], first: datetime, days: float
) -> None:
    crowd = [
        Technician(
            id=UUID(int=number + 1),
            name=f"T{number}",
            skills=[],
            base_latitude=SITE.latitude,
            base_longitude=SITE.longitude,
            timezone=zone,
            working_hours=worked_hours,
        )
        for number, (zone, worked_hours) in enumerate(technicians)
    ]
    start, end = first.timestamp(), (first + timedelta(days=days)).timestamp()
    shifts = Shifts(crowd, start, end)
    shifts.of(np.arange(len(crowd)))
    for place, technician in enumerate(crowd):
        given_in_arrays = clipped(shifts.stretches(place), start, end)
        assert given_in_arrays == clipped(worked(technician, start, end), start, end)
