"""Redis clients: `redis://`, `rediss://` and `unix://`, with bounded waits and no credentials in the logs.

Every wait is bounded, so that a Redis that is gone becomes an error within seconds: a refused connection
is tried three times within a quarter of a second, an unanswered one gives up after `CONNECT_TIMEOUT`, an
unanswered command after `SOCKET_TIMEOUT` and is not sent again. RESP 2 is spoken because every server
from Redis 6.2 to Valkey 9 does.
"""

from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

import redis
import redis.asyncio
import structlog
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import ExponentialWithJitterBackoff
from redis.retry import Retry

from core.errors import ConfigurationError

CONNECT_TIMEOUT: Final = 2.0
SOCKET_TIMEOUT: Final = 5.0
HEALTH_CHECK_INTERVAL: Final = 30
RETRIES: Final = 2
SCHEMES: Final = ("redis", "rediss", "unix")

logger = structlog.get_logger(__name__)


def create_redis(
    url: str, *, max_connections: int = 64, decode_responses: bool = False
) -> redis.asyncio.Redis:
    """Build a client of `url`; it connects at its first command and is closed with `aclose()`.

    Raises
    ------
    ConfigurationError
        The URL is not one Redis understands; the message holds no part of it.
    """
    retry = AsyncRetry(_backoff(), RETRIES, supported_errors=(redis.ConnectionError,))
    options = _options(max_connections, decode_responses)
    try:
        client = redis.asyncio.Redis.from_url(_checked(url), retry=retry, **options)
    except ValueError:
        raise _wrong_url() from None
    logger.info("core.redis.client_created", address=address(url), max_connections=max_connections)
    return client


def create_sync_redis(url: str, *, max_connections: int = 64, decode_responses: bool = False) -> redis.Redis:
    """The same for code that runs outside an event loop; closed with `close()`."""
    retry = Retry(_backoff(), RETRIES, supported_errors=(redis.ConnectionError,))
    options = _options(max_connections, decode_responses)
    try:
        client = redis.Redis.from_url(_checked(url), retry=retry, **options)
    except ValueError:
        raise _wrong_url() from None
    logger.info("core.redis.sync_client_created", address=address(url), max_connections=max_connections)
    return client


def address(url: str) -> str:
    """Where a Redis URL points to, without user, password or options: fit for logs and verdicts."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        database = parse_qs(parts.query).get("db", ["0"])[0]
        return f"unix://{unquote(parts.path)}?db={database}"
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or "localhost"
    return f"{parts.scheme}://{host}:{parts.port or 6379}/{parts.path.strip('/') or 0}"


def _checked(url: str) -> str:
    if urlsplit(url).scheme not in SCHEMES:
        raise ValueError
    return url


def _wrong_url() -> ConfigurationError:
    return ConfigurationError(
        ["a Redis URL reads redis://host:port/0, rediss://host:port/0 or unix:///path?db=0"]
    )


def _backoff() -> ExponentialWithJitterBackoff:
    return ExponentialWithJitterBackoff(base=0.05, cap=0.2)


def _options(max_connections: int, decode_responses: bool) -> dict[str, Any]:
    return {
        "max_connections": max_connections,
        "decode_responses": decode_responses,
        "socket_connect_timeout": CONNECT_TIMEOUT,
        "socket_timeout": SOCKET_TIMEOUT,
        "health_check_interval": HEALTH_CHECK_INTERVAL,
        "protocol": 2,
    }
