"""Asking an outside service over HTTP: what is tried again, how failures are worded, what no log may hold."""

import logging
from collections.abc import Callable, Mapping
from typing import TypeVar

import httpx
import stamina

from core.errors import ProviderUnavailable

T = TypeVar("T")

ATTEMPTS = 3
FIRST_WAIT_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 0.5
JITTER_SECONDS = 0.1
PATIENCE_SECONDS = 30.0  # no further attempt begins after this


class Hiccup(ProviderUnavailable):
    """A failure that may be gone in a moment: the only kind that is tried again."""


async def ask(
    http: httpx.AsyncClient,
    provider: str,
    url: str,
    params: Mapping[str, str],
    read: Callable[[httpx.Response], T],
) -> T:
    """GET `url` and read the answer, again after a `Hiccup` of the connection or of `read`.

    Raises
    ------
    ProviderUnavailable
        With a reason that holds neither the address nor a parameter.
    """
    # A context rather than the decorator: stamina logs a decorated function's arguments with every retry.
    async for attempt in stamina.retry_context(
        on=Hiccup,
        attempts=ATTEMPTS,
        timeout=PATIENCE_SECONDS,
        wait_initial=FIRST_WAIT_SECONDS,
        wait_max=LONGEST_WAIT_SECONDS,
        wait_jitter=JITTER_SECONDS,
    ):
        with attempt:
            return read(await _get(http, provider, url, params))
    raise AssertionError("stamina leaves its loop by an answer or an error")


async def _get(http: httpx.AsyncClient, provider: str, url: str, params: Mapping[str, str]) -> httpx.Response:
    try:
        return await http.get(url, params=params)
    except httpx.TimeoutException as error:
        raise Hiccup(provider, "no answer in time") from error
    except httpx.UnsupportedProtocol as error:
        raise ProviderUnavailable(provider, "its address is not one of http or https") from error
    except httpx.ConnectError as error:
        raise Hiccup(provider, "cannot be reached") from error
    except httpx.TransportError as error:
        raise Hiccup(provider, "the connection broke") from error
    except (httpx.RequestError, httpx.InvalidURL) as error:
        raise ProviderUnavailable(provider, "the exchange failed") from error


def withhold_queries_from_logs() -> None:
    """Cut the query, with its coordinates and its key, off the addresses that httpx logs."""
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
