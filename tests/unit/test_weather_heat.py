"""The heat index against the National Weather Service's chart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodes.weather.heat import felt_f, heat_index_f

# The chart's rows by temperature [°F], for 40, 45 … 100 % relative humidity, as transcribed in public code.
CHART = {
    94: [97, 100, 102, 106, 110, 114, 119, 124, 129, 135],
    92: [94, 96, 99, 101, 105, 108, 112, 116, 121, 126, 131],
    90: [91, 93, 95, 97, 100, 103, 106, 109, 113, 117, 122, 127, 132],
    88: [88, 89, 91, 93, 95, 98, 100, 103, 106, 110, 113, 117, 121],
    86: [85, 87, 88, 89, 91, 93, 95, 97, 100, 102, 105, 108, 112],
    84: [83, 84, 85, 86, 88, 89, 90, 92, 94, 96, 98, 100, 103],
    82: [81, 82, 83, 84, 84, 85, 86, 88, 89, 90, 91, 93, 95],
    80: [80, 80, 81, 81, 82, 82, 83, 84, 84, 85, 86, 86, 87],
}


@pytest.mark.parametrize("temp", CHART)
def test_the_index_is_within_one_degree_of_the_chart(temp: int) -> None:
    for step, expected in enumerate(CHART[temp]):
        humidity = 40 + 5 * step
        # The chart is in whole degrees.
        assert abs(round(heat_index_f(temp, humidity)) - expected) <= 1, f"at {humidity} %"


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
