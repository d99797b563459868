"""What happens to every request: an id, its time, a limit to its size, a context for its log lines."""

import asyncio
import re
import time
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, QueryParams
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import RETRY_LATER, problem_response, unexpected
from core.errors import Overloaded, PayloadTooLarge

log = structlog.get_logger(__name__)

LONGEST_WAIT_SECONDS = 60.0
REQUEST_ID = re.compile(r"^[A-Za-z0-9._-]{1,64}$")


SECURITY_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
]
NO_CONTENT = b"default-src 'none'; frame-ancestors 'none'"
"""Of answers that are data: a browser that takes one for a page runs and loads nothing."""
PAGES = {
    "/docs": (
        b"default-src 'none'; frame-ancestors 'none'; connect-src 'self'; img-src 'self' data: https:; "
        b"script-src 'unsafe-inline' https://cdn.jsdelivr.net; style-src 'unsafe-inline' https://cdn.jsdelivr.net"
    ),
    "/redoc": (
        b"default-src 'none'; frame-ancestors 'none'; connect-src 'self'; img-src 'self' data: https:; "
        b"font-src https://fonts.gstatic.com; worker-src blob:; script-src 'unsafe-inline' https://cdn.jsdelivr.net; "
        b"style-src 'unsafe-inline' https://fonts.googleapis.com"
    ),
}
"""FastAPI's own pages, and what they load."""
NOT_STORED = (b"cache-control", b"no-store")
ONE_YEAR = (b"strict-transport-security", b"max-age=31536000")


class RequestContext:
    """Sets `X-Request-ID`, `X-Process-Time` and what browsers heed, and binds the id to the request's log lines."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if REQUEST_ID.match(given) else uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id

        answered = False

        async def with_headers(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = True
                given = message.get("headers", ())
                # As bytes, and none looked for that nobody else sets: every request comes by here.
                message["headers"] = [
                    *given,
                    (b"x-request-id", request_id.encode()),
                    (b"x-process-time", b"%.6f" % (time.perf_counter() - started)),
                    *SECURITY_HEADERS,
                    (b"content-security-policy", PAGES.get(scope["path"], NO_CONTENT)),
                ]
                if not any(name == b"cache-control" for name, _ in given):
                    message["headers"].append(NOT_STORED)
                if scope["scheme"] == "https":
                    message["headers"].append(ONE_YEAR)
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, with_headers)
            except Exception:
                # Of a middleware, or after the answer had begun. Starlette would answer without an id.
                log.exception("api.request.crashed")
                if answered:
                    raise
                response = unexpected(Request(scope))
                await response(scope, receive, with_headers)


class LastResort:
    """Answers 500 to a request whose route crashed; innermost, so that the answer meets every other middleware.

    A browser may not read one without the headers of CORS, nor could a client tell what is left to it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answered = False

        async def watched(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception:
            if answered or scope["type"] != "http":
                raise
            log.exception("api.request.crashed")
            response = unexpected(Request(scope))
            await response(scope, receive, send)


class Deadline:
    """Answers 503 to a request that nothing has been answered to for too long, whatever it waits for.

    What bounds each single wait (for a connection, a statement, Redis) does not bound their sum. The clock starts
    anew with every part of a body, since a slow network is no fault of ours; `?wait=` adds what was asked for; a
    stream that has begun goes on.
    """

    def __init__(self, app: ASGIApp, *, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        seconds = self._seconds + _asked_to_wait(scope)
        now = asyncio.get_running_loop().time

        async def received() -> Message:
            message = await receive()
            if deadline.when() is not None:
                deadline.reschedule(now() + seconds)
            return message

        async def answered(message: Message) -> None:
            if message["type"] == "http.response.start":
                deadline.reschedule(None)
            await send(message)

        try:
            async with asyncio.timeout(seconds) as deadline:
                await self._app(scope, received, answered)
        except TimeoutError:
            if not deadline.expired():
                raise
            log.warning("api.request.timed_out", path=scope["path"])
            response = problem_response(Request(scope), Overloaded().problem(), RETRY_LATER)
            await response(scope, receive, send)


def _asked_to_wait(scope: Scope) -> float:
    """Seconds of `?wait=`; what is not a number that the route accepts is refused by the route."""
    if b"wait=" not in scope["query_string"]:
        return 0.0
    try:
        asked = float(QueryParams(scope["query_string"]).get("wait", "0"))
    except ValueError:
        return 0.0
    return min(max(0.0, asked), LONGEST_WAIT_SECONDS)  # in this order not a number is nothing


class BodyLimit:
    """Answers 413 to a body over the limit, declared or streamed, before it is held in memory."""

    def __init__(self, app: ASGIApp, *, limit: int, upload_limit: int, upload_paths: frozenset[str]) -> None:
        self._app = app
        self._limit = limit
        self._upload_limit = upload_limit
        self._upload_paths = upload_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._upload_limit if scope["path"] in self._upload_paths else self._limit
        declared = Headers(scope=scope).get("content-length", "0")
        if declared.isdigit() and int(declared) > limit:
            await _too_large(scope, receive, send, limit)
            return
        received, refused = 0, False

        async def counted() -> Message:
            nonlocal received
            if received > limit:
                return {"type": "http.disconnect"}
            message = await receive()
            received += len(message.get("body", b""))
            # To the application an oversized body looks like a client that went away; it stops reading.
            return message if received <= limit else {"type": "http.disconnect"}

        async def watched(message: Message) -> None:
            nonlocal refused
            if received <= limit:
                await send(message)
            elif not refused:
                refused = True
                await _too_large(scope, receive, send, limit)

        await self._app(scope, counted, watched)


async def _too_large(scope: Scope, receive: Receive, send: Send, limit: int) -> None:
    problem = PayloadTooLarge(f"The body may hold at most {limit} bytes.").problem()
    await problem_response(Request(scope), problem)(scope, receive, send)
