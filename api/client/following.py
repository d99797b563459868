"""A job's events as they happen: Server-Sent Events that go on after the last one seen when the network was away."""

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager

import httpx
from httpx_sse import EventSource, ServerSentEvent, SSEError
from pydantic import ValidationError

from api.client.connection import PASSING, Connection
from api.client.login import PREFIX
from api.client.problems import ServerUnreachable, not_solarsync, raise_for_problem
from state.timeline import TimelineEvent

ENDED = "job.ended"
RESYNC = "resync"
SILENCE_SECONDS = 50.0
"""A quiet stream says so every 15 s; three such silences are a dead connection."""
PATIENCE_SECONDS = 300.0
"""Without a connection, before the network is given up."""
STRANGERS = 3
"""Answers of something that is not SolarSync, before it is taken for what is there: a portal opens, or it does not."""
FIRST_WAIT_SECONDS = 0.25
LONGEST_WAIT_SECONDS = 10.0


def follow(
    connection: Connection,
    path: str,
    after: int | None,
    *,
    sleep: Callable[[float], None] = time.sleep,
    now: Callable[[], float] = time.monotonic,
) -> Generator[TimelineEvent]:
    """Every event after `after` (None: from the beginning), each once and in order, until the job is final.

    Raises
    ------
    ServerUnreachable
        No connection could be had for `PATIENCE_SECONDS`.
    Refused
        As `raise_for_problem` says, or something other than SolarSync answered `STRANGERS` times in a row.
    """
    last, wait, strangers = after, FIRST_WAIT_SECONDS, 0
    lost_at: float | None = None
    while True:
        why = "it lets nobody follow for long"
        try:
            with _connected(connection, path, last) as events:
                lost_at = None
                for sent in events:
                    strangers = 0
                    if sent.event == ENDED:
                        return
                    event = _timeline_event(sent)
                    if event and (last is None or event.id > last):  # a resync tells everything again
                        last, wait = event.id, FIRST_WAIT_SECONDS
                        yield event
        except (SSEError, ValidationError, httpx.DecodingError):
            strangers += 1
            if strangers == STRANGERS:
                raise not_solarsync(f"{connection.server}{PREFIX}{path}") from None
        except (httpx.TransportError, _NotNow) as error:
            why = str(error) or type(error).__name__
        lost_at = now() if lost_at is None else lost_at
        if now() - lost_at > PATIENCE_SECONDS:
            raise ServerUnreachable(f"{connection.server} cannot be followed: {why}.")
        sleep(wait)
        wait = min(2 * wait, LONGEST_WAIT_SECONDS)


class _NotNow(Exception):
    pass


@contextmanager
def _connected(connection: Connection, path: str, last: int | None) -> Iterator[Iterator[ServerSentEvent]]:
    headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
    if last is not None:
        headers["Last-Event-ID"] = str(last)
    with connection.stream(path, headers, SILENCE_SECONDS) as response:
        if response.status_code in PASSING or response.status_code == httpx.codes.TOO_MANY_REQUESTS:
            raise _NotNow(f"it answered {response.status_code}")
        raise_for_problem(response)
        yield EventSource(response).iter_sse()


def _timeline_event(sent: ServerSentEvent) -> TimelineEvent | None:
    if not sent.data or not sent.id or sent.event == RESYNC:  # a `retry` alone comes as an event without data
        return None
    return TimelineEvent.model_validate_json(sent.data, extra="ignore")
