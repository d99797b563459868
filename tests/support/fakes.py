"""Hand-written stand-ins for the outside world."""

from collections import Counter
from datetime import datetime, timedelta

from core.clock import Clock
from core.errors import InvalidInput, ProviderUnavailable
from core.ids import new_id
from core.ports import Bulletin, Warned, WarnedPlace
from core.pv.weather_year import WeatherYear
from state.dispatch import Technician
from state.weather import Alert, Forecast, ForecastHour

HOURS_AHEAD = 8 * 24


class FineWeather:
    """A forecast provider whose days are dry, calm and sunny, from yesterday on."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def forecast(self, latitude: float, longitude: float) -> Forecast:
        del latitude, longitude
        first = self._clock.now().replace(minute=0, second=0, microsecond=0)
        hours = [self.hour(first + timedelta(hours=ahead)) for ahead in range(-24, HOURS_AHEAD)]
        return Forecast(source="fine weather", issued_at=first, hourly=hours)

    def hour(self, start: datetime) -> ForecastHour:
        return ForecastHour(
            start=start,
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


class Storm(FineWeather):
    """Gusts that stop all work on roofs until a moment, and fine weather after it."""

    def __init__(self, clock: Clock, *, until: datetime) -> None:
        super().__init__(clock)
        self._until = until

    def hour(self, start: datetime) -> ForecastHour:
        fine = super().hour(start)
        if start >= self._until:
            return fine
        return fine.model_copy(update={"wind_speed_m_s": 18.0, "wind_gust_m_s": 25.0})


class NoWeather:
    """A forecast provider that is down."""

    async def forecast(self, latitude: float, longitude: float) -> Forecast:
        del latitude, longitude
        raise ProviderUnavailable("fine weather", "connection refused")


class Authority:
    """Warns of one area, everywhere alike; silent where `warnings` is None. Keeps how often it was asked for what."""

    AREA = "authority:area"
    ZONES = frozenset({"everywhere"})

    def __init__(self, *warnings: Alert) -> None:
        self.warnings: tuple[Alert, ...] | None = warnings
        self.asked: Counter[str] = Counter()

    async def alerts(self, latitude: float, longitude: float) -> Warned:
        place = await self.place(latitude, longitude)
        bulletin = await self.bulletin(place.area)
        return Warned([alert for alert, _ in bulletin.warnings], self.AREA, bulletin.listed)

    async def place(self, latitude: float, longitude: float) -> WarnedPlace:
        del latitude, longitude
        self.asked["places"] += 1
        return WarnedPlace(self.AREA, self.ZONES)

    async def bulletin(self, area: str) -> Bulletin:
        self.asked["bulletins"] += 1
        if self.warnings is None:
            raise ProviderUnavailable("authority", "HTTP 503")
        return Bulletin(area, [(each, self.ZONES) for each in self.warnings])


class NoFiles:
    """A store without weather files."""

    async def weather_year(self, weather_file_id: str) -> WeatherYear:
        raise InvalidInput([], f"no file {weather_file_id}")


class Crew:
    """A directory of the technicians it is given."""

    def __init__(self, *technicians: Technician) -> None:
        self._technicians = list(technicians)

    async def technicians(self) -> list[Technician]:
        return self._technicians


def technician(**changes: object) -> Technician:
    """Somebody in Nairobi who can do everything, every day."""
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
