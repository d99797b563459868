"""The heat index where its chart does not reach, and in the sun."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodes.weather.heat import felt_f, heat_index_f


def test_cool_air_feels_as_it_is() -> None:
    assert heat_index_f(68.0, 50.0) == pytest.approx(68.0, abs=1.5)


def test_dry_heat_feels_cooler_than_the_regression_says() -> None:
    assert heat_index_f(95.0, 5.0) < heat_index_f(95.0, 12.9)
    assert heat_index_f(95.0, 5.0) < 95.0


@given(st.floats(27, 43), st.floats(20, 80), st.floats(0, 1100), st.floats(0, 1100))
def test_sunshine_never_makes_it_feel_cooler(temp: float, humidity: float, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert felt_f(temp, humidity, low) <= felt_f(temp, humidity, high)
    assert felt_f(temp, humidity, high) - felt_f(temp, humidity, 0.0) <= 15.0 + 1e-9
