"""The HTTP application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import APIRouter, FastAPI
from fastapi.middleware.cors import CORSMiddleware

from api.middleware import BodyLimit, RequestContext
from api.problems import install_problem_handlers
from api.routes import (
    auth,
    equipment,
    immediate,
    job_events,
    job_records,
    jobs,
    system,
    technicians,
    weather_files,
)
from api.services import open_services
from core.config import Settings

PREFIX = "/api/v1"
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

    app = FastAPI(
        title="SolarSync",
        version=version("solarsync"),
        summary="Sizing, fault triage, weather and a safe visit for solar field technicians.",
        lifespan=lifespan,
    )
    install_problem_handlers(app)
    versioned = APIRouter(prefix=PREFIX)
    for module in (auth, jobs, job_records, job_events, immediate, technicians, weather_files, equipment):
        versioned.include_router(module.router)
    app.include_router(versioned)
    app.include_router(system.router)
    app.include_router(system.router, prefix=PREFIX, include_in_schema=False)
    # The last one added is the first to see a request.
    app.add_middleware(BodyLimit, limit=BODY_LIMIT, upload_limit=UPLOAD_LIMIT, upload_paths=UPLOAD_PATHS)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=["X-Request-ID", "X-Process-Time", "Location"],
        )
    app.add_middleware(RequestContext)
    return app
