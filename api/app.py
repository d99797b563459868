"""The HTTP application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from api.access import PREFIX, check_rules
from api.deps import Admitted
from api.idempotency import REPLAYED
from api.instrumentation import RequestMetrics
from api.middleware import BodyLimit, Deadline, LastResort, RequestContext
from api.openapi import TAGS, DescribedApplication
from api.problems import RESPONSES, install_problem_handlers
from api.rate_limit import RATE_LIMIT_HEADERS, RateLimit
from api.routes import (
    api_keys,
    auth,
    dead_letters,
    decisions,
    deliveries,
    equipment,
    immediate,
    job_events,
    job_records,
    job_weather,
    jobs,
    leave,
    places,
    system,
    system_state,
    technicians,
    users,
    weather,
    weather_files,
    webhooks,
)
from api.services import open_services
from core.config import Settings

VERSIONED = (
    auth,
    users,
    api_keys,
    jobs,
    job_records,
    job_weather,
    job_events,
    decisions,
    immediate,
    technicians,
    leave,
    weather,
    weather_files,
    equipment,
    places,
    webhooks,
    deliveries,
    dead_letters,
    system_state,
)
REQUEST_SECONDS = 7.0
"""How long a request may go unanswered; with two more in which a connection that went silent is closed, below ten."""
BODY_LIMIT = 1_000_000
UPLOAD_LIMIT = 20_000_000
UPLOAD_PATHS = frozenset({f"{PREFIX}/weather-files"})


def create_app(settings: Settings) -> FastAPI:
    """The application for these settings; nothing is opened before it starts."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_services(settings) as services:
            app.state.services = services
            yield

    app = DescribedApplication(
        title="SolarSync",
        version=version("solarsync"),
        summary="Sizing, fault triage, weather and a safe visit for solar field technicians.",
        openapi_tags=[{"name": name, "description": what} for name, what in TAGS.items()],
        lifespan=lifespan,
        generate_unique_id_function=lambda route: route.name,
    )
    install_problem_handlers(app)
    check_rules([*(module.router for module in VERSIONED), system.router])
    for module in VERSIONED:  # not within each other: FastAPI looks for the route anew at every level
        app.include_router(module.router, prefix=PREFIX, responses=RESPONSES, dependencies=[Admitted])
    app.include_router(system.router, dependencies=[Admitted])
    app.include_router(system.router, prefix=PREFIX, include_in_schema=False, dependencies=[Admitted])
    # The last one added is the first to see a request.
    app.add_middleware(LastResort)
    app.add_middleware(Deadline, seconds=REQUEST_SECONDS)
    app.add_middleware(BodyLimit, limit=BODY_LIMIT, upload_limit=UPLOAD_LIMIT, upload_paths=UPLOAD_PATHS)
    app.add_middleware(RateLimit, prefix=PREFIX)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=[
                "X-Request-ID",
                "X-Process-Time",
                "Location",
                "Retry-After",
                REPLAYED,
                *RATE_LIMIT_HEADERS,
            ],
        )
    app.add_middleware(RequestContext)
    app.add_middleware(RequestMetrics)
    return app
