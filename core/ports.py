"""What nodes may ask of the outside world. Clients, the database and the tests' fakes implement these."""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from core.pv.weather_year import WeatherYear
from state.base import JsonObject, Model
from state.dispatch import Technician
from state.weather import Forecast, Resource

Answer = TypeVar("Answer", bound=Model)


class ExternalCalls(Protocol):
    """Calls that cost money, an allowance or patience: each is made once per run, however often the run is redelivered.

    A client of such a service is wrapped where things are put together, as `RecordedForecasts` wraps a forecast
    provider in `graph.dependencies`: nodes see the port they always saw, and the client knows nothing of runs.
    """

    async def once(
        self, call: str, arguments: JsonObject, kind: type[Answer], ask: Callable[[], Awaitable[Answer]]
    ) -> Answer:
        """The answer recorded in this run for `call` with these `arguments`, or else that of `ask()`, recorded.

        Where `ask` raises nothing is recorded, and it is asked again. `arguments` are all that the answer depends
        on: of a language model its name, the whole prompt and the temperature.
        """
        ...


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
