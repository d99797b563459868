"""A server on loopback that speaks the chat-completions protocol, and answers as a test wants."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """What the server sends: a chat completion with this content, or this body with this status, after a while."""

    content: str | None = None
    refusal: str | None = None
    finish_reason: str = "stop"
    tokens: tuple[int, int] | None = (100, 20)
    raw: str | None = None
    status: int = 200
    seconds: float = 0.0


def found(**answer: Any) -> Told:
    return Told(json.dumps(answer))


@dataclass
class LanguageServer:
    """`answer` is given each request's body; `asked` keeps them."""

    answer: Callable[[Body], Told] = lambda _: Told("{}")
    asked: list[Body] = field(default_factory=list)
    url: str = ""

    def answers(self, *told: Told) -> None:
        """One after the other, the last one for ever."""
        left = list(told)
        self.asked.clear()
        self.answer = lambda _: left.pop(0) if len(left) > 1 else left[0]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (body := await _read(reader)) is not None:
                self.asked.append(body)
                told = self.answer(body)
                await asyncio.sleep(told.seconds)
                content = (told.raw if told.raw is not None else _completion(told)).encode()
                head = [f"HTTP/1.1 {told.status} Told", "content-type: application/json"]
                head += [f"content-length: {len(content)}", "", ""]
                writer.write("\r\n".join(head).encode() + content)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Body | None:
    if not await reader.readline():
        return None
    length = 0
    while line := (await reader.readline()).strip():
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return json.loads(await reader.readexactly(length))  # type: ignore[no-any-return]  # what the client sent


def _completion(told: Told) -> str:
    message = {"role": "assistant", "content": told.content, "refusal": told.refusal}
    usage = (
        {
            "prompt_tokens": told.tokens[0],
            "completion_tokens": told.tokens[1],
            "total_tokens": sum(told.tokens),
        }
        if told.tokens
        else None
    )
    choice = {"index": 0, "message": message, "finish_reason": told.finish_reason}
    return json.dumps({"id": "c", "object": "chat.completion", "created": 0, "model": "obedient", "choices": [choice],
                       "usage": usage})  # fmt: skip


@asynccontextmanager
async def language_server() -> AsyncIterator[LanguageServer]:
    server = LanguageServer()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1"
    try:
        yield server
    finally:
        listening.close()
