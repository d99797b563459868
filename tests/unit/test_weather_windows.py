"""When one may work. In Nairobi, UTC+3, the sun rises about 06:32 and sets about 18:35 on 10 June."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nodes.weather.alerts import alerts
from nodes.weather.findings import judge
from nodes.weather.thresholds import THRESHOLDS, WindowThresholds
from nodes.weather.windows import work_windows
from state.site import Site
from state.weather import Alert, Window
from tests.support.forecasts import MIDNIGHT, NAIROBI, forecast

DEFAULTS = WindowThresholds()
KMH = 1 / 3.6


def at(hour: float, day: int = 0) -> datetime:
    """An hour of the local day in Nairobi."""
    return MIDNIGHT + timedelta(days=day, hours=hour - 3)


def windows(
    now: datetime = MIDNIGHT, site: Site = NAIROBI, thresholds: WindowThresholds = DEFAULTS, **made: Any
) -> list[Window]:
    return work_windows(judge(forecast(**made), thresholds), site, now, thresholds)


def verdict(moment: datetime, found: list[Window]) -> str | None:
    return next((w.verdict for w in found if w.start <= moment < w.end), None)


def raised(**made: Any) -> list[Alert]:
    return alerts(judge(forecast(**made), DEFAULTS), DEFAULTS)


def test_a_fine_day_is_one_window_of_working_hours() -> None:
    found = windows(days=2)
    assert [(w.start, w.end, w.verdict, w.reasons) for w in found] == [
        (at(7), at(18), "go", []),
        (at(7, day=1), at(18, day=1), "go", []),
    ]


def test_work_ends_with_daylight_where_that_is_earlier() -> None:
    arctic = Site(latitude=64.8, longitude=-147.9, elevation_m=132, timezone="America/Anchorage")
    polar_night = Site(latitude=-77.85, longitude=166.67, elevation_m=10, timezone="Antarctica/McMurdo")
    assert all(w.end - w.start == timedelta(hours=11) for w in windows(site=arctic)[1:-1])
    assert windows(site=polar_night) == []


def test_working_hours_are_a_setting() -> None:
    early = replace(DEFAULTS, work_start=time(8, 30), work_end=time(16, 0))
    assert [(w.start, w.end) for w in windows(days=1, thresholds=early)] == [(at(8.5), at(16))]


def test_the_past_is_no_window() -> None:
    assert windows(now=at(12.25), days=1)[0].start == at(12.5)


@pytest.mark.parametrize(
    ("quantity", "kmh", "expected"),
    [
        ("wind_speed_m_s", 26.9, "go"),
        ("wind_speed_m_s", 27.1, "caution"),
        ("wind_speed_m_s", 36.9, "caution"),
        ("wind_speed_m_s", 37.1, "stop"),
        ("wind_gust_m_s", 41.9, "go"),
        ("wind_gust_m_s", 42.1, "caution"),
        ("wind_gust_m_s", 47.9, "caution"),
        ("wind_gust_m_s", 48.1, "stop"),
        ("wind_gust_m_s", 70.0, "stop"),
    ],
)
def test_wind_and_gusts_have_their_limits(quantity: str, kmh: float, expected: str) -> None:
    blowing: dict[str, Any] = {quantity: kmh * KMH}
    found = windows(days=1, **blowing)
    assert [w.verdict for w in found] == [expected]
    assert (found[0].reasons == []) == (expected == "go")


def test_a_reason_names_value_and_rule() -> None:
    [window] = windows(days=1, wind_gust_m_s=60.0 * KMH)
    assert window.reasons == ["gusts 60.0 km/h (all roof work stops, short of OSHA 1910.269(x)'s 40 mph)"]


@pytest.mark.parametrize("code", [95, 96, 99])
def test_thunder_holds_its_hour_and_the_next_half(code: int) -> None:
    found = windows(at={9: {"weather_code": code}}, days=1)  # 12:00 to 13:00 in Nairobi
    assert [(w.start, w.end, w.verdict) for w in found] == [
        (at(7), at(12), "go"),
        (at(12), at(13.5), "stop"),
        (at(13.5), at(18), "go"),
    ]


def test_rain_holds_its_hour_and_the_drying_time() -> None:
    found = windows(at={9: {"precipitation_mm": 0.4}}, days=1)
    assert [verdict(at(h), found) for h in (11.5, 12, 12.5, 13, 14.5, 15)] == [
        "go", "stop", "stop", "stop", "stop", "go",
    ]  # fmt: skip
    assert verdict(at(12), windows(at={9: {"precipitation_mm": 0.05}}, days=1)) == "go"


def test_water_does_not_dry_in_frost_and_becomes_ice() -> None:
    frost = {k: {"temp_air_c": -2.0} for k in range(3, 12)}
    found = windows(at=frost | {2: {"precipitation_mm": 1.0}}, days=1)  # rain 05:00 to 06:00, frost to 15:00
    assert verdict(at(14.5), found) == "stop"
    assert any("ice" in reason for w in found for reason in w.reasons)
    assert verdict(at(16.5), found) == "stop"  # thawed at 15:00, dry two hours later
    assert verdict(at(17), found) == "go"


@pytest.mark.parametrize("code", [56, 57, 66, 67])
def test_freezing_rain_is_ice_until_it_thaws(code: int) -> None:
    cold = {k: {"temp_air_c": -1.0, "weather_code": code if k == 6 else 1} for k in range(24)}
    found = windows(at=cold, days=1)
    assert verdict(at(8.5), found) == "caution"
    assert verdict(at(9), found) == "stop"
    assert verdict(at(17.5), found) == "stop"


def test_ice_stays_while_the_temperature_is_not_known() -> None:
    cold: dict[int, dict[str, Any]] = {
        k: {"temp_air_c": -4.0, "weather_code": 66 if k == 3 else 1} for k in range(24)
    }
    cold |= {k: {"temp_air_c": None} for k in range(4, 8)}  # 07:00 to 11:00
    found = windows(at=cold, days=1)
    assert {verdict(at(h), found) for h in (7, 8, 10.5, 11, 14, 17.5)} == {"stop"}


def test_dry_frost_is_no_ice_where_it_is_known_to_have_set_in() -> None:
    frost = {k: {"temp_air_c": -5.0} for k in range(5, 24)}
    assert [w.verdict for w in windows(at=frost, days=1)] == ["go"]


def test_frost_from_the_first_hour_on_may_hide_ice_from_before() -> None:
    [window] = windows(days=1, temp_air_c=-5.0)
    assert window.verdict == "caution"
    assert window.reasons == [
        "frost, earlier ice not known -5.0 °C (freezing rain, or frost on a wet roof: ice)"
    ]
    thawed = windows(days=1, at={k: {"temp_air_c": -5.0} for k in range(9)})  # to 12:00
    assert [(w.start, w.end, w.verdict) for w in thawed] == [
        (at(7), at(12), "caution"),
        (at(12), at(18), "go"),
    ]


def test_thunder_that_is_not_known_holds_the_next_half_hour_too() -> None:
    found = windows(at={9: {"weather_code": None}}, days=1)
    assert [(w.start, w.end, w.verdict) for w in found] == [
        (at(7), at(12), "go"),
        (at(12), at(13.5), "unknown"),
        (at(13.5), at(18), "go"),
    ]


@pytest.mark.parametrize(
    ("temp", "humidity", "ghi", "expected"),
    [
        (28.0, 40.0, 0.0, "go"),
        (28.0, 40.0, 1000.0, "caution"),
        (33.0, 60.0, 500.0, "caution"),
        (38.0, 60.0, 900.0, "stop"),
    ],
)
def test_heat_counts_the_sun(temp: float, humidity: float, ghi: float, expected: str) -> None:
    found = windows(days=1, temp_air_c=temp, relative_humidity_pct=humidity, ghi_w_m2=ghi)
    assert [w.verdict for w in found] == [expected]


@pytest.mark.parametrize(
    "missing", ["wind_speed_m_s", "wind_gust_m_s", "precipitation_mm", "weather_code", "temp_air_c"]
)
def test_what_is_not_known_is_never_safe(missing: str) -> None:
    nothing: dict[str, Any] = {missing: None}
    found = windows(days=1, **nothing)
    assert [w.verdict for w in found] == ["unknown"]
    assert "not known" in found[0].reasons[0]


def test_missing_humidity_matters_only_in_the_warmth() -> None:
    assert [w.verdict for w in windows(days=1, temp_air_c=15.0, relative_humidity_pct=None)] == ["go"]
    assert [w.verdict for w in windows(days=1, temp_air_c=30.0, relative_humidity_pct=None)] == ["unknown"]


def test_unknown_rain_leaves_the_roof_perhaps_wet() -> None:
    found = windows(at={9: {"precipitation_mm": None}}, days=1)
    assert [verdict(at(h), found) for h in (12, 13, 14.5, 15)] == ["unknown", "unknown", "unknown", "go"]


def test_before_its_first_hour_a_forecast_knows_nothing_so_the_roof_may_be_wet() -> None:
    late = forecast(days=1)
    late = late.model_copy(update={"hourly": [hour for hour in late.hourly if hour.start >= at(7)]})
    found = work_windows(judge(late, DEFAULTS), NAIROBI, MIDNIGHT, DEFAULTS)
    assert [(w.start, w.end, w.verdict) for w in found] == [
        (at(7), at(9), "unknown"),
        (at(9), at(18), "go"),
    ]
    assert found[0].reasons == ["earlier rain not known (missing data is unknown)"]


def test_known_danger_outranks_what_is_not_known() -> None:
    assert [w.verdict for w in windows(days=1, temp_air_c=None, wind_gust_m_s=20.0)] == ["stop"]


@settings(max_examples=60, deadline=None)
@given(
    gusts=st.lists(st.none() | st.floats(0, 30), min_size=24, max_size=24),
    rain=st.lists(st.none() | st.floats(0, 5), min_size=24, max_size=24),
)
def test_no_hour_is_called_safe_that_is_windy_wet_or_unknown(
    gusts: list[float | None], rain: list[float | None]
) -> None:
    made = {k: {"wind_gust_m_s": gusts[k], "precipitation_mm": rain[k]} for k in range(24)}
    for window in windows(at=made, days=1):
        assert window.start < window.end
        if window.verdict == "go":
            hour = int((window.start - MIDNIGHT) / timedelta(hours=1))
            while MIDNIGHT + timedelta(hours=hour) < window.end:
                gust, wet = gusts[hour], rain[hour]
                assert gust is not None
                assert gust * 3.6 < 42.0
                assert wet is not None
                assert wet < 0.1
                hour += 1


def test_without_a_forecast_every_day_is_unknown() -> None:
    found = work_windows([], NAIROBI, MIDNIGHT, DEFAULTS, missing="made_up: closed")
    assert {w.verdict for w in found} == {"unknown"}
    assert len(found) == 7
    assert found[0].reasons == ["no forecast (made_up: closed)"]


def test_every_threshold_names_its_source() -> None:
    assert all(len(row.rule) > 20 for row in THRESHOLDS)


def test_a_storm_at_night_is_an_alert_though_no_window() -> None:
    storm = {k: {"wind_gust_m_s": 22.0} for k in (20, 21)}  # 23:00 to 01:00 in Nairobi
    [alert] = raised(at=storm, days=2)
    assert (alert.kind, alert.severity, alert.start, alert.end) == ("wind", "stop", at(23), at(25))
    assert "79.2 km/h" in alert.detail


def test_drizzle_and_a_breeze_alert_nobody() -> None:
    assert raised(at={9: {"precipitation_mm": 1.0}}, wind_speed_m_s=8.0) == []


def test_heavy_rain_thunder_and_heat_alert() -> None:
    assert [a.kind for a in raised(at={9: {"precipitation_mm": 9.0}}, days=1)] == ["rain"]
    assert [a.kind for a in raised(at={9: {"weather_code": 95}}, days=1)] == ["thunderstorm"]
    hot = {9: {"temp_air_c": 33.0, "relative_humidity_pct": 50.0}}
    assert [(a.kind, a.severity) for a in raised(at=hot, days=1)] == [("heat", "caution")]
