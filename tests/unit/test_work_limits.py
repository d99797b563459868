"""The limits of weather in which nobody works, from settings."""

from datetime import timedelta

import pytest

from core.config import load_settings
from core.errors import ConfigurationError
from graph.work_limits import work_limits
from nodes.weather.findings import judge
from nodes.weather.thresholds import DEFAULTS
from nodes.weather.windows import work_windows
from state.weather import Forecast
from tests.support.forecasts import MIDNIGHT, NAIROBI, forecast


def test_the_settings_defaults_are_the_tables() -> None:
    assert work_limits(load_settings(None)) == DEFAULTS


def test_every_limit_is_moved_by_its_setting_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    for row in DEFAULTS.rows:
        monkeypatch.setenv(row.setting.upper(), str(row.at_least / 2))
    for before, after in zip(DEFAULTS.rows, work_limits(load_settings(None)).rows, strict=True):
        assert after.at_least == before.at_least / 2
        assert after.rule == f"set by {before.setting.upper()}"


def test_a_stricter_wind_and_later_hours_change_the_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    breeze = forecast(at={hour: {"wind_gust_m_s": 9.0} for hour in range(24)})
    assert _verdicts(breeze) == {"go"}
    monkeypatch.setenv("WORK_GUST_STOP_KMH", "30")
    monkeypatch.setenv("WORK_START", "09:30")
    assert _verdicts(breeze) == {"stop"}
    limits = work_limits(load_settings(None))
    first = work_windows(judge(breeze, limits), NAIROBI, MIDNIGHT, limits)[0]
    assert (first.start - MIDNIGHT, first.reasons[0]) == (
        timedelta(hours=6, minutes=30),
        "gusts 32.4 km/h (set by WORK_GUST_STOP_KMH)",
    )


def _verdicts(breeze: Forecast) -> set[str]:
    limits = work_limits(load_settings(None))
    windows = work_windows(judge(breeze, limits), NAIROBI, MIDNIGHT, limits)
    return {window.verdict for window in windows if window.start < MIDNIGHT + timedelta(hours=16)}


def test_a_working_day_that_ends_before_it_begins_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORK_END", "06:00")
    with pytest.raises(ConfigurationError, match="WORK_END: must be later than WORK_START"):
        load_settings(None)
