"""Hand-written stand-ins for the outside world."""

from datetime import UTC, datetime, timedelta

from core.errors import InvalidInput, ProviderUnavailable
from core.ids import new_id
from core.pv.weather_year import WeatherYear
from state.dispatch import Technician
from state.weather import Forecast, ForecastHour

HOURS_AHEAD = 7 * 24


class FineWeather:
    """A forecast provider whose days are dry, calm and sunny, from the present hour on."""

    def __init__(self) -> None:
        self.asked = 0

    async def forecast(self, latitude: float, longitude: float) -> Forecast:
        del latitude, longitude
        self.asked += 1
        first = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        return Forecast(
            source="fine weather",
            issued_at=first,
            hourly=[
                ForecastHour(
                    start=first + timedelta(hours=hour),
                    temp_air_c=22.0,
                    relative_humidity_pct=50.0,
                    precipitation_mm=0.0,
                    weather_code=1,
                    wind_speed_m_s=2.0,
                    wind_gust_m_s=3.0,
                    ghi_w_m2=400.0,
                    dni_w_m2=500.0,
                    dhi_w_m2=100.0,
                    cape_j_kg=0.0,
                )
                for hour in range(HOURS_AHEAD)
            ],
        )


class NoWeather:
    """A forecast provider that is down."""

    async def forecast(self, latitude: float, longitude: float) -> Forecast:
        del latitude, longitude
        raise ProviderUnavailable("fine weather", "connection refused")


class NoFiles:
    async def weather_year(self, weather_file_id: str) -> WeatherYear:
        raise InvalidInput([], f"no file {weather_file_id}")


class Crew:
    """A directory of one technician in Nairobi who can do everything, at any hour."""

    def __init__(self, *technicians: Technician) -> None:
        self._technicians = list(technicians)

    async def technicians(self) -> list[Technician]:
        return self._technicians


def technician(**changes: object) -> Technician:
    """Somebody who can be sent."""
    given: dict[str, object] = {
        "id": new_id(),
        "name": "Grace",
        "skills": ["pv_electrician", "battery", "communications", "roof_work", "installation"],
        "base_latitude": -1.28,
        "base_longitude": 36.82,
        "timezone": "Africa/Nairobi",
        "working_hours": {"weekdays": list(range(7)), "start": "06:00", "end": "19:00"},
    }
    return Technician.model_validate(given | changes)
