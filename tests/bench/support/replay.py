"""A forecast provider that costs nothing: the weather simulator's answers, each made once and then replayed.

A provider is never on the machine that is measured, so its work must not count.
`python -m tests.bench.support.replay PORT`
"""

import asyncio
import sys

import httpx

from api.weather_simulator import running_simulator


class _Replay(asyncio.Protocol):
    def __init__(self, simulator: str, answers: dict[str, bytes]) -> None:
        self._simulator = simulator
        self._answers = answers

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if not data.startswith(b"GET "):
            return
        target = data.split(b" ", 2)[1].decode()
        if target not in self._answers:
            body = httpx.get(self._simulator + target).content
            head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
            self._answers[target] = head.encode() + body
        self._transport.write(self._answers[target])


async def _serve(port: int) -> None:
    answers: dict[str, bytes] = {}
    with running_simulator() as simulator:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Replay(simulator, answers), "127.0.0.1", port)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
