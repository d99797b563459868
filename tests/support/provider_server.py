"""A provider on loopback, written by hand, so that it can do what no well-behaved server does."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True, slots=True)
class Asked:
    path: str
    params: dict[str, str]
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Reply:
    """`body` is sent as JSON unless it is text; `hangs` sends the head and half the body, and then nothing."""

    body: Any = None
    status: int = 200
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    hangs: bool = False


Script = Callable[[Asked], Reply]


class ProviderServer:
    """Answers by a script that may be exchanged, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.script: Script = lambda _: Reply({}, 500)
        self.url = ""

    def answers(self, *replies: Reply) -> None:
        """One reply per request, the last one for ever."""
        left = list(replies)
        self.asked.clear()
        self.script = lambda _: left.pop(0) if len(left) > 1 else left[0]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (asked := await _read(reader)) is not None:
                self.asked.append(asked)
                reply = self.script(asked)
                head, content = _written(reply)
                writer.write(head + (content[: len(content) // 2] if reply.hangs else content))
                await writer.drain()
                if reply.hangs:
                    await asyncio.sleep(3600)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Asked | None:
    line = (await reader.readline()).decode()
    if not line:
        return None
    target = urlsplit(line.split(" ")[1])
    headers = {}
    while (text := (await reader.readline()).decode().strip()) != "":
        name, _, value = text.partition(":")
        headers[name.lower()] = value.strip()
    return Asked(target.path, {name: values[0] for name, values in parse_qs(target.query).items()}, headers)


def _written(reply: Reply) -> tuple[bytes, bytes]:
    text = reply.body if isinstance(reply.body, str) else json.dumps(reply.body)
    content = b"" if reply.status == 304 else text.encode()
    head = [f"HTTP/1.1 {reply.status} Told", f"content-length: {len(content)}", f"content-type: {reply.kind}"]
    head += [f"{name}: {value}" for name, value in reply.headers.items()]
    return "\r\n".join([*head, "", ""]).encode(), content


@asynccontextmanager
async def provider_server() -> AsyncIterator[ProviderServer]:
    """The server on a free port of loopback, for as long as the context lasts."""
    provider = ProviderServer()
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(provider.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    provider.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield provider
    finally:
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
