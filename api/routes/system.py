"""Whether the service lives and can work, and which one it is."""

from importlib.metadata import version
from typing import Literal

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST

from api.deps import ServicesDep
from core.readiness import Verdict, verdicts
from state.base import Model

router = APIRouter(tags=["system"])


class Liveness(Model):
    status: Literal["live"] = "live"


class Readiness(Model):
    status: Literal["ready", "not ready"]
    dependencies: dict[str, Verdict]


class Version(Model):
    version: str


@router.get("/health/live")
async def live() -> Liveness:
    """Say that the process answers."""
    return Liveness()


@router.get("/health/ready", responses={503: {"model": Readiness}})
async def ready(response: Response, services: ServicesDep) -> Readiness:
    """Say whether jobs can be accepted and carried out, dependency by dependency."""
    found = await verdicts(services.engine, services.stores)
    works = all(verdict.ok for verdict in found.values())
    response.status_code = 200 if works else 503
    return Readiness(status="ready" if works else "not ready", dependencies=found)


@router.get("/metrics", response_class=PlainTextResponse)
async def metrics(services: ServicesDep) -> Response:
    """What all processes count and time, in Prometheus' text format; answers whatever store is away."""
    return Response(await services.scrape.exposition(), media_type=CONTENT_TYPE_LATEST)


@router.get("/version")
async def which_version() -> Version:
    """Name the running version."""
    return Version(version=version("solarsync"))
