"""The HTTP application."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from api.access import RULES, check_rules
from api.deps import Admitted
from api.idempotency import REPLAYED
from api.instrumentation import RequestMetrics
from api.middleware import BodyLimit, Deadline, RequestContext
from api.problems import MEDIA_TYPE, RESPONSES, install_problem_handlers
from api.rate_limit import RATE_LIMIT_HEADERS, RateLimit
from api.routes import (
    api_keys,
    auth,
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

PREFIX = "/api/v1"
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
    system_state,
)
REQUEST_SECONDS = 7.0
"""How long a request may go unanswered; with two more in which a connection that went silent is closed, below ten."""
BODY_LIMIT = 1_000_000
UPLOAD_LIMIT = 20_000_000
UPLOAD_PATHS = frozenset({f"{PREFIX}/weather-files"})


TOKEN_OR_KEY: list[dict[str, list[str]]] = [{"AccessToken": []}, {"ApiKey": []}]


class _Application(FastAPI):
    """FastAPI, whose OpenAPI document gives problems their own media type, and each route the credentials it takes."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            for path, operations in super().openapi()["paths"].items():
                for method, operation in operations.items():
                    rule = RULES[f"{method.upper()} {path.removeprefix(PREFIX)}"]
                    _without_null(operation.get("parameters", ()))
                    operation["security"] = [] if rule.open else TOKEN_OR_KEY[: 2 if rule.scope else 1]
                    for group in RESPONSES:
                        if problem := operation["responses"].get(group):
                            problem["content"] = {MEDIA_TYPE: next(iter(problem["content"].values()))}
        return super().openapi()


def _without_null(parameters: Iterable[dict[str, Any]]) -> None:
    """A parameter that may be left out is not one that may be null: a header or a query has no such thing."""
    for parameter in parameters:
        choices = parameter["schema"].get("anyOf", [])
        if {"type": "null"} in choices:
            left = [choice for choice in choices if choice != {"type": "null"}]
            del parameter["schema"]["anyOf"]
            parameter["schema"] |= left[0] if len(left) == 1 else {"anyOf": left}


def create_app(settings: Settings) -> FastAPI:
    """The application for these settings; nothing is opened before it starts."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_services(settings) as services:
            app.state.services = services
            yield

    app = _Application(
        title="SolarSync",
        version=version("solarsync"),
        summary="Sizing, fault triage, weather and a safe visit for solar field technicians.",
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
