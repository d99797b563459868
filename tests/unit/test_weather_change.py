"""What a refresh calls a change."""

from datetime import timedelta
from typing import Any

import pytest

from nodes.weather.change import material_change
from nodes.weather.engine import weather_result
from nodes.weather.thresholds import WindowThresholds
from state.dispatch import Visit
from state.weather import WeatherResult
from tests.support.forecasts import MIDNIGHT, NAIROBI, RESOURCE, forecast

VISIT = Visit(start=MIDNIGHT + timedelta(hours=6), end=MIDNIGHT + timedelta(hours=9))
STORM = {7: {"wind_gust_m_s": 20.0}}


def result(
    annual: float = 2000.0, *, fallback: bool = False, closed: bool = False, **made: Any
) -> WeatherResult:
    measured = {
        "quality": "screening" if fallback else "tmy",
        "annual_ghi_kwh_m2": annual,
        "fallback": fallback,
    }
    resource = RESOURCE.model_copy(update=measured)
    given = None if closed else forecast(**made)
    return weather_result(
        NAIROBI, resource, given, "closed" if closed else None, MIDNIGHT, WindowThresholds()
    )


@pytest.mark.parametrize(
    ("after", "fallback", "moved"),
    [
        (2000.0, False, False),
        (2099.0, False, False),
        (2101.0, False, True),
        (1899.0, False, True),
        (1000.0, True, False),
    ],
)
def test_the_resource_moves_beyond_five_percent_and_never_for_a_fallback(
    after: float, fallback: bool, moved: bool
) -> None:
    change = material_change(result(), result(after, fallback=fallback), None, MIDNIGHT)
    assert change["resource_moved"] is moved


def test_a_storm_in_the_visit_makes_it_unsafe_once() -> None:
    assert material_change(result(), result(at=STORM), VISIT, MIDNIGHT)["visit_unsafe"] is True
    assert material_change(result(at=STORM), result(at=STORM), VISIT, MIDNIGHT)["visit_unsafe"] is False


def test_weather_that_became_unknown_cancels_no_visit() -> None:
    assert material_change(result(), result(closed=True), VISIT, MIDNIGHT)["visit_unsafe"] is False


def test_a_storm_beside_the_visit_or_without_one_is_no_matter() -> None:
    late = Visit(start=VISIT.start + timedelta(days=1), end=VISIT.end + timedelta(days=1))
    assert material_change(result(), result(at=STORM), late, MIDNIGHT)["visit_unsafe"] is False
    assert material_change(result(), result(at=STORM), None, MIDNIGHT)["visit_unsafe"] is False
    assert material_change(result(), result(at=STORM), VISIT, VISIT.end)["visit_unsafe"] is False
