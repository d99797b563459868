"""One careful GET: bounded in time, tried again only where that can help, never trusting what comes back.

Addresses carry coordinates and keys, so no message here quotes one, nor what a service repeats of it.
"""

import asyncio
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx
import orjson
import stamina

from core.errors import ProviderUnavailable

Document = dict[str, object] | list[object]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one answer may take, and how often it is asked for."""

    attempts: int = 3
    attempt_seconds: float = 10.0
    first_wait_seconds: float = 0.3
    longest_wait_seconds: float = 2.0


class _TryAgain(ProviderUnavailable):
    """A failure that may have passed a second later."""


async def get_json(
    http: httpx.AsyncClient,
    provider: str,
    url: str,
    params: Mapping[str, str],
    *,
    passing: Callable[[int, str], bool],
    patience: Patience,
) -> Document:
    """Fetch a JSON object or list; raises `ProviderUnavailable` saying why there is none.

    Parameters
    ----------
    passing : callable
        Whether a refusal, by status and reason, is worth another attempt.
    """
    failure = ProviderUnavailable(provider, "was not asked")
    attempts = stamina.retry_context(
        on=_TryAgain,
        attempts=patience.attempts,
        timeout=None,
        wait_initial=patience.first_wait_seconds,
        wait_max=patience.longest_wait_seconds,
        wait_jitter=patience.first_wait_seconds,
    )
    try:
        async for attempt in attempts:
            with attempt:
                return await _once(http, provider, url, params, passing, patience.attempt_seconds)
    except _TryAgain as error:
        failure = ProviderUnavailable(provider, error.reason)
    raise failure


async def _once(
    http: httpx.AsyncClient,
    provider: str,
    url: str,
    params: Mapping[str, str],
    passing: Callable[[int, str], bool],
    seconds: float,
) -> Document:
    try:
        # The client's own timeouts start anew with every byte; this one does not.
        async with asyncio.timeout(seconds):
            response = await http.get(url, params=params)
    except (TimeoutError, httpx.TimeoutException):
        raise _TryAgain(provider, f"no answer within {seconds:g} s") from None
    except (httpx.UnsupportedProtocol, httpx.InvalidURL):
        raise ProviderUnavailable(provider, "its address is not a web address") from None
    except httpx.HTTPError as error:
        raise _TryAgain(provider, f"cannot be reached ({type(error).__name__})") from None
    if not response.is_success:
        reason = _reason(response, params)
        raise (_TryAgain if passing(response.status_code, reason) else ProviderUnavailable)(
            provider, f"HTTP {response.status_code}: {reason}"
        )
    kind = response.headers.get("content-type", "")
    if "json" not in kind:
        raise _TryAgain(
            provider, f"answered {kind or 'an unnamed type'} instead of JSON: {_start(response, params)}"
        )
    try:
        document = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        raise _TryAgain(provider, f"answered broken JSON: {_start(response, params)}") from None
    if not isinstance(document, dict | list):
        raise ProviderUnavailable(provider, "answered neither an object nor a list")
    return document


def _reason(response: httpx.Response, params: Mapping[str, str]) -> str:
    """What an error body says, in the forms that weather services use."""
    try:
        body = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return _start(response, params)
    if isinstance(body, dict):
        for key in ("reason", "message", "detail"):
            if isinstance(body.get(key), str):
                return _unechoed(body[key], params)[:200]
    return _start(response, params)


def _start(response: httpx.Response, params: Mapping[str, str]) -> str:
    text = " ".join(_unechoed(response.text, params).split())
    return repr(text[:80]) if text else "nothing"


def _unechoed(text: str, params: Mapping[str, str]) -> str:
    """A service's words without what they repeat of the request: its key, its place to whatever precision."""
    for value in params.values():
        if len(value) >= 4:
            text = re.sub(re.escape(value) + r"\d*", "…", text)
    return re.sub(r"[-+]?\d+\.\d+", "…", text)


def withhold_queries_from_logs() -> None:
    """Cut the query, with its place and its key, off the addresses that httpx logs at level INFO."""
    logging.getLogger("httpx").addFilter(_WITHOUT_QUERIES)


class _WithoutQueries(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                value.copy_with(query=None) if isinstance(value, httpx.URL) else value
                for value in record.args
            )
        return True


_WITHOUT_QUERIES = _WithoutQueries()
