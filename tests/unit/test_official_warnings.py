"""What an authority's warnings do to the hours in which one may work, and hours that no forecast reaches."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nodes.weather.engine import weather_result
from nodes.weather.thresholds import WindowThresholds
from state.weather import Alert, Forecast, Verdict, WeatherResult
from tests.support.forecasts import MIDNIGHT, NAIROBI, RESOURCE, forecast, official

RANK: dict[Verdict, int] = {"go": 0, "caution": 1, "unknown": 2, "stop": 3}


def result(given: Forecast | None = None, *warnings: Alert) -> WeatherResult:
    problem = None if given else "closed"
    return weather_result(
        NAIROBI, RESOURCE, given, problem, MIDNIGHT, WindowThresholds(), list(warnings), ["somebody failed"]
    )


def verdict(found: WeatherResult, hour: float) -> Verdict | None:
    moment = MIDNIGHT + timedelta(hours=hour)
    return next((w.verdict for w in found.windows if w.start <= moment < w.end), None)


def test_a_warning_stops_work_while_it_lasts_and_is_told_with_its_rule() -> None:
    found = result(forecast(), official())
    assert [verdict(found, hour) for hour in (5.5, 6, 8.5, 9)] == ["go", "stop", "stop", "go"]
    window = next(w for w in found.windows if w.verdict == "stop")
    assert window.reasons == [
        "High Wind Warning (US National Weather Service: severity Severe, certainty Likely)"
    ]
    assert [(a.source, a.track) for a in found.alerts] == [("nws", "KPQR.HW.W.0004")]
    assert found.warnings == ["somebody failed"]


def test_a_warning_is_heeded_without_a_forecast_too() -> None:
    found = result(None, official())
    assert [verdict(found, hour) for hour in (5.5, 7, 9.5)] == ["unknown", "stop", "unknown"]
    assert found.forecast_problem == "closed"


def test_a_warning_of_what_we_have_no_word_for_counts_as_well() -> None:
    found = result(forecast(), official(kind="other", event="Avalanche Warning"))
    assert verdict(found, 7) == "stop"


@settings(max_examples=40, deadline=None)
@given(
    severity=st.sampled_from(["caution", "stop"]),
    start=st.floats(0, 100),
    length=st.floats(0.5, 48),
    gust=st.none() | st.floats(0, 25),
)
def test_a_warning_never_makes_an_hour_safer(
    severity: str, start: float, length: float, gust: float | None
) -> None:
    given = forecast(wind_gust_m_s=gust)
    plain, warned = result(given), result(given, official(severity, start, start + length))
    for hour in range(0, 168, 2):
        before, after = verdict(plain, hour + 0.1), verdict(warned, hour + 0.1)
        assert (before is None) == (after is None)
        if before is not None and after is not None:
            assert RANK[after] >= RANK[before]


def test_hours_that_the_forecast_does_not_reach_are_unknown() -> None:
    found = result(forecast(days=2))
    assert [verdict(found, hour) for hour in (7, 31, 55, 100)] == ["go", "go", "unknown", "unknown"]
    assert found.windows[-1].reasons == ["no forecast (the forecast does not reach this far)"]


@pytest.mark.parametrize("code", [18, 19])
def test_squalls_and_tornadoes_stop_work_whatever_the_wind_is_said_to_be(code: int) -> None:
    found = result(forecast(at={7: {"weather_code": code}}))
    assert verdict(found, 7.1) == "stop"


@pytest.mark.parametrize(
    ("code", "expected"), [(61, "stop"), (80, "stop"), (68, "stop"), (71, "go"), (3, "go")]
)
def test_a_code_of_rain_keeps_work_off_the_roof_though_its_mean_is_a_trace(code: int, expected: str) -> None:
    found = result(forecast(at={7: {"weather_code": code, "precipitation_mm": 0.05}}))
    assert verdict(found, 7.1) == expected
