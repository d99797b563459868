"""What one API process holds open while it serves."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pydantic import SecretStr
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from core.checkpoint import RedisSaver
from core.clients.budget import Budget
from core.clock import Clock
from core.config import Settings
from core.database.notifications import JobNotifications
from core.database.session import without_transactions
from core.fleet import Fleet, Scrape, process_name
from core.ports import Geocoder
from core.rate_limits import LoginThrottle, RateLimits
from graph.decisions import Decisions
from graph.dependencies import open_infrastructure
from graph.immediate import Immediate
from graph.job_weather import JobWeather
from graph.providers import forecast_names, provider_names
from graph.runner import Runner


@dataclass(frozen=True, slots=True)
class Services:
    settings: Settings
    secret_key: SecretStr
    clock: Clock
    engine: AsyncEngine
    reading: AsyncEngine
    """The same for requests that only look."""
    stores: dict[str, Redis]
    """Each Redis by what verdicts call it."""
    saver: RedisSaver
    runner: Runner
    decisions: Decisions
    immediate: Immediate
    notifications: JobNotifications
    geocoder: Geocoder | None
    weather: JobWeather
    budget: Budget
    providers: list[str]
    """Names of those that the settings have asked."""
    rate_limits: RateLimits
    login_throttle: LoginThrottle
    scrape: Scrape


@asynccontextmanager
async def open_services(settings: Settings) -> AsyncIterator[Services]:
    """Open everything the routes use, and close it again."""
    async with (
        open_infrastructure(settings) as infrastructure,
        JobNotifications(infrastructure.engine) as notifications,
        Fleet(infrastructure.counters, process_name("api")).published() as fleet,
    ):
        needs = infrastructure.dependencies
        yield Services(
            settings=settings,
            secret_key=infrastructure.secret_key,
            clock=needs.clock,
            engine=infrastructure.engine,
            reading=without_transactions(infrastructure.engine),
            stores=infrastructure.stores,
            saver=infrastructure.saver,
            runner=Runner(infrastructure.saver, needs.clock, queue_limit=settings.queue_limit),
            decisions=Decisions(infrastructure.saver, needs.clock, needs.triage),
            immediate=Immediate(
                needs.files, needs.years, needs.climates, calculate=needs.calculate, rates=needs.triage
            ),
            notifications=notifications,
            geocoder=infrastructure.geocoder,
            weather=JobWeather(
                infrastructure.cells,
                needs.clock,
                needs.thresholds,
                anybody_asked=bool(forecast_names(settings)),
            ),
            budget=infrastructure.budget,
            providers=provider_names(settings),
            rate_limits=RateLimits(infrastructure.counters),
            login_throttle=LoginThrottle(infrastructure.counters),
            scrape=Scrape(fleet, infrastructure.engine, infrastructure.budget, needs.clock),
        )
