import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.middleware import Deadline

SHORT = 0.2
LONG = 3 * SHORT


async def _answer(app: ASGIApp, query: bytes = b"", parts: Sequence[float] = ()) -> list[Message]:
    """What is sent for a request whose body comes in parts, each after a pause [s]."""
    sent: list[Message] = []
    left = list(parts)

    async def receive() -> Message:
        await asyncio.sleep(left.pop(0))
        return {"type": "http.request", "body": b"x", "more_body": bool(left)}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "path": "/jobs",
        "query_string": query,
        "headers": [],
        "method": "GET",
    }
    await Deadline(app, seconds=SHORT)(scope, receive, send)
    return sent


async def _ok(send: Send, *bodies: bytes) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for body in bodies:
        await send({"type": "http.response.body", "body": body})


async def _never(_scope: Scope, _receive: Receive, _send: Send) -> None:
    await asyncio.Event().wait()


async def test_a_request_that_hangs_is_told_to_come_again() -> None:
    start, body = await _answer(_never)
    assert start["status"] == 503
    assert dict(start["headers"])[b"retry-after"] == b"5"
    assert json.loads(body["body"])["type"] == "urn:solarsync:problem:overloaded"


async def test_a_stream_that_has_begun_goes_on() -> None:
    async def stream(_scope: Scope, _receive: Receive, send: Send) -> None:
        await _ok(send, b"first")
        await asyncio.sleep(LONG)
        await send({"type": "http.response.body", "body": b"last"})

    assert [message.get("body") for message in await _answer(stream)] == [None, b"first", b"last"]


async def test_who_asked_to_wait_is_waited_for() -> None:
    async def slow(_scope: Scope, _receive: Receive, send: Send) -> None:
        await asyncio.sleep(LONG)
        await _ok(send)

    assert (await _answer(slow, b"wait=1"))[0]["status"] == 200
    for nothing in (b"wait=-5", b"wait=x", b"wait=nan", b"", b"x=1"):
        assert (await _answer(slow, nothing))[0]["status"] == 503, nothing


async def test_a_body_that_comes_slowly_is_not_our_slowness() -> None:
    async def reading(_scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["more_body"]:
            pass
        await _ok(send)

    assert (await _answer(reading, parts=[SHORT / 5] * 8))[0]["status"] == 200
    assert (await _answer(reading, parts=[LONG]))[0]["status"] == 503


async def test_a_time_out_of_the_application_s_own_stays_its_own() -> None:
    async def failing(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise TimeoutError("its own")

    with pytest.raises(TimeoutError, match="its own"):
        await _answer(failing)
