"""From daily extremes to the temperatures that strings are designed for."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.clients.extremes import yearly_extremes
from core.errors import ProviderUnavailable
from state.weather import DesignTemperatures

FIRST = 2006


def known(
    years: int = 12, *, heights: tuple[float, float | None] = (100.0, None), **changes: Any
) -> DesignTemperatures:
    days = [
        date(FIRST, 1, 1) + timedelta(days=n)
        for n in range((date(FIRST + years, 1, 1) - date(FIRST, 1, 1)).days)
    ]
    low, high = np.full(len(days), 5.0), np.full(len(days), 25.0)
    for number, day in enumerate(days):
        if (day.month, day.day) == (1, 10):
            low[number] = -10.0 - (day.year - FIRST)
        if (day.month, day.day) == (7, 10):
            high[number] = 35.0
    given = {"low": low, "high": high} | {
        name: change(days, {"low": low, "high": high}[name]) for name, change in changes.items()
    }
    site, cell = heights
    return yearly_extremes("p", "source", days, **given, site_elevation=site, cell_elevation=cell)


def test_the_yearly_minima_are_averaged_not_the_coldest_day_taken() -> None:
    found = known(11)
    assert found.min_c == -15.0
    assert found.max_c == 35.0
    assert found.approximation is not None
    assert found.approximation.startswith("Mean of the yearly extremes of 11 years")


@pytest.mark.parametrize(
    ("heights", "low", "high"),
    [((1000.0, 0.0), -21.5, 35.0), ((0.0, 1000.0), -15.0, 41.5), ((0.0, None), -15.0, 35.0)],
)
def test_a_height_that_differs_only_ever_widens_the_extremes(
    heights: tuple[float, float | None], low: float, high: float
) -> None:
    found = known(11, heights=heights)
    assert (found.min_c, found.max_c) == (low, high)


def test_nine_years_are_not_enough() -> None:
    with pytest.raises(ProviderUnavailable, match="knows 9 full years; 10 are needed"):
        known(9)


def test_a_year_with_a_gap_does_not_count() -> None:
    def without_winter(days: list[date], low: Any) -> Any:
        gap = [day.year == FIRST + 10 and day.month == 1 for day in days]
        return np.where(gap, np.nan, low)

    assert known(11, low=without_winter).min_c == -14.5


@pytest.mark.parametrize(
    "change",
    [
        {"low": lambda _, low: low + 273.15, "high": lambda _, high: high + 273.15},
        {"low": lambda _, low: low - 80.0},
        {"low": lambda _, low: low + 30.0},
    ],
)
def test_what_cannot_be_is_refused(change: Any) -> None:
    with pytest.raises(ProviderUnavailable, match="cannot be"):
        known(12, **change)


@settings(max_examples=30, deadline=None)
@given(st.floats(-400, 6000), st.floats(-400, 6000))
def test_the_height_never_makes_the_cold_milder(site: float, cell: float) -> None:
    found = known(10, heights=(site, cell))
    plain = known(10)
    assert found.min_c is not None and plain.min_c is not None  # noqa: PT018
    assert found.max_c is not None and plain.max_c is not None  # noqa: PT018
    assert found.min_c <= plain.min_c
    assert found.max_c >= plain.max_c
