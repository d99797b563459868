"""Forecasts made hour by hour, and the climate of the same place."""

from datetime import UTC, datetime, timedelta
from typing import Any

from core.errors import ProviderUnavailable
from state.site import Site
from state.weather import Alert, Forecast, ForecastHour, PeakSunHours, Resource

MIDNIGHT = datetime(2025, 6, 10, tzinfo=UTC)
NAIROBI = Site(latitude=-1.27, longitude=36.84, elevation_m=1795, timezone="Africa/Nairobi")
RESOURCE = Resource(
    ref="file:x",
    source="made up",
    quality="tmy",
    annual_ghi_kwh_m2=2000,
    peak_sun_hours=PeakSunHours(annual_mean=5, worst_month=4, monthly=[5.0] * 12),
    monthly_temp_air_c=[20.0] * 12,
    uncertainty_percent=9,
)


FINE: dict[str, Any] = {
    "temp_air_c": 18.0,
    "relative_humidity_pct": 50.0,
    "precipitation_mm": 0.0,
    "weather_code": 1,
    "wind_speed_m_s": 2.0,
    "wind_gust_m_s": 4.0,
    "ghi_w_m2": 500.0,
    "dni_w_m2": 500.0,
    "dhi_w_m2": 100.0,
    "cape_j_kg": 0.0,
}


def forecast(*, days: int = 7, at: dict[int, dict[str, Any]] | None = None, **everywhere: Any) -> Forecast:
    """Fine hours from midnight UTC on; `at` changes single hours, keywords change all."""
    hours = [
        ForecastHour(start=MIDNIGHT + timedelta(hours=k), **(FINE | everywhere | (at or {}).get(k, {})))
        for k in range(days * 24)
    ]
    return Forecast(source="made up", issued_at=MIDNIGHT, hourly=hours)


def official(severity: str = "stop", start: float = 6.0, end: float = 9.0, **changes: Any) -> Alert:
    """From 09:00 to 12:00 in Nairobi on the first day, unless told otherwise."""
    told: dict[str, Any] = {
        "kind": "wind",
        "severity": severity,
        "start": MIDNIGHT + timedelta(hours=start),
        "end": MIDNIGHT + timedelta(hours=end),
        "detail": "High Wind Warning until noon",
        "rule": "US National Weather Service: severity Severe, certainty Likely",
        "source": "nws",
        "event": "High Wind Warning",
        "track": "KPQR.HW.W.0004",
    }
    return Alert(**told | changes)


class Forecasts:
    """`core.ports.ForecastProvider` that gives what it was given, or says why it cannot."""

    def __init__(self, given: Forecast | str) -> None:
        self._given = given

    async def forecast(self, latitude: float, longitude: float) -> Forecast:
        del latitude, longitude
        if isinstance(self._given, str):
            raise ProviderUnavailable("made_up", self._given)
        return self._given
