"""One careful GET: bounded in time and size, tried again only where that can help, never trusting what comes back.

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

from core.clients.gate import Gate, NotAsked, NotCovered
from core.errors import ProviderUnavailable

Document = dict[str, object] | list[object]

LARGEST = 32_000_000
"""Ten times the longest honest answer, a hundred forecasts. [bytes]"""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one answer may take, and how often it is asked for."""

    attempts: int = 3
    attempt_seconds: float = 10.0
    first_wait_seconds: float = 0.3
    longest_wait_seconds: float = 2.0
    hangs_seconds: float = 5.0
    """After which it is the provider's fault that somebody gave up."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`document` is None where a conditional request found nothing new (304)."""

    status: int
    headers: httpx.Headers
    document: Document | None


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and what it costs of the provider's budget."""

    url: str
    params: Mapping[str, str]
    headers: Mapping[str, str] | None = None
    weight: float = 1.0


class _TryAgain(ProviderUnavailable):
    """A failure that may have passed a second later."""


def server_failed(status: int, _reason: str) -> bool:
    """A failure of the server's own may have passed a second later; what it refuses, it would refuse again."""
    return status >= 500


async def get_json(
    http: httpx.AsyncClient,
    gate: Gate,
    question: Question,
    *,
    passing: Callable[[int, str], bool] = server_failed,
    patience: Patience,
) -> Answer:
    """Fetch a JSON object or list; raises `ProviderUnavailable` saying why there is none.

    Parameters
    ----------
    passing : callable
        Whether a refusal, by status and reason, is worth another attempt.
    """
    failure = ProviderUnavailable(gate.provider, "was not asked")
    attempts = stamina.retry_context(
        on=_TryAgain,
        attempts=patience.attempts,
        timeout=None,
        wait_initial=patience.first_wait_seconds,
        wait_max=patience.longest_wait_seconds,
        wait_jitter=patience.first_wait_seconds,
    )
    async with gate.turn():
        began = asyncio.get_running_loop().time()
        try:
            async for attempt in attempts:
                with attempt:
                    await gate.spend(question.weight)
                    answer = await _once(http, gate, question, passing, patience.attempt_seconds)
                    gate.succeeded()
                    return answer
        except NotAsked:
            raise
        except NotCovered:
            gate.succeeded()
            raise
        except _TryAgain as error:
            gate.failed()
            failure = ProviderUnavailable(gate.provider, error.reason)
        except ProviderUnavailable:
            gate.failed()
            raise
        except asyncio.CancelledError:
            if asyncio.get_running_loop().time() - began >= patience.hangs_seconds:
                gate.failed()  # a caller whose time was up; a run that was cancelled tells nothing of a provider
            raise
    raise failure


async def _once(
    http: httpx.AsyncClient,
    gate: Gate,
    question: Question,
    passing: Callable[[int, str], bool],
    seconds: float,
) -> Answer:
    provider = gate.provider
    try:
        # The client's own timeouts start anew with every byte; this one does not.
        async with asyncio.timeout(seconds):
            response, content = await _read(http, provider, question)
    except (TimeoutError, httpx.TimeoutException):
        raise _TryAgain(provider, f"no answer within {seconds:g} s") from None
    except (httpx.UnsupportedProtocol, httpx.InvalidURL):
        raise ProviderUnavailable(provider, "its address is not a web address") from None
    except httpx.HTTPError as error:
        raise _TryAgain(provider, f"cannot be reached ({type(error).__name__})") from None
    if response.status_code == httpx.codes.NOT_MODIFIED:
        return Answer(response.status_code, response.headers, None)
    if not response.is_success:
        reason = _reason(content, question.params)
        await gate.refused(response.status_code, reason, response.headers)
        raise (_TryAgain if passing(response.status_code, reason) else _refusal(response.status_code))(
            provider, f"HTTP {response.status_code}: {reason}"
        )
    return Answer(response.status_code, response.headers, _document(provider, response, content, question))


async def _read(
    http: httpx.AsyncClient, provider: str, question: Question
) -> tuple[httpx.Response, bytearray]:
    content = bytearray()
    async with http.stream(
        "GET", question.url, params=dict(question.params), headers=dict(question.headers or {})
    ) as response:
        async for part in response.aiter_bytes():
            content += part
            if len(content) > LARGEST:
                raise ProviderUnavailable(provider, f"answered more than {LARGEST // 1_000_000} MB")
    return response, content


def _refusal(status: int) -> type[ProviderUnavailable]:
    return NotCovered if status in (httpx.codes.BAD_REQUEST, httpx.codes.NOT_FOUND) else ProviderUnavailable


def _document(provider: str, response: httpx.Response, content: bytearray, question: Question) -> Document:
    kind = response.headers.get("content-type", "")
    if "json" not in kind:
        raise _TryAgain(
            provider,
            f"answered {kind or 'an unnamed type'} instead of JSON: {_start(content, question.params)}",
        )
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise _TryAgain(provider, f"answered broken JSON: {_start(content, question.params)}") from None
    if not isinstance(document, dict | list):
        raise ProviderUnavailable(provider, "answered neither an object nor a list")
    return document


def _reason(content: bytearray, params: Mapping[str, str]) -> str:
    """What an error body says, in the forms that weather services use."""
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError:
        return _start(content, params)
    if isinstance(body, dict):
        for key in ("reason", "message", "detail"):
            if isinstance(body.get(key), str):
                return _unechoed(body[key], params)[:200]
    return _start(content, params)


def _start(content: bytearray, params: Mapping[str, str]) -> str:
    text = " ".join(_unechoed(content.decode(errors="replace"), params).split())
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
