"""What takes back an alert that a forecast gave: another forecast, but only where it knows better."""

from datetime import timedelta
from typing import Any

import pytest

from core.database.alerts import OpenAlert
from core.ids import new_id
from graph.cells import coming
from graph.outlook import alert_news, outlook
from nodes.weather.thresholds import DEFAULTS
from state.weather import Forecast
from tests.support.forecasts import MIDNIGHT, forecast

STORM_DAY = {hour: {"wind_gust_m_s": 25.0} for hour in range(130, 136)}


def closed(now_said: Forecast | None, *, after_hours: float = 1.0) -> int:
    """How many of the alerts of a storm on the sixth day are closed by what is said an hour later."""
    told = outlook(forecast(at=STORM_DAY), [], MIDNIGHT, DEFAULTS).alerts
    assert [alert.kind for alert in told] == ["wind"]
    now = MIDNIGHT + timedelta(hours=after_hours)
    known = [OpenAlert(new_id(), alert) for alert in told]
    return len(alert_news(known, outlook(now_said, [], now, DEFAULTS), now).closed)


def hourly(**changes: Any) -> Forecast:
    """Fine, but for what is not known of the storm's hours."""
    return forecast(at=dict.fromkeys(STORM_DAY, changes))


def test_a_forecast_that_knows_the_hours_to_be_fine_takes_the_alert_back() -> None:
    assert closed(forecast()) == 1


@pytest.mark.parametrize(
    "now_said",
    [
        None,
        forecast(days=5),
        forecast(days=5).model_copy(update={"hourly": forecast().hourly[:133]}),
        hourly(wind_gust_m_s=None),
        hourly(weather_code=None),
    ],
    ids=["no forecast", "ends before", "ends within", "knows no gusts", "knows no thunder"],
)
def test_one_that_does_not_know_takes_nothing_back_until_the_time_has_passed(
    now_said: Forecast | None,
) -> None:
    assert closed(now_said) == 0
    assert closed(now_said, after_hours=136) == 1


@pytest.mark.parametrize("minutes", [0, 50])
def test_runs_and_looks_see_one_week_and_the_day_before_it(minutes: int) -> None:
    now = MIDNIGHT + timedelta(days=2, hours=5, minutes=minutes)
    hours = [hour.start for hour in coming(forecast(days=12), now).hourly]
    assert (hours[0], hours[-1]) == (
        MIDNIGHT + timedelta(days=1, hours=5),
        MIDNIGHT + timedelta(days=9, hours=4),
    )
