"""The climate of places: what is stored, else what the providers say, which is then stored for good."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeVar

import structlog

from core.errors import ProviderUnavailable
from core.ports import ClimateStore, ExtremesProvider, KnownYear, ProvidedYear, ResourceProvider
from core.pv.weather_year import WeatherYear
from state.weather import DesignTemperatures

log = structlog.get_logger(__name__)

T = TypeVar("T")

PROVIDER_SECONDS = 16.0
"""For one provider with all of its attempts."""

KEPT_YEARS = 64
"""In memory, 350 kB each."""

CELL_DECIMALS = 2
"""Places that are alike to about a kilometre share a year; PVGIS' own cells are five wide."""

BAND_METRES = 100.0
"""And temperatures, where their heights are alike too: 0.65 °C apart at most."""


class KnownClimates:
    """`core.ports.Climates`, and the years behind their names."""

    def __init__(
        self,
        years: Sequence[ResourceProvider],
        extremes: Sequence[ExtremesProvider],
        store: ClimateStore,
        *,
        seconds: float = PROVIDER_SECONDS,
    ) -> None:
        self._years = years
        self._extremes = extremes
        self._store = store
        self._seconds = seconds
        self._remembered: OrderedDict[str, ProvidedYear] = OrderedDict()

    async def known_year(
        self, latitude: float, longitude: float, elevation: float
    ) -> tuple[KnownYear | None, list[str]]:
        problems: list[str] = []
        north, east = round(latitude, CELL_DECIMALS), round(longitude, CELL_DECIMALS)
        for provider in self._years:
            ref = f"{provider.name}:{north:.2f},{east:.2f}"
            known = await self._stored(ref)
            if known is None:
                known = await self._ask(
                    provider.name, partial(provider.typical_year, north, east, elevation), problems
                )
                if known is not None:
                    await self._store.keep_year(ref, known)
                    # What is stored counts: another process may have been first.
                    known = await self._stored(ref) or known
            if known is not None:
                return KnownYear(ref, known), problems
        return None, problems

    async def design_temperatures(
        self, latitude: float, longitude: float, elevation: float
    ) -> tuple[DesignTemperatures | None, list[str]]:
        problems: list[str] = []
        if not self._extremes:
            return None, problems
        height = round(elevation / BAND_METRES) * BAND_METRES
        north, east = round(latitude, CELL_DECIMALS), round(longitude, CELL_DECIMALS)
        cell = f"{north:.2f},{east:.2f},{height:.0f}"
        known = await self._store.temperatures(cell)
        for provider in self._extremes if known is None else ():
            known = await self._ask(provider.name, partial(provider.extremes, north, east, height), problems)
            if known is not None:
                await self._store.keep_temperatures(cell, known)
                break
        return known, problems

    async def weather_year(self, ref: str) -> WeatherYear | None:
        """The year of that name, None where there is no such."""
        known = await self._stored(ref)
        return None if known is None else known.year

    async def _stored(self, ref: str) -> ProvidedYear | None:
        known = self._remembered.get(ref) or await self._store.year(ref)
        if known is not None:
            self._remembered[ref] = known
            self._remembered.move_to_end(ref)
            while len(self._remembered) > KEPT_YEARS:
                self._remembered.popitem(last=False)
        return known

    async def _ask(self, name: str, question: Callable[[], Awaitable[T]], problems: list[str]) -> T | None:
        try:
            async with asyncio.timeout(self._seconds):
                return await question()
        except ProviderUnavailable as error:
            problems.append(error.detail)
        except TimeoutError:
            problems.append(f"{name}: no answer within {self._seconds:g} s")
        log.info("core.clients.climate_failed", provider=name)
        return None
