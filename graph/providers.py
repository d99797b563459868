"""From settings to the providers of weather and climate, each behind a gate of its own."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import NamedTuple

import httpx

from core.clients.budget import Budget
from core.clients.climates import KnownClimates
from core.clients.forecasts import Forecasts
from core.clients.gate import Gate
from core.clients.geocoder import NominatimGeocoder
from core.clients.met_no import MetNoClient
from core.clients.nasa_power import NasaPowerClient
from core.clients.nws import NwsClient
from core.clients.open_meteo import OpenMeteoClient
from core.clients.open_meteo_archive import OpenMeteoArchive
from core.clients.openweathermap import OpenWeatherMapClient
from core.clients.pvgis import PvgisClient
from core.clock import Clock
from core.config import Settings
from core.errors import ProviderUnavailable, StorageUnavailable
from core.ports import Authority, ClimateStore, ExtremesProvider, ForecastProvider, ResourceProvider

CONCURRENCY: Mapping[str, int] = {"open_meteo": 1, "openweathermap": 4, "met_no": 4, "pvgis": 4, "nasa_power": 2,
                                  "nws": 2, "geocoder": 1}  # fmt: skip
"""Requests of one process under way at a time; Open-Meteo's free service allows one of an address."""


REFUSALS = frozenset({401, 403, 429})
"""A service that answers so is there, and not for us."""

GREENWICH = (51.48, 0.0)
"""The place that a provider is tried with."""


class ProviderState(NamedTuple):
    answers: bool
    detail: str


def user_agent(settings: Settings) -> str:
    """Who asks, as met.no, the NWS and Nominatim demand."""
    contact = f" ({settings.provider_contact})" if settings.provider_contact else ""
    return f"SolarSync/{version('solarsync')}{contact}"


def provider_names(settings: Settings) -> list[str]:
    """Whom the settings have asked, each once."""
    named = [
        *settings.weather_providers,
        *settings.resource_providers,
        *settings.design_temperature_providers,
        *settings.alert_providers,
        *(["geocoder"] if settings.geocoder_url else []),
    ]
    return list(dict.fromkeys(named))


def forecast_names(settings: Settings) -> list[str]:
    """Whom forecasts are asked of; without its key OpenWeatherMap is not."""
    has_key = settings.openweathermap_api_key is not None
    return [name for name in settings.weather_providers if has_key or name != "openweathermap"]


@dataclass(frozen=True, slots=True)
class Providers:
    """The providers of one process, in the order of the settings. Without a budget nothing is counted."""

    settings: Settings
    http: httpx.AsyncClient
    clock: Clock
    budget: Budget | None

    def forecasts(self) -> Forecasts:
        return Forecasts([(name, self.forecast_provider(name)) for name in forecast_names(self.settings)])

    def forecast_provider(self, name: str) -> ForecastProvider:
        made: dict[str, Callable[[], ForecastProvider]] = {
            "open_meteo": self._open_meteo,
            "openweathermap": self._openweathermap,
            "met_no": self._met_no,
        }
        return made[name]()

    def climates(self, store: ClimateStore) -> KnownClimates:
        nasa = NasaPowerClient(
            self.settings.nasa_power_url, self.http, clock=self.clock, gate=self._gate("nasa_power")
        )
        pvgis = PvgisClient(self.settings.pvgis_url, self.http, gate=self._gate("pvgis"))
        archive = OpenMeteoArchive(
            self.settings.open_meteo_url,
            self.settings.open_meteo_api_key,
            self.http,
            clock=self.clock,
            gate=self._gate("open_meteo"),
        )
        years: dict[str, ResourceProvider] = {"pvgis": pvgis, "nasa_power": nasa}
        extremes: dict[str, ExtremesProvider] = {"nasa_power": nasa, "open_meteo": archive}
        return KnownClimates(
            [years[name] for name in self.settings.resource_providers],
            [extremes[name] for name in self.settings.design_temperature_providers],
            store,
        )

    def authority(self) -> Authority | None:
        if "nws" not in self.settings.alert_providers:
            return None
        agent, gate = user_agent(self.settings), self._gate("nws")
        return NwsClient(self.settings.nws_url, agent, self.http, clock=self.clock, gate=gate)

    def geocoder(self) -> NominatimGeocoder | None:
        if self.settings.geocoder_url is None:
            return None
        agent, gate = user_agent(self.settings), self._gate("geocoder")
        return NominatimGeocoder(self.settings.geocoder_url, agent, self.http, gate=gate)

    async def states(self, seconds: float) -> dict[str, ProviderState]:
        """Whether each configured provider answers: forecasts are asked for one, the others whether they are there."""
        asked = {name: self._forecast_state(name, seconds) for name in forecast_names(self.settings)}
        asked |= {
            name: self._reachable(url, seconds) for name, url in self._others().items() if name not in asked
        }
        return dict(zip(asked, await asyncio.gather(*asked.values()), strict=True))

    def _others(self) -> dict[str, str]:
        settings = self.settings
        urls = {
            "pvgis": settings.pvgis_url,
            "nasa_power": settings.nasa_power_url,
            "open_meteo": settings.open_meteo_url,
            "nws": settings.nws_url,
        }
        named = [
            *settings.resource_providers,
            *settings.design_temperature_providers,
            *settings.alert_providers,
        ]
        found = {name: urls[name] for name in named}
        return found | ({"geocoder": settings.geocoder_url} if settings.geocoder_url else {})

    async def _forecast_state(self, name: str, seconds: float) -> ProviderState:
        try:
            async with asyncio.timeout(seconds):
                forecast = await self.forecast_provider(name).forecast(*GREENWICH)
        except (ProviderUnavailable, StorageUnavailable) as error:
            reason = error.reason if isinstance(error, ProviderUnavailable) else error.detail
            return ProviderState(
                False, f"{reason}; visits are planned on what the others say, or on `unknown`"
            )
        except TimeoutError:
            return ProviderState(False, f"no answer within {seconds:g} s")
        return ProviderState(True, f"{len(forecast.hourly)} hours")

    async def _reachable(self, url: str, seconds: float) -> ProviderState:
        try:
            async with asyncio.timeout(seconds):
                answer = await self.http.get(url, headers={"user-agent": user_agent(self.settings)})
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL) as error:
            return ProviderState(False, f"cannot be reached ({type(error).__name__})")
        serves = answer.status_code < httpx.codes.INTERNAL_SERVER_ERROR and answer.status_code not in REFUSALS
        return ProviderState(
            serves, f"{'there' if serves else 'does not serve us'} (HTTP {answer.status_code})"
        )

    def _gate(self, provider: str) -> Gate:
        return Gate(provider, budget=self.budget, concurrency=CONCURRENCY[provider], clock=self.clock)

    def _open_meteo(self) -> OpenMeteoClient:
        settings = self.settings
        return OpenMeteoClient(
            settings.open_meteo_url,
            settings.open_meteo_api_key,
            self.http,
            clock=self.clock,
            gate=self._gate("open_meteo"),
        )

    def _openweathermap(self) -> OpenWeatherMapClient:
        key = self.settings.openweathermap_api_key
        if key is None:
            raise ValueError("OpenWeatherMap cannot be asked without OPENWEATHERMAP_API_KEY")
        return OpenWeatherMapClient(
            self.settings.openweathermap_url,
            key,
            self.http,
            clock=self.clock,
            gate=self._gate("openweathermap"),
        )

    def _met_no(self) -> MetNoClient:
        agent, gate = user_agent(self.settings), self._gate("met_no")
        return MetNoClient(self.settings.met_no_url, agent, self.http, clock=self.clock, gate=gate)
