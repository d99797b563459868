"""What a cell's forecast means for the jobs in it: judged once per cell, compared job by job."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.database.alerts import AlertNews, OpenAlert
from core.database.refreshes import ActiveJob
from core.ports import Warned
from nodes.weather.alert_changes import differs, matched
from nodes.weather.alerts import alerts
from nodes.weather.change import stops_visit
from nodes.weather.findings import judge
from nodes.weather.thresholds import WindowThresholds
from state.weather import Alert, Forecast, ForecastHour, WeatherResult, Window

FORECAST = "forecast"
"""The source of alerts that are read out of a forecast."""

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Outlook:
    """The coming days of a cell: what is raised, and the stretches in which nobody works."""

    alerts: list[Alert]
    stops: list[tuple[datetime, datetime]]
    known: list[tuple[datetime, datetime]]
    """The stretches of which the forecast knows everything: there it takes back what an earlier one foresaw."""
    usable: list[tuple[datetime, datetime]] = field(default_factory=list)
    """The stretches in which one may work as far as the weather goes, by day and by night."""
    frost_since: datetime | None = None
    """The first hour of a forecast that has seen nothing but frost: what froze before it has not thawed."""
    warned: Warned | None = None
    """What an authority said, where one was asked now."""

    def stops_visit(self, job: ActiveJob, now: datetime) -> bool:
        """Whether weather that is known to be dangerous falls into a visit to come; one that has begun is not moved."""
        start, end = job.visit_start, job.visit_end
        if start is None or end is None or start <= now:
            return False
        return _touches(start, end, self.stops)

    def opens(self, windows: Sequence[Window], now: datetime) -> bool:
        """Whether hours to come that were closed when a plan was looked for are usable, or all of those have passed."""
        coming = [window for window in windows if window.end > now]
        closed = [window for window in coming if window.verdict in ("stop", "unknown")]
        if not coming:
            return bool(self.usable)
        return any(_touches(max(window.start, now), window.end, self.usable) for window in closed)

    def knows(self, start: datetime, end: datetime) -> bool:
        return any(begin <= start and end <= until for begin, until in self.known)


def outlook(
    forecast: Forecast | None,
    official: Sequence[Alert],
    now: datetime,
    thresholds: WindowThresholds,
    warned: Warned | None = None,
) -> Outlook:
    """Judge what is known of a cell, for all of its jobs. A warning whose end has come is none."""
    slots = [slot for slot in (judge(forecast, thresholds) if forecast else []) if slot.end > now]
    in_force = [alert for alert in official if alert.end > now]
    forbidden = [(alert.start, alert.end) for alert in in_force if alert.severity == "stop"]
    stops = [(slot.start, slot.end) for slot in slots if slot.verdict == "stop"] + forbidden
    raised = [*alerts(slots, thresholds), *in_force]
    usable = _on_end(
        (slot.start, slot.end)
        for slot in slots
        if slot.verdict in ("go", "caution") and not _touches(slot.start, slot.end, forbidden)
    )
    return Outlook(raised, stops, _known(forecast), usable, _frost_since(forecast, now), warned)


def alert_news(known: Sequence[OpenAlert], seen: Outlook, now: datetime) -> AlertNews:
    """What a job is to be told, given what it was told.

    What a forecast foresaw stays where the present one cannot say: it may be of a provider that looks less far, or
    knows no gusts, and of ice from before its first hour it only knows that it has frozen since. A warning of an
    authority stays until its end, or until the authority lists it for no zone of the area any more: a cell may hold
    several zones, and a job another one than the place that was asked about.
    """
    before, current = [each.alert for each in known], seen.alerts
    pairs = sorted(matched(before, current))
    kept, followed = {old for old, _ in pairs}, {new for _, new in pairs}
    return AlertNews(
        opened=[alert for number, alert in enumerate(current) if number not in followed],
        updated=[
            OpenAlert(known[old].id, current[new]) for old, new in pairs if differs(before[old], current[new])
        ],
        closed=[
            each
            for number, each in enumerate(known)
            if number not in kept and _is_over(each.alert, seen, now)
        ],
    )


def _is_over(told: Alert, seen: Outlook, now: datetime) -> bool:
    if told.source == FORECAST:
        still_frozen = told.kind == "ice" and seen.frost_since is not None and told.start < seen.frost_since
        return told.end <= now or (seen.knows(max(told.start, now), told.end) and not still_frozen)
    return told.end <= now or (seen.warned is not None and seen.warned.withdrew(told))


def _known(forecast: Forecast | None) -> list[tuple[datetime, datetime]]:
    """Hours that the forecast leaves nothing open of, on end."""
    hours = forecast.hourly if forecast is not None else []
    return _on_end((hour.start, hour.start + HOUR) for hour in hours if _is_complete(hour))


def _on_end(pieces: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Pieces of time in their order, joined where one begins as another ends."""
    stretches: list[tuple[datetime, datetime]] = []
    for start, end in pieces:
        if stretches and stretches[-1][1] == start:
            stretches[-1] = (stretches[-1][0], end)
        else:
            stretches.append((start, end))
    return stretches


def _touches(start: datetime, end: datetime, stretches: Iterable[tuple[datetime, datetime]]) -> bool:
    return any(begin < end and start < until for begin, until in stretches)


def _frost_since(forecast: Forecast | None, now: datetime) -> datetime | None:
    hours = forecast.hourly if forecast is not None else []
    past = [hour for hour in hours if hour.start <= now] or hours[:1]
    thawed = any(hour.temp_air_c is not None and hour.temp_air_c > 0.0 for hour in past)
    return past[0].start if past and past[0].temp_air_c is not None and not thawed else None


def _is_complete(hour: ForecastHour) -> bool:
    known = (
        hour.temp_air_c,
        hour.precipitation_mm,
        hour.weather_code,
        hour.wind_speed_m_s,
        hour.wind_gust_m_s,
    )
    return None not in known


def news_of_run(known: Sequence[OpenAlert], weather: WeatherResult, now: datetime) -> AlertNews:
    """`alert_news` of a run's weather."""
    if not known:
        return alert_news(known, Outlook(weather.alerts, [], []), now)
    forecast = weather.forecast
    seen = Outlook(weather.alerts, [], _known(forecast), frost_since=_frost_since(forecast, now))
    return alert_news(known, seen, now)


def already_stopped(job: ActiveJob, windows: Sequence[Window]) -> bool:
    """Whether the job's plan has been looked at in view of such weather, and stands all the same."""
    start, end = job.visit_start, job.visit_end
    if start is None or end is None:
        return False
    return stops_visit(windows, start, end)
