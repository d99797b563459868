"""The HTTP application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.middleware.cors import CORSMiddleware

from api.idempotency import REPLAYED
from api.middleware import BodyLimit, Deadline, RequestContext
from api.problems import MEDIA_TYPE, RESPONSES, install_problem_handlers
from api.routes import (
    auth,
    decisions,
    deliveries,
    equipment,
    immediate,
    job_events,
    job_records,
    jobs,
    leave,
    places,
    system,
    technicians,
    weather_files,
    webhooks,
)
from api.services import open_services
from core.config import Settings
from core.memory import keep_what_is_loaded

PREFIX = "/api/v1"
REQUEST_SECONDS = 7.0
"""How long a request may go unanswered; with two more in which a connection that went silent is closed, below ten."""
BODY_LIMIT = 1_000_000
UPLOAD_LIMIT = 20_000_000
UPLOAD_PATHS = frozenset({f"{PREFIX}/weather-files"})


class _Application(FastAPI):
    """FastAPI, whose OpenAPI document gives problems their own media type."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            for operations in super().openapi()["paths"].values():
                for operation in operations.values():
                    for group in RESPONSES:
                        if problem := operation["responses"].get(group):
                            problem["content"] = {MEDIA_TYPE: next(iter(problem["content"].values()))}
        return super().openapi()


def create_app(settings: Settings) -> FastAPI:
    """The application for these settings; nothing is opened before it starts."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_services(settings) as services:
            app.state.services = services
            keep_what_is_loaded()
            yield

    app = _Application(
        title="SolarSync",
        version=version("solarsync"),
        summary="Sizing, fault triage, weather and a safe visit for solar field technicians.",
        lifespan=lifespan,
    )
    install_problem_handlers(app)
    versioned = APIRouter(prefix=PREFIX, responses=RESPONSES)
    for module in (
        auth,
        jobs,
        job_records,
        job_events,
        decisions,
        immediate,
        technicians,
        leave,
        weather_files,
        equipment,
        places,
        webhooks,
        deliveries,
    ):
        versioned.include_router(module.router)
    app.include_router(versioned)
    app.include_router(system.router)
    app.include_router(system.router, prefix=PREFIX, include_in_schema=False)
    # The last one added is the first to see a request.
    app.add_middleware(Deadline, seconds=REQUEST_SECONDS)
    app.add_middleware(BodyLimit, limit=BODY_LIMIT, upload_limit=UPLOAD_LIMIT, upload_paths=UPLOAD_PATHS)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=["X-Request-ID", "X-Process-Time", "Location", REPLAYED],
        )
    app.add_middleware(RequestContext)
    return app
