"""The HTTP part of the service on a port of its own, and a client that follows a job's events there."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import uvicorn

from api.server import http_server
from core.config import Settings

PATIENCE = 60


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110  what is waited for is another's state and has no event
            await asyncio.sleep(0.01)


@dataclass(frozen=True)
class Told:
    """An event as a client sees it."""

    id: int | None
    type: str
    data: Any


@dataclass(frozen=True)
class Stream:
    """What a client reads: events, and comments as None."""

    response: httpx.Response

    async def events(self) -> AsyncGenerator[Told | None]:
        fields: dict[str, str] = {}
        async for line in self.response.aiter_lines():
            if line.startswith(":"):
                yield None
            elif line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif "event" in fields:
                event_id = int(fields["id"]) if "id" in fields else None
                yield Told(event_id, fields["event"], json.loads(fields["data"]))
                fields = {}


class Server:
    """The HTTP part of the service on a port of its own."""

    def __init__(self, settings: Settings) -> None:
        self.server: uvicorn.Server = http_server(settings, "127.0.0.1", 0)
        self.url = ""
        self._task = asyncio.create_task(self.server.serve())

    async def started(self) -> None:
        await until(lambda: self.server.started)
        port = self.server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/api/v1"

    @asynccontextmanager
    async def follow(
        self, who: httpx.AsyncClient | dict[str, str], job_id: str, *, after: object = None, **params: str
    ) -> AsyncIterator[Stream]:
        """The stream as it is told to a client that is logged in, or to whoever sends these headers."""
        headers = dict(who) if isinstance(who, dict) else {"Authorization": who.headers["Authorization"]}
        if after is not None:
            headers["Last-Event-ID"] = str(after)
        async with (
            asyncio.timeout(PATIENCE),
            httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as reader,
            reader.stream(
                "GET", f"{self.url}/jobs/{job_id}/events", headers=headers, params=params
            ) as response,
        ):
            assert response.status_code == 200, (await response.aread()).decode()
            assert response.headers["content-type"].startswith("text/event-stream")
            yield Stream(response)

    async def whole(self, client: httpx.AsyncClient, job_id: str, **how: Any) -> list[Told]:
        """Everything the stream tells until it ends by itself."""
        async with self.follow(client, job_id, **how) as stream:
            return [told async for told in stream.events() if told is not None]

    async def stop(self) -> None:
        self.server.should_exit = True
        async with asyncio.timeout(PATIENCE):
            await self._task


Serve = Callable[[Settings], Awaitable[Server]]
