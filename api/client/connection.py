"""HTTP to one server over a network that may be slow or go away.

A request is sent again where that cannot do a thing twice: it only reads, it has an `Idempotency-Key`, or it never
left this machine. The server answers each within seven seconds, so longer silence is the network's.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx
import stamina
from stamina.instrumentation import RetryDetails, set_on_retry_hooks

from api.client.login import PREFIX
from api.client.problems import ServerUnreachable, not_solarsync, raise_for_problem

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 30.0
ATTEMPTS = 6
FIRST_WAIT_SECONDS = 0.25
LONGEST_WAIT_SECONDS = 10.0
LONGEST_OBEYED_SECONDS = 60.0
"""Of a `Retry-After`."""
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout)
NOT_CARRIED_OUT = {httpx.codes.TOO_MANY_REQUESTS}
PASSING = {httpx.codes.BAD_GATEWAY, httpx.codes.SERVICE_UNAVAILABLE, httpx.codes.GATEWAY_TIMEOUT}


class _TryAgain(Exception):
    """An answer that another attempt may better."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        super().__init__(f"it answered {response.status_code}")


class Connection:
    """Requests to one server, each sent until it is answered or nothing more can be hoped for."""

    def __init__(
        self,
        server: str,
        auth: httpx.Auth | None = None,
        *,
        on_wait: Callable[[str], None] = lambda _: None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.server = server
        self._on_wait = on_wait
        self._http = httpx.Client(
            base_url=f"{server}{PREFIX}",
            auth=auth,
            transport=transport,
            timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
        )

    def close(self) -> None:
        self._http.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        key: str | None = None,
        wait_seconds: float = 0,
        **sent: Any,  # noqa: ANN401  what httpx takes: json, content, data, files, params, headers
    ) -> httpx.Response:
        """The server's answer; raises what `raise_for_problem` does, and `ServerUnreachable`.

        `Refused` also where the answer cannot be unpacked.

        Parameters
        ----------
        key : str, optional
            The request's `Idempotency-Key`.
        wait_seconds : float
            How much later than usual the answer may come. [s]
        """
        again = method == "GET" or key is not None
        headers = {**sent.pop("headers", {}), **({"Idempotency-Key": key} if key else {})}
        timeout = httpx.Timeout(ANSWER_SECONDS + wait_seconds, connect=CONNECT_SECONDS)

        def once() -> httpx.Response:
            response = self._http.request(method, path, headers=headers, timeout=timeout, **sent)
            if response.status_code in NOT_CARRIED_OUT or (again and response.status_code in PASSING):
                raise _TryAgain(response)
            return response

        try:
            response = self._attempts(once, again=again)
        except _TryAgain as last:
            response = last.response
        except httpx.DecodingError as error:
            raise not_solarsync(error.request.url) from error
        raise_for_problem(response)
        return response

    @contextmanager
    def stream(
        self, path: str, headers: Mapping[str, str], silence_seconds: float
    ) -> Iterator[httpx.Response]:
        """One attempt at an answer without an end, given up after `silence_seconds` without a byte."""
        timeout = httpx.Timeout(silence_seconds, connect=CONNECT_SECONDS)
        with self._http.stream("GET", path, headers=headers, timeout=timeout) as response:
            yield response

    def _attempts(self, once: Callable[[], httpx.Response], *, again: bool) -> httpx.Response:
        set_on_retry_hooks([self._tell])
        attempts = stamina.retry_context(
            on=lambda error: _pause(error, again=again),
            attempts=ATTEMPTS,
            timeout=None,
            wait_initial=FIRST_WAIT_SECONDS,
            wait_max=LONGEST_WAIT_SECONDS,
            wait_jitter=FIRST_WAIT_SECONDS,
        )
        try:
            for attempt in attempts:
                with attempt:
                    return once()
        except httpx.TransportError as error:
            raise unreachable(self.server, error) from error
        raise AssertionError("stamina returns or raises")

    def _tell(self, details: RetryDetails) -> None:
        self._on_wait(
            f"{self.server}: {_words(details.caused_by)}; trying again in {details.wait_for:.1f} s."
        )


def unreachable(server: str, error: httpx.TransportError) -> ServerUnreachable:
    return ServerUnreachable(f"{server} cannot be reached: {_words(error)}.")


def _words(error: BaseException) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    return str(error) or type(error).__name__


def _pause(error: Exception, *, again: bool) -> bool | timedelta:
    """Whether to try again, and after how long where the server says so."""
    if isinstance(error, _TryAgain):
        seconds = _retry_after(error.response)
        return True if seconds is None else timedelta(seconds=min(seconds, LONGEST_OBEYED_SECONDS))
    return isinstance(error, NEVER_SENT) or (again and isinstance(error, httpx.TransportError))


def _retry_after(response: httpx.Response) -> float | None:
    try:
        seconds = float(response.headers.get("Retry-After", ""))
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None
