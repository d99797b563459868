"""What the settings say of the weather in which nobody works on a roof."""

from core.config import Settings
from nodes.weather.thresholds import THRESHOLDS, WindowThresholds


def work_limits(settings: Settings) -> WindowThresholds:
    """The table's rows, each where its setting has put it."""
    return WindowThresholds(
        rows=tuple(row.moved_to(getattr(settings, row.setting)) for row in THRESHOLDS),
        thunder_hold_minutes=settings.work_thunder_hold_minutes,
        drying_minutes=settings.work_drying_minutes,
        rain_mm=settings.work_rain_mm,
        heat_alert_f=settings.work_heat_high_f,
        work_start=settings.work_start,
        work_end=settings.work_end,
    )
