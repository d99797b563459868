"""From when on the weather stops work on a roof: rows with a source each, all of them settings."""

from dataclasses import dataclass, replace
from datetime import time
from typing import Literal

Kind = Literal["wind", "thunderstorm", "ice", "heat", "rain"]
Severity = Literal["caution", "stop"]

KMH = 3.6
"""km/h in one m/s."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """From `at_least` on, the verdict holds."""

    kind: Kind
    quantity: Literal["wind_kmh", "gust_kmh", "felt_f"]
    at_least: float
    verdict: Severity
    rule: str
    setting: str
    """Which moves it."""

    def moved_to(self, at_least: float) -> "Threshold":
        """Another figure is no longer what the source says."""
        if at_least == self.at_least:
            return self
        return replace(self, at_least=at_least, rule=f"set by {self.setting.upper()}")


THRESHOLDS = (
    Threshold(
        "wind",
        "wind_kmh",
        27.0,
        "caution",
        "UK roofing practice: mean wind while handling modules",
        "work_wind_caution_kmh",
    ),
    Threshold(
        "wind",
        "wind_kmh",
        37.0,
        "stop",
        "UK roofing practice: mean wind while handling modules",
        "work_wind_stop_kmh",
    ),
    Threshold(
        "wind",
        "gust_kmh",
        42.0,
        "caution",
        "UK roofing practice: gusts while handling modules",
        "work_gust_caution_kmh",
    ),
    Threshold(
        "wind",
        "gust_kmh",
        48.0,
        "stop",
        "OSHA 29 CFR 1910.269(x): 30 mph while handling material",
        "work_gust_stop_kmh",
    ),
    Threshold(
        "wind",
        "gust_kmh",
        56.0,
        "stop",
        "all roof work stops, short of OSHA 1910.269(x)'s 40 mph",
        "work_roof_gust_stop_kmh",
    ),
    Threshold(
        "heat", "felt_f", 91.0, "caution", "OSHA heat index guide: moderate from 91 °F", "work_heat_caution_f"
    ),
    Threshold(
        "heat", "felt_f", 103.0, "caution", "OSHA heat index guide: high from 103 °F", "work_heat_high_f"
    ),
    Threshold(
        "heat", "felt_f", 115.0, "stop", "OSHA heat index guide: very high above 115 °F", "work_heat_stop_f"
    ),
)

WET_CODES = frozenset(range(50, 70)) | frozenset(range(80, 85))
"""Drizzle, rain, sleet and their showers; a code may foresee rain that a mean over hours hides."""


THUNDER_RULE = "OSHA FS-3863: wait 30 minutes after the last thunder"
RAIN_RULE = "wet roofs are slippery, and connectors are mated dry"
ICE_RULE = "freezing rain, or frost on a wet roof: ice"
SQUALL_RULE = "squalls and tornadoes: nobody on a roof"


@dataclass(frozen=True, slots=True)
class WindowThresholds:
    """Settings of the work windows; the defaults are those of the table."""

    rows: tuple[Threshold, ...] = THRESHOLDS
    thunder_hold_minutes: int = 30
    """After the end of the last hour with thunder; OSHA FS-3863."""
    drying_minutes: int = 120
    """After the end of the last hour with rain. No standard names one."""
    rain_mm: float = 0.1
    """The least that rain gauges report; below it precipitation is a trace."""
    heavy_rain_mm: float = 7.6
    """In an hour; "heavy" in the American Meteorological Society's glossary. For alerts."""
    heat_alert_f: float = 103.0
    """Where the guide's "high" begins. For alerts. [°F]"""
    work_start: time = time(7, 0)
    work_end: time = time(18, 0)
    """Local time at the site."""


DEFAULTS = WindowThresholds()
