"""Limits of requests a minute: of whoever asks, and of the address they ask from."""

from ipaddress import IPv6Address, ip_address

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.credentials import credentials
from api.problems import problem_response
from api.services import Services
from core.database.api_keys import digest
from core.errors import AuthenticationFailed, RateLimited
from core.rate_limits import WINDOW, Allowance
from core.security import decode_access_token

RATE_LIMIT_HEADERS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "RateLimit-Policy")
_NAMES = tuple(name.lower().encode() for name in RATE_LIMIT_HEADERS)


class RateLimit:
    """Counts requests under `prefix`, says what is left in `RateLimit-*`, and answers 429 where nothing is.

    Where Redis cannot count, requests go on without those headers.
    """

    def __init__(self, app: ASGIApp, *, prefix: str) -> None:
        self._app = app
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(self._prefix):
            await self._app(scope, receive, send)
            return
        services: Services = scope["app"].state.services
        settings, address = services.settings, address_of(scope)
        # Somebody unknown shares the allowance of a user with everybody unknown at the same address.
        asking = _principal(scope, services) or f"unknown at {address}"
        allowances = await services.rate_limits.count(
            [
                (asking, settings.rate_limit_per_minute),
                (f"address {address}", settings.rate_limit_per_address_per_minute),
            ],
            services.clock.now(),
        )
        if allowances is None:
            await self._app(scope, receive, send)
            return
        least = min(allowances, key=lambda each: each.limit - each.used)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *rate_limit_headers(least)]
            await send(message)

        if least.exceeded:
            error = RateLimited(least.reset)
            response = problem_response(Request(scope), error.problem(), error.headers)
            await response(scope, receive, with_headers)
        else:
            await self._app(scope, receive, with_headers)


def rate_limit_headers(allowance: Allowance) -> list[tuple[bytes, bytes]]:
    limit, left, reset = allowance.limit, allowance.left, allowance.reset
    return list(
        zip(_NAMES, (b"%d" % limit, b"%d" % left, b"%d" % reset, b"%d;w=%d" % (limit, WINDOW)), strict=True)
    )


def address_of(scope: Scope) -> str:
    """Where the request came from, as uvicorn tells it; of IPv6 the network that one customer is given, a /64."""
    client = scope.get("client")
    if not client:
        return "a local socket"
    try:
        address = ip_address(client[0].partition("%")[0])
    except ValueError:
        return "somewhere"
    if isinstance(address, IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped) if mapped else f"{IPv6Address(int(address) >> 64 << 64)}/64"
    return str(address)


def _principal(scope: Scope, services: Services) -> str | None:
    """Whom the credentials name. A key is not looked up here: one that does not exist is counted as well."""
    token, key = credentials(Headers(scope=scope))
    if token is not None:
        try:
            claims = decode_access_token(
                token, key=services.secret_key, algorithm=services.settings.jwt_algorithm
            )
        except AuthenticationFailed:
            return None
        return f"user {claims['sub']}"
    return f"key {digest(key).hex()}" if key else None
