"""What nodes may ask of the outside world. Clients, the database and the tests' fakes implement these."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol, TypeVar

from core.errors import ProviderUnavailable
from core.pv.weather_year import WeatherYear
from state.base import JsonObject, Model
from state.dispatch import Technician
from state.triage import SiteRecord
from state.weather import Alert, DesignTemperatures, Forecast, Quality, Resource

Answer = TypeVar("Answer", bound=Model)


class ExternalCalls(Protocol):
    """Calls that cost money, an allowance or patience: each is made once per run, however often the run is redelivered.

    A client of such a service is wrapped where things are put together, as `RecordedLanguageModel` wraps a
    model in `graph.language`: nodes see the port they always saw, and the client knows nothing of runs.
    """

    async def once(
        self, call: str, arguments: JsonObject, kind: type[Answer], ask: Callable[[], Awaitable[Answer]]
    ) -> Answer:
        """The answer recorded in this run for `call` with these `arguments`, or else that of `ask()`, recorded.

        Where `ask` raises nothing is recorded, and it is asked again. `arguments` are all that the answer depends
        on: of a language model its name, the whole prompt and the schema.
        """
        ...


class Completion(Model):
    """What a language model answered, and what it took. It may be anything."""

    content: str
    refusal: str | None = None
    cut_off: bool = False
    model: str
    prompt_tokens: int
    answer_tokens: int

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.answer_tokens


class LanguageModel(Protocol):
    """A model that is asked for one JSON object at a time."""

    async def complete(self, system: str, user: str, schema: JsonObject, *, account: str) -> Completion:
        """Its answer, not yet looked at, paid from the budget of `account`; raises `ModelUnavailable`.

        The service may hold the answer to `schema`, or ignore it.
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


class ForecastBatches(ForecastProvider, Protocol):
    """A provider that is asked about many places at once."""

    async def forecasts(self, places: Sequence[tuple[float, float]]) -> list[Forecast | ProviderUnavailable]:
        """For each place its forecast, or why there is none."""
        ...


class ProvidedYear(NamedTuple):
    """A typical year from a provider, and what is to be said with it."""

    year: WeatherYear
    quality: Quality
    uncertainty_percent: float
    attribution: str
    notes: list[str]
    issued_at: datetime | None = None
    """When it was asked for; known once it is stored."""


class ResourceProvider(Protocol):
    """A service that knows the climate of places."""

    name: str

    async def typical_year(self, latitude: float, longitude: float, elevation: float) -> ProvidedYear:
        """The year of a place; raises `ProviderUnavailable` where none can be had."""
        ...


class ExtremesProvider(Protocol):
    """A service with ten years of daily temperatures or more."""

    name: str

    async def extremes(self, latitude: float, longitude: float, elevation: float) -> DesignTemperatures:
        """Means of the yearly extremes; raises `ProviderUnavailable` where none can be had."""
        ...


class ClimateStore(Protocol):
    """What was learned about the climate of places, kept for good."""

    async def year(self, ref: str) -> ProvidedYear | None:
        """The year of that name; the same name always gives the same year."""
        ...

    async def keep_year(self, ref: str, provided: ProvidedYear) -> None: ...

    async def temperatures(self, cell: str) -> DesignTemperatures | None: ...

    async def keep_temperatures(self, cell: str, known: DesignTemperatures) -> None: ...


class KnownYear(NamedTuple):
    ref: str
    provided: ProvidedYear


class Climates(Protocol):
    """The climate of places: remembered, else asked of the providers in their order."""

    async def known_year(
        self, latitude: float, longitude: float, elevation: float
    ) -> tuple[KnownYear | None, list[str]]:
        """The best year that can be had, None without one; and what failed."""
        ...

    async def weather_year(self, ref: str) -> WeatherYear | None:
        """The year of that name, None where there is no such."""
        ...

    async def design_temperatures(
        self, latitude: float, longitude: float, elevation: float
    ) -> tuple[DesignTemperatures | None, list[str]]:
        """Extremes that strings are designed for, None where nobody knows them; and what failed."""
        ...


class Warned(NamedTuple):
    """What an authority says of a place, and which events it lists for the area around, whatever zone they are for."""

    alerts: list[Alert]
    area: str | None = None
    listed: frozenset[str] = frozenset()
    problem: str | None = None
    """Why these are only what was heard last."""

    def withdrew(self, told: Alert) -> bool:
        """Whether a warning that was listed for this area is not any more; of other areas nothing is known."""
        return self.area is not None and told.area == self.area and told.track not in self.listed


class AlertProvider(Protocol):
    """An authority that warns of the weather."""

    async def alerts(self, latitude: float, longitude: float) -> Warned:
        """Warnings in force at a place, none outside of its country; raises `ProviderUnavailable`."""
        ...


class WarnedPlace(NamedTuple):
    """Where an authority files a place: the area by which it lists its warnings, and the zones that they are for."""

    area: str
    zones: frozenset[str]


class Bulletin(NamedTuple):
    """All that an authority lists for an area: each warning, the newest last, with its zones."""

    area: str
    warnings: list[tuple[Alert, frozenset[str]]]

    @property
    def listed(self) -> frozenset[str]:
        return frozenset(alert.track or alert.detail for alert, _ in self.warnings)

    def at(self, zones: frozenset[str], now: datetime) -> Warned:
        """What it says of a place in these zones: one warning for each event that has not ended."""
        here = {
            alert.track or alert.detail: alert
            for alert, affected in self.warnings
            if alert.end > now and not zones.isdisjoint(affected)
        }
        in_order = sorted(here.values(), key=lambda alert: (alert.start, alert.kind))
        return Warned(in_order, self.area, self.listed)


class Authority(AlertProvider, Protocol):
    """An authority that is heard for many places at once."""

    async def place(self, latitude: float, longitude: float) -> WarnedPlace | None:
        """Where it files a place, None outside of its country; raises `ProviderUnavailable`."""
        ...

    async def bulletin(self, area: str) -> Bulletin:
        """What it lists for an area now; raises `ProviderUnavailable`."""
        ...


class FoundPlace(NamedTuple):
    latitude: float
    longitude: float
    name: str
    attribution: str | None = None


class Geocoder(Protocol):
    """Places by their address."""

    async def find(self, address: str) -> list[FoundPlace]:
        """Candidates, best first; raises `ProviderUnavailable`."""
        ...


class SiteRecords(Protocol):
    """What other jobs know of a site."""

    async def record(self, latitude: float, longitude: float, *, besides: str) -> SiteRecord:
        """Earlier and open faults at the place, without those of the job `besides`."""
        ...
