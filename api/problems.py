"""Every error as `application/problem+json` (RFC 9457)."""

from http import HTTPStatus
from typing import Any, cast

import asyncpg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from api.access import methods_at
from core.database.errors import is_unreachable, is_unstorable_text
from core.errors import (
    AuthenticationFailed,
    FieldError,
    InvalidInput,
    QueueFull,
    RateLimited,
    SolarSyncError,
    StorageUnavailable,
)
from core.validation import invalid_request
from state.problem import Problem

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_LATER = {"Retry-After": "5"}
"""What a client is told that should try again. [s]"""
RESPONSES: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": Problem, "description": "The request cannot be carried out as it stands."},
    "5XX": {"model": Problem, "description": "The service cannot carry it out now."},
}
"""What every route may answer besides what it is for, as OpenAPI tells it."""
STORAGE_ERRORS = (
    SQLAlchemyError,
    RedisConnectionError,
    RedisTimeoutError,
    ConnectionError,
    TimeoutError,
    FileNotFoundError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)


class ProblemResponse(JSONResponse):
    media_type = MEDIA_TYPE


def problem_response(
    request: Request, problem: dict[str, Any], headers: dict[str, str] | None = None
) -> ProblemResponse:
    """The problem, with where it happened and which request it was."""
    body = problem | {"instance": request.url.path, "request_id": getattr(request.state, "request_id", None)}
    return ProblemResponse(body, status_code=problem["status"], headers=headers)


def _headers(error: SolarSyncError) -> dict[str, str] | None:
    if isinstance(error, AuthenticationFailed):
        return {"WWW-Authenticate": "Bearer"}
    if isinstance(error, RateLimited):
        return error.headers
    if isinstance(error, QueueFull | StorageUnavailable):
        return RETRY_LATER
    return None


async def _ours(request: Request, error: Exception) -> ProblemResponse:
    known = cast("SolarSyncError", error)
    return problem_response(request, known.problem(), _headers(known))


async def _invalid_request(request: Request, error: Exception) -> ProblemResponse:
    faults = cast("RequestValidationError", error).errors()
    return problem_response(request, invalid_request(faults).problem())


async def _http(request: Request, error: Exception) -> ProblemResponse:
    known = cast("HTTPException", error)
    status = HTTPStatus(known.status_code)
    problem = {"type": "about:blank", "title": status.phrase, "status": int(status), "detail": known.detail}
    headers = dict(known.headers or {})
    if status is HTTPStatus.METHOD_NOT_ALLOWED and (methods := methods_at(request.url.path)):
        headers["Allow"] = ", ".join(
            methods
        )  # the framework names those of the first route at this path alone
    return problem_response(request, problem, headers)


async def _storage(request: Request, error: Exception) -> ProblemResponse:
    if is_unstorable_text(error):
        refused = InvalidInput([FieldError("", "must not have the character U+0000 anywhere")])
        return problem_response(request, refused.problem())
    if is_unreachable(error) or isinstance(error, RedisConnectionError | RedisTimeoutError):
        log.warning("api.storage.unreachable", error=type(error).__name__)
        return await _ours(request, StorageUnavailable())
    raise error


def unexpected(request: Request) -> ProblemResponse:
    """The problem of a request that crashed; it tells nothing of the error's insides."""
    return problem_response(request, SolarSyncError().problem())


def install_problem_handlers(app: FastAPI) -> None:
    app.add_exception_handler(SolarSyncError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(HTTPException, _http)
    for kind in STORAGE_ERRORS:
        app.add_exception_handler(kind, _storage)
