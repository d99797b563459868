"""From settings to the objects that nodes, routes and workers need: where they are put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import httpx
from pydantic import SecretStr
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from core.calculations import Calculations
from core.checkpoint import RecordedCalls, RedisSaver
from core.clients.budget import Budget
from core.clients.limits import parse_limits
from core.climate.resource import ClimateYears
from core.clock import Clock, SystemClock
from core.config import Settings, resolve_secret_key
from core.database import create_engine
from core.database.climates import StoredClimates
from core.database.sites import StoredSiteRecords
from core.database.technicians import StoredTechnicianDirectory
from core.database.weather_files import StoredWeatherFiles
from core.ports import (
    AlertProvider,
    Authority,
    Climates,
    ForecastBatches,
    ForecastProvider,
    Geocoder,
    LanguageModel,
    SiteRecords,
    TechnicianDirectory,
    WeatherFiles,
    WeatherYears,
)
from core.redis import create_redis
from graph.cells import CellForecasts
from graph.hearing import CellWarnings
from graph.language import open_language_model
from graph.providers import Providers
from graph.rates import triage_settings
from graph.work_limits import work_limits
from nodes.triage.node import READ_AT_ONCE
from nodes.triage.settings import DEFAULTS as TRIAGE_DEFAULTS
from nodes.triage.settings import TriageSettings
from nodes.weather.thresholds import DEFAULTS as WEATHER_DEFAULTS
from nodes.weather.thresholds import WindowThresholds

STATEMENT_SECONDS = 5.0
"""Every statement of ours takes milliseconds; one that takes this long has lost its server."""


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What the nodes need; wired into the graph when it is built."""

    forecasts: ForecastProvider
    files: WeatherFiles
    years: WeatherYears
    directory: TechnicianDirectory
    clock: Clock
    calculate: Calculations = field(default_factory=Calculations)
    climates: Climates | None = None
    authority: AlertProvider | None = None
    sites: SiteRecords | None = None
    thresholds: WindowThresholds = WEATHER_DEFAULTS
    model: LanguageModel | None = None
    triage: TriageSettings = TRIAGE_DEFAULTS
    read_at_once: int = READ_AT_ONCE
    """Characters of a ticket that are read on the event loop."""


@dataclass(frozen=True, slots=True)
class Infrastructure:
    """Everything opened for one process."""

    settings: Settings
    secret_key: SecretStr
    engine: AsyncEngine
    redis: Redis
    counters: Redis
    """What all processes count together: budgets, limits and metrics. Apart from checkpoints where `REDIS_URL` is."""
    saver: RedisSaver
    dependencies: Dependencies
    budget: Budget
    forecasts: ForecastBatches
    """For many places at once, straight from the providers."""
    cells: CellForecasts
    """For one place, shared with the jobs around it: a run that is redelivered finds its forecast there."""
    authority: Authority | None
    """Straight from the service, by area; runs ask it for their place and have their cell to fall back on."""
    geocoder: Geocoder | None

    @property
    def stores(self) -> dict[str, Redis]:
        """Each Redis by what verdicts call it: one, where checkpoints are not apart."""
        clients = {"redis": self.counters, "checkpoints": self.redis}
        return {name: clients[name] for name in self.settings.redis_urls}


@asynccontextmanager
async def open_infrastructure(settings: Settings, *, fenced: bool = False) -> AsyncIterator[Infrastructure]:
    """Open the clients of one process and close them again. The URLs must be set by now."""
    if settings.database_url is None or settings.redis_url is None:
        raise ValueError("the embedded servers are started, and their URLs set, before anything is opened")
    engine = create_engine(
        settings.database_url.get_secret_value(),
        pool_size=settings.database_pool_size,
        max_overflow=settings.database_max_overflow,
        echo=settings.database_echo,
        statement_seconds=STATEMENT_SECONDS,
    )
    checkpoint_url = settings.redis_checkpoint_url or settings.redis_url
    redis = create_redis(checkpoint_url.get_secret_value())
    counters = create_redis(settings.redis_url.get_secret_value(), max_connections=64)
    saver = RedisSaver(redis, ttl_seconds=settings.checkpoint_ttl_seconds, fenced=fenced)
    calls = RecordedCalls(redis, ttl_seconds=settings.checkpoint_ttl_seconds)
    secret_key, _ = resolve_secret_key(settings)
    async with (
        httpx.AsyncClient(timeout=httpx.Timeout(10.0, connect=5.0)) as http,
        open_language_model(settings, counters, calls) as model,
    ):
        files = StoredWeatherFiles(engine)
        clock = SystemClock()
        budget = Budget(counters, parse_limits(settings.provider_budgets))
        providers = Providers(settings, http, clock, budget)
        forecasts = providers.forecasts()
        life = timedelta(minutes=settings.weather_life_minutes)
        cells = CellForecasts(engine, forecasts, clock, life=life)
        climates = providers.climates(StoredClimates(engine))
        authority = providers.authority()
        dependencies = Dependencies(
            forecasts=cells,
            files=files,
            years=ClimateYears(files, climates),
            directory=StoredTechnicianDirectory(engine),
            clock=clock,
            climates=climates,
            authority=CellWarnings(engine, authority) if authority is not None else None,
            sites=StoredSiteRecords(engine),
            model=model,
            triage=triage_settings(settings),
            thresholds=work_limits(settings),
        )
        try:
            yield Infrastructure(
                settings,
                secret_key,
                engine,
                redis,
                counters,
                saver,
                dependencies,
                budget=budget,
                forecasts=forecasts,
                cells=cells,
                authority=authority,
                geocoder=providers.geocoder(),
            )
        finally:
            await counters.aclose()
            await redis.aclose()
            await engine.dispose()
