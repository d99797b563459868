"""What is wrong with each half hour of a forecast, by the thresholds.

Time runs in slots of half an hour, because a thunderstorm holds work for half an hour.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import compress, groupby
from typing import NamedTuple

from core.weather_codes import FREEZING, SQUALLS, THUNDER
from nodes.weather.heat import felt_f
from nodes.weather.thresholds import (
    ICE_RULE,
    KMH,
    RAIN_RULE,
    SQUALL_RULE,
    THUNDER_RULE,
    WET_CODES,
    Kind,
    Threshold,
    WindowThresholds,
)
from state.weather import Forecast, ForecastHour, Verdict

SLOT = timedelta(minutes=30)

_HEAT_POSSIBLE_C = 20.0
"""Below this no humidity makes the index reach the first threshold, even with full sun added. [°C]"""

_LEAVE_SOMETHING = THUNDER | FREEZING | WET_CODES

_Rows = Mapping[str, Sequence[Threshold]]
"""The thresholds of each quantity, the highest first."""


class Finding(NamedTuple):
    """What is wrong with a slot. `label` and `unit` make `value` readable; a missing value has none."""

    kind: Kind | None
    verdict: Verdict
    label: str
    value: float | None
    unit: str
    rule: str
    at_least: float = 0.0
    """The threshold that was reached."""


class Slot(NamedTuple):
    start: datetime
    findings: tuple[Finding, ...]

    @property
    def end(self) -> datetime:
        return self.start + SLOT

    @property
    def verdict(self) -> Verdict:
        """What is known to be dangerous outranks what is not known."""
        if not self.findings:
            return "go"
        found = {finding.verdict for finding in self.findings}
        for verdict in ("stop", "unknown", "caution"):
            if verdict in found:
                return verdict
        return "go"


def judge(forecast: Forecast, thresholds: WindowThresholds) -> list[Slot]:
    """Every slot of the forecast with what is wrong with it, by day and by night."""
    after = _Aftermath(thresholds)
    rows = _highest_first(thresholds.rows)
    slots: list[Slot] = []
    for hour in forecast.hourly:
        of_the_hour = tuple(_findings(hour, rows, thresholds.rain_mm))
        starts = (hour.start, hour.start + SLOT)
        if after.leaves_nothing(hour):
            slots += [Slot(start, of_the_hour) for start in starts]
        else:
            slots += [Slot(start, (*of_the_hour, *after.step(hour))) for start in starts]
    return slots


class _Aftermath:
    """What earlier hours leave behind: the hold after thunder, water that dries, water that freezes."""

    def __init__(self, thresholds: WindowThresholds) -> None:
        self._hold = math.ceil(thresholds.thunder_hold_minutes / 30)
        self._drying = math.ceil(thresholds.drying_minutes / 30)
        self._rain_mm = thresholds.rain_mm
        self._held = self._perhaps_held = self._wet = 0
        # Nothing is known of the hours before the first.
        self._perhaps_wet = self._drying
        self._perhaps_icy = True
        self._icy = False

    def leaves_nothing(self, hour: ForecastHour) -> bool:
        """Whether nothing is left of earlier hours, and that hour leaves nothing: most hours are so."""
        return (
            not (self._held or self._perhaps_held or self._wet or self._perhaps_wet)
            and not (self._icy or self._perhaps_icy)
            and hour.precipitation_mm is not None
            and hour.precipitation_mm < self._rain_mm
            and hour.weather_code is not None
            and hour.weather_code not in _LEAVE_SOMETHING
        )

    def step(self, hour: ForecastHour) -> list[Finding]:
        """Advance by one slot of that hour."""
        temp = hour.temp_air_c
        thaws = temp is not None and temp > 0.0
        found = [*self._thunder(hour), *self._water(hour, thaws=thaws)]
        frost = temp is not None and not thaws
        if hour.weather_code in FREEZING or (frost and self._wet):
            self._icy = True
        elif thaws and not self._wet:
            self._icy = False
        if frost and self._perhaps_wet:
            self._perhaps_icy = True
        elif thaws and not self._perhaps_wet:
            self._perhaps_icy = False
        if self._icy:
            found.append(Finding("ice", "stop", "ice", temp, "°C", ICE_RULE))
        elif frost and self._perhaps_icy:
            found.append(Finding("ice", "caution", "frost, earlier ice not known", temp, "°C", ICE_RULE))
        return found

    def _thunder(self, hour: ForecastHour) -> list[Finding]:
        if hour.weather_code in THUNDER:
            self._held, self._perhaps_held = self._hold, 0
            return []
        if hour.weather_code is None:
            self._perhaps_held = self._hold
        elif self._perhaps_held and not self._held:
            self._perhaps_held -= 1
            return [
                Finding(None, "unknown", "earlier thunder not known", None, "", "missing data is unknown")
            ]
        if self._held:
            self._held -= 1
            return [Finding("thunderstorm", "stop", "thunder shortly before", None, "", THUNDER_RULE)]
        return []

    def _water(self, hour: ForecastHour, *, thaws: bool) -> list[Finding]:
        if hour.precipitation_mm is None:
            self._perhaps_wet = self._drying
            return []
        if hour.precipitation_mm >= self._rain_mm or hour.weather_code in WET_CODES:
            self._wet, self._perhaps_wet = self._drying, 0
            return []
        if self._wet:
            self._wet -= 1 if thaws else 0
            return [Finding("rain", "stop", "roof still wet", None, "", RAIN_RULE)]
        if self._perhaps_wet:
            self._perhaps_wet -= 1
            return [Finding(None, "unknown", "earlier rain not known", None, "", "missing data is unknown")]
        return []


def _findings(hour: ForecastHour, rows: _Rows, rain_mm: float) -> list[Finding]:
    """What the hour itself brings."""
    found = []
    if hour.weather_code in THUNDER:
        found.append(Finding("thunderstorm", "stop", "thunderstorm", None, "", THUNDER_RULE))
    if hour.weather_code in SQUALLS:
        found.append(Finding("wind", "stop", "squall or tornado", None, "", SQUALL_RULE))
    if hour.precipitation_mm is not None and (
        hour.precipitation_mm >= rain_mm or hour.weather_code in WET_CODES
    ):
        found.append(Finding("rain", "stop", "rain", hour.precipitation_mm, "mm/h", RAIN_RULE))
    felt, felt_unknown = _felt(hour)
    wind, gust = hour.wind_speed_m_s, hour.wind_gust_m_s
    if wind is not None and (row := _exceeded(rows, "wind_kmh", wind * KMH)):
        found.append(_finding(row, "wind", wind * KMH, "km/h"))
    if gust is not None and (row := _exceeded(rows, "gust_kmh", gust * KMH)):
        found.append(_finding(row, "gusts", gust * KMH, "km/h"))
    if felt is not None and (row := _exceeded(rows, "felt_f", felt)):
        found.append(_finding(row, "heat index in the sun", felt, "°F"))
    rain, code = hour.precipitation_mm, hour.weather_code
    if wind is None or gust is None or rain is None or code is None or felt_unknown:
        missing = (wind is None, gust is None, rain is None, code is None, felt_unknown)
        unknown = compress(("wind", "gusts", "rain", "thunder", "heat"), missing)
        text = f"{', '.join(unknown)} not known"
        found.append(Finding(None, "unknown", text, None, "", "missing data is unknown"))
    return found


def _finding(row: Threshold, label: str, value: float, unit: str) -> Finding:
    return Finding(row.kind, row.verdict, label, value, unit, row.rule, row.at_least)


def _felt(hour: ForecastHour) -> tuple[float | None, bool]:
    """The heat index, and whether it would matter but cannot be told."""
    if hour.temp_air_c is None:
        return None, True
    if hour.temp_air_c < _HEAT_POSSIBLE_C:
        return None, False
    if hour.relative_humidity_pct is None or hour.ghi_w_m2 is None:
        return None, True
    return felt_f(hour.temp_air_c, hour.relative_humidity_pct, hour.ghi_w_m2), False


def _highest_first(rows: Iterable[Threshold]) -> _Rows:
    found: defaultdict[str, list[Threshold]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row.at_least, reverse=True):
        found[row.quantity].append(row)
    return found


def _exceeded(rows: _Rows, quantity: str, value: float) -> Threshold | None:
    """The highest row that the value reaches."""
    highest_first = rows.get(quantity)
    if not highest_first or value < highest_first[-1].at_least:
        return None
    return next(row for row in highest_first if value >= row.at_least)


_ORDER: dict[Verdict, int] = {"stop": 0, "unknown": 1, "caution": 2, "go": 3}


def reasons(findings: Iterable[Finding]) -> list[str]:
    """One line per reason and rule, worst first, with the worst value of the stretch."""

    def reason(finding: Finding) -> tuple[int, str, str]:
        return _ORDER[finding.verdict], finding.label, finding.rule

    return [_line(list(same)) for _, same in groupby(sorted(findings, key=reason), key=reason)]


def _line(same: Sequence[Finding]) -> str:
    first = same[0]
    values = [finding.value for finding in same if finding.value is not None]
    if not values:
        return f"{first.label} ({first.rule})"
    worst = min(values) if first.kind == "ice" else max(values)
    return f"{first.label} {worst:.1f} {first.unit} ({first.rule})"
