"""How long each route takes, for `GET /metrics`."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.metrics import REQUEST_SECONDS

NO_ROUTE = "none"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class RequestMetrics:
    """Observes the time until the answer begins: a stream may then last for hours.

    A request that asked to wait (`?wait=`) is told apart from one that did not, since its time is its client's wish.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()

        async def observed(message: Message) -> None:
            if message["type"] == "http.response.start":
                seconds = time.perf_counter() - started
                REQUEST_SECONDS.labels(_method(scope), _route(scope), message["status"]).observe(seconds)
            await send(message)

        await self._app(scope, receive, observed)


def _method(scope: Scope) -> str:
    """A client may send any word as the method; each would be a series of its own."""
    method: str = scope["method"]
    return method if method in METHODS else "other"


def _route(scope: Scope) -> str:
    template = getattr(scope.get("route"), "path", None)
    if template is None:
        return NO_ROUTE
    return f"{template}?wait" if b"wait=" in scope["query_string"] else str(template)
