"""What a forecast means for the jobs of a cell: alerts that open, change and close once, and hours that open."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.database.alerts import AlertNews, OpenAlert
from core.ids import new_id
from graph.outlook import Outlook, alert_news, outlook
from nodes.weather.alert_changes import SLACK
from nodes.weather.findings import judge
from nodes.weather.thresholds import DEFAULTS
from nodes.weather.windows import work_windows
from state.weather import Alert, Forecast
from tests.support.forecasts import MIDNIGHT, NAIROBI, forecast, official

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def alert(start: float = 0.0, end: float = 3.0, **changes: Any) -> Alert:
    told: dict[str, Any] = {
        "kind": "wind",
        "severity": "stop",
        "start": NOON + start * HOUR,
        "end": NOON + end * HOUR,
        "detail": "gusts 60 km/h",
        "rule": "r",
    }
    return Alert(**told | changes)


def alert_changes(previous: Sequence[Alert], current: Sequence[Alert]) -> AlertNews:
    """At a time when none of them would last any longer."""
    told = [OpenAlert(new_id(), each) for each in previous]
    return alert_news(told, Outlook(list(current), stops=[], known=[]), NOON + timedelta(days=9))


def counts(previous: Sequence[Alert], current: Sequence[Alert]) -> tuple[int, int, int]:
    changes = alert_changes(previous, current)
    return len(changes.opened), len(changes.updated), len(changes.closed)


@pytest.mark.parametrize(
    ("previous", "current", "expected"),
    [
        ([], [], (0, 0, 0)),
        ([], [alert()], (1, 0, 0)),
        ([alert()], [], (0, 0, 1)),
        ([alert()], [alert()], (0, 0, 0)),
        # The same storm in other words and figures is not told again.
        ([alert()], [alert(0.5, 3.5, detail="gusts 63 km/h")], (0, 0, 0)),
        # An alert in force begins now, at every look.
        ([alert(0, 9)], [alert(4, 9)], (0, 0, 0)),
        ([alert(0, 3)], [alert(0, 6)], (0, 1, 0)),
        ([alert(5, 9)], [alert(1, 9)], (0, 1, 0)),
        ([alert(severity="caution")], [alert()], (0, 1, 0)),
        ([alert()], [alert(kind="ice")], (1, 0, 1)),
        ([alert(0, 2)], [alert(12, 14)], (1, 0, 1)),
        ([alert(0, 3)], [alert(0, 3), alert(10, 12)], (1, 0, 0)),
        # A storm that splits is the one it was, and a new one.
        ([alert(0, 6)], [alert(0, 2), alert(4, 6)], (1, 1, 0)),
        # A forecast's storm is not an authority's.
        ([alert()], [alert(source="nws", track="A")], (1, 0, 1)),
        ([alert(source="nws", track="A")], [alert(1, 4, source="nws", track="A")], (0, 0, 0)),
        ([alert(source="nws", track="A")], [alert(source="nws", track="B")], (1, 0, 1)),
        (
            [alert(source="nws", track="A", event="Watch")],
            [alert(source="nws", track="A", event="Warning")],
            (0, 1, 0),
        ),
    ],
)
def test_what_became_of_them(
    previous: list[Alert], current: list[Alert], expected: tuple[int, int, int]
) -> None:
    assert counts(previous, current) == expected


def test_what_opened_and_changed_is_as_it_is_now_and_what_closed_as_it_was() -> None:
    old, new, gone = alert(0, 3), alert(0, 9), alert(20, 22)
    changes = alert_changes([old, gone], [new])
    assert [each.alert for each in changes.updated] == [new]
    assert [each.alert for each in changes.closed] == [gone]


ALERTS = st.lists(
    st.builds(
        lambda start, length, kind, severity, track: alert(
            start,
            start + length,
            kind=kind,
            severity=severity,
            track=track,
            source="forecast" if track is None else "nws",
        ),
        st.integers(0, 72),
        st.integers(1, 24),
        st.sampled_from(["wind", "ice", "rain"]),
        st.sampled_from(["caution", "stop"]),
        st.none() | st.sampled_from(["A", "B"]),
    ),
    max_size=6,
)


@given(ALERTS)
def test_the_same_alerts_are_never_news(alerts: list[Alert]) -> None:
    assert counts(alerts, alerts) == (0, 0, 0)


@given(ALERTS, ALERTS)
def test_every_alert_has_one_fate(previous: list[Alert], current: list[Alert]) -> None:
    changes = alert_changes(previous, current)
    followed = len(current) - len(changes.opened)
    assert followed == len(previous) - len(changes.closed)
    assert len(changes.updated) <= followed
    assert all(each in current for each in [*changes.opened, *(known.alert for known in changes.updated)])
    assert all(each.alert in previous for each in changes.closed)


@given(ALERTS, ALERTS)
def test_backwards_what_opened_closes(previous: list[Alert], current: list[Alert]) -> None:
    there, back = alert_changes(previous, current), alert_changes(current, previous)
    assert len(there.opened) == len(back.closed)
    assert len(there.closed) == len(back.opened)


def test_ice_is_taken_back_only_by_a_forecast_that_may_know_of_a_thaw() -> None:
    told = [OpenAlert(new_id(), alert(-20, 100, kind="ice"))]
    known = [(NOON - 10 * HOUR, NOON + 200 * HOUR)]

    def closed(frost_since: datetime | None) -> int:
        return len(alert_news(told, Outlook([], [], known, frost_since=frost_since), NOON).closed)

    assert closed(frost_since=None) == 1
    assert closed(frost_since=NOON - 10 * HOUR) == 0  # it has frozen ever since
    assert (
        closed(frost_since=NOON - 30 * HOUR) == 1
    )  # the hours of the ice are seen, and there is none in them


def test_a_thaw_that_is_over_has_melted_the_ice_from_before_the_first_hour() -> None:
    told = [
        OpenAlert(
            new_id(),
            alert(kind="ice").model_copy(update={"start": MIDNIGHT - HOUR, "end": MIDNIGHT + 100 * HOUR}),
        )
    ]
    frozen = forecast(temp_air_c=-4.0)
    thawed = forecast(temp_air_c=-4.0, at={5: {"temp_air_c": 3.0}})

    def closed(given: Forecast, hour: float) -> int:
        now = MIDNIGHT + hour * HOUR
        return len(alert_news(told, outlook(given, [], now, DEFAULTS), now).closed)

    assert closed(frozen, 12) == 0
    assert (closed(thawed, 4), closed(thawed, 12)) == (0, 1)


def test_the_slack_is_a_wavering_forecasts() -> None:
    assert timedelta(hours=1) <= SLACK <= timedelta(hours=6)


def test_hours_that_an_authority_forbids_open_nothing_for_a_visit() -> None:
    storm, fine = forecast(wind_gust_m_s=30.0), forecast()
    closed = work_windows(judge(storm, DEFAULTS), NAIROBI, MIDNIGHT, DEFAULTS)
    forbidden = official("stop", 0.0, 24.0 * 9)
    assert outlook(fine, [], MIDNIGHT, DEFAULTS).opens(closed, MIDNIGHT)
    assert not outlook(fine, [forbidden], MIDNIGHT, DEFAULTS).opens(closed, MIDNIGHT)
    assert not outlook(storm, [], MIDNIGHT, DEFAULTS).opens(closed, MIDNIGHT)
    assert not outlook(fine, [], MIDNIGHT, DEFAULTS).opens(
        work_windows(judge(fine, DEFAULTS), NAIROBI, MIDNIGHT, DEFAULTS), MIDNIGHT
    )
