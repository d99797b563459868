"""A server that receives webhooks, on loopback, and answers as a test wants."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.weather_simulator import serving


@dataclass(frozen=True, slots=True)
class Received:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Receiver:
    """What came in; each request is given the next of `answers`, and 204 when there is none left."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    answers: list[Response] = field(default_factory=list)

    async def receive(self, request: Request) -> Response:
        self.received.append(Received(request.url.path, dict(request.headers), await request.body()))
        return self.answers.pop(0) if self.answers else Response(status_code=204)

    async def until(self, count: int) -> None:
        """Wait for so many requests."""
        async with asyncio.timeout(30):
            while len(self.received) < count:  # noqa: ASYNC110  another thread's loop receives
                await asyncio.sleep(0.02)

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])


@contextmanager
def running_receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    with serving(Starlette(routes=[Route("/{path:path}", receiver.receive, methods=["POST", "GET"])])) as url:
        receiver.url = url
        yield receiver
