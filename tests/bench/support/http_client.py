"""A load generator's HTTP client: one keep-alive connection, as little work per request as will do.

It shares the two cores with what it measures, and a full client costs a millisecond of them per request.
"""

import asyncio
import json
from typing import Any


class Connection:
    """HTTP/1.1 to one host, one request at a time."""

    def __init__(self, port: int, headers: dict[str, str] | None = None) -> None:
        self._port = port
        given = {"Host": f"127.0.0.1:{port}", "Content-Type": "application/json", **(headers or {})}
        self._head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def json(self, method: str, path: str, body: bytes = b"") -> Any:
        """The document answered; an error status is a `RuntimeError` with what was said."""
        status, content = await self._exchange(method, path, body)
        if status >= 400:
            raise RuntimeError(f"{method} {path}: {status} {content[:500]!r}")
        return json.loads(content)

    async def _exchange(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        if self._streams is None or self._streams[0].at_eof():  # a server ends what was quiet for a while
            self._streams = await asyncio.open_connection("127.0.0.1", self._port, limit=2**22)
        reader, writer = self._streams
        writer.write(
            f"{method} {path} HTTP/1.1\r\n{self._head}Content-Length: {len(body)}\r\n\r\n".encode() + body
        )
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        status = int(head.split(" ", 2)[1])
        if "transfer-encoding: chunked" in head:
            return status, await _chunks(reader)
        length = head.partition("content-length:")[2].partition("\r\n")[0]
        return status, await reader.readexactly(int(length))

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    content = b""
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        content += (await reader.readexactly(size + 2))[:-2]
    await reader.readuntil(b"\r\n")
    return content
