"""What nodes may ask of the outside world. Clients, the database and the tests' fakes implement these."""

from typing import Protocol

from core.pv.weather_year import WeatherYear
from state.dispatch import Technician
from state.weather import Forecast, Resource


class ForecastProvider(Protocol):
    """Hourly weather of the coming days."""

    async def forecast(self, latitude: float, longitude: float) -> Forecast:
        """Forecast for a place; raises `ProviderUnavailable` where none can be had."""
        ...


class WeatherFiles(Protocol):
    """Typical years that technicians brought."""

    async def weather_year(self, weather_file_id: str) -> WeatherYear:
        """The year in that file; raises `NotFound` where there is no such file."""
        ...


class WeatherYears(Protocol):
    """The hourly year behind a design resource; too large to travel in the state."""

    async def weather_year(self, resource: Resource) -> WeatherYear:
        """The year that `resource.ref` names; the same name always gives the same year."""
        ...


class TechnicianDirectory(Protocol):
    """Who can be sent."""

    async def technicians(self) -> list[Technician]:
        """Every active technician with the visits already planned."""
        ...
