"""The way to Redis and back.

Operations (`operations.py`) say what they need. These two classes fetch it, with and without an event loop,
so that the saver's two faces share everything else.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import hiredis
import redis
import redis.asyncio
from redis.exceptions import (
    ClusterDownError,
    ConnectionError,  # noqa: A004  redis has no other name for it
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    ResponseError,
    TimeoutError,  # noqa: A004  redis has no other name for it
    TryAgainError,
)

from core.checkpoint.scripts import Script
from core.errors import StorageUnavailable

T = TypeVar("T")
Word = bytes | str | int

PASSING: Final = (
    ConnectionError,
    TimeoutError,
    OSError,
    ClusterDownError,
    OutOfMemoryError,
    ReadOnlyError,
    TryAgainError,
)
PASSING_REPLIES: Final = ("MISCONF", "NOREPLICAS", "BUSY")
LARGE: Final = 256 * 1024
PATIENCE_SECONDS: Final = 0.005


@dataclass(frozen=True, slots=True)
class Command:
    """One Redis command; with a script, the words are its keys and arguments."""

    words: tuple[Word, ...]
    script: Script | None = None

    def by_digest(self) -> tuple[Word, ...]:
        return self.words if self.script is None else ("EVALSHA", self.script.sha, *self.words)

    def in_full(self) -> tuple[Word, ...]:
        return self.words if self.script is None else ("EVAL", self.script.source, *self.words)


@dataclass(frozen=True, slots=True)
class Work:
    """A calculation that may take long enough to stop an event loop, and how many bytes it goes through."""

    size: int
    do: Callable[[], Any]


Operation = Generator[Sequence[Command] | Work, Any, T]
"""Yields the commands of one round trip and is sent their replies, or yields work and is sent its result."""


Exchange = Callable[[Sequence[tuple[Word, ...]]], Awaitable[list[Any]]]
"""Commands of one round trip, and their replies; it raises where there are none."""

Connected = Callable[[], AbstractAsyncContextManager[Exchange]]
"""Gives a connection for as long as there is something to send: a pool takes as long as a trip to hand one out."""


class AsyncTransport:
    """Sends everything asked for in one tick of the event loop in one round trip.

    One trip is on its way at a time; what is asked for meanwhile makes up the next one. So commands
    arrive in the order in which they were asked for, and the busier the loop, the more share a trip.
    When a trip fails, whoever waits for the next one fails with it, so that nobody waits through several
    timeouts. What is patient waits for a trip that somebody else asks for, `PATIENCE_SECONDS` at most.
    """

    def __init__(self, connected: Connected) -> None:
        self._connected = connected
        self._waiting: list[tuple[Sequence[Command], asyncio.Future[list[Any]]]] = []
        self._due = False
        self._sender: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def run(self, operation: Operation[T], *, patient: bool = False) -> T:
        try:
            step = next(operation)
            while True:
                step = operation.send(await self._fulfil(step, patient=patient))
        except StopIteration as finished:
            result: T = finished.value
            return result

    async def _fulfil(self, step: Sequence[Command] | Work, *, patient: bool) -> Any:  # noqa: ANN401  whatever is asked for
        if isinstance(step, Work):
            return await asyncio.to_thread(step.do) if step.size > LARGE else step.do()
        loop = asyncio.get_running_loop()
        reply: asyncio.Future[list[Any]] = loop.create_future()
        self._waiting.append((step, reply))
        if not patient:
            self._send()
        elif self._timer is None and not self._due:
            self._timer = loop.call_later(PATIENCE_SECONDS, self._send)
        return await reply

    def _send(self) -> None:
        self._due = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._sender is None or self._sender.done():
            self._sender = asyncio.create_task(self._send_while_due())

    async def _send_while_due(self) -> None:
        await asyncio.sleep(0)
        while self._due and self._waiting:
            trip: list[tuple[Sequence[Command], asyncio.Future[list[Any]]]] = []
            try:
                async with self._connected() as exchange:
                    while self._due and self._waiting:
                        trip, self._waiting, self._due = self._waiting, [], False
                        replies = await _round_trip(
                            exchange, [one for commands, _ in trip for one in commands]
                        )
                        position = 0
                        for commands, reply in trip:
                            _settle(reply, replies[position : position + len(commands)])
                            position += len(commands)
            except asyncio.CancelledError:
                for _, reply in trip + self._waiting:
                    reply.cancel()
                raise
            except Exception as error:  # noqa: BLE001  whoever waits must hear of it
                lost, self._waiting = trip + self._waiting, []
                for _, reply in lost:
                    _fail(reply, error)
        self._due = False  # or the patient would take it that a trip is coming


async def _round_trip(exchange: Exchange, commands: Sequence[Command]) -> list[Any]:
    replies = await exchange([command.by_digest() for command in commands])
    unknown = _unknown_scripts(replies)
    if unknown:
        again = await exchange([commands[at].in_full() for at in unknown])
        for at, reply in zip(unknown, again, strict=True):
            replies[at] = reply
    return replies


@asynccontextmanager
async def connected(client: redis.asyncio.Redis) -> AsyncIterator[Exchange]:
    """Round trips over one connection of the client's pool; a refused command's error is its reply.

    As the client's own pipeline makes them, and tried again as often; but the commands are put into bytes in C, which
    is a third of what a trip costs.
    """
    pool = client.connection_pool
    connection = await pool.get_connection()  # type: ignore[no-untyped-call]  # redis leaves it so

    async def exchange(commands: Sequence[tuple[Word, ...]]) -> list[Any]:
        packed = [hiredis.pack_command(words) for words in commands]  # type: ignore[arg-type]  # a tuple of any length

        async def sent_and_answered() -> list[Any]:
            await connection.send_packed_command(packed)
            return [await _reply(client, connection, words[0]) for words in commands]

        replies: list[Any] = await connection.retry.call_with_retry(
            sent_and_answered, lambda _: connection.disconnect()
        )
        return replies

    try:
        yield exchange
    except BaseException:  # what it has not answered yet would be taken for the next trip's replies
        await connection.disconnect(nowait=True)
        raise
    finally:
        await pool.release(connection)


async def _reply(client: redis.asyncio.Redis, connection: redis.asyncio.Connection, name: Word) -> Any:  # noqa: ANN401
    try:
        reply = await connection.read_response()
    except ResponseError as refused:
        return refused
    read = client.response_callbacks.get(str(name))
    return reply if read is None else read(reply)


class SyncTransport:
    """The same for threads without an event loop: every step is a round trip of its own."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def run(self, operation: Operation[T]) -> T:
        try:
            step = next(operation)
            while True:
                step = operation.send(step.do() if isinstance(step, Work) else self._round_trip(step))
        except StopIteration as finished:
            result: T = finished.value
            return result

    def _round_trip(self, commands: Sequence[Command]) -> list[Any]:
        try:
            replies = self._pipeline([command.by_digest() for command in commands])
            for at in _unknown_scripts(replies):
                (replies[at],) = self._pipeline([commands[at].in_full()])
        except Exception as error:
            raise _translated(error) from error
        for reply in replies:
            if isinstance(reply, ResponseError):
                raise _translated(reply) from reply
        return replies

    def _pipeline(self, commands: Sequence[tuple[Word, ...]]) -> list[Any]:
        with self._client.pipeline(transaction=False) as pipe:
            for words in commands:
                pipe.execute_command(*words)  # type: ignore[no-untyped-call]  # redis leaves it so
            return pipe.execute(raise_on_error=False)


def _unknown_scripts(replies: Sequence[Any]) -> list[int]:
    return [at for at, reply in enumerate(replies) if isinstance(reply, NoScriptError)]


def _settle(reply: asyncio.Future[list[Any]], replies: list[Any]) -> None:
    refused = next((one for one in replies if isinstance(one, ResponseError)), None)
    if refused is not None:
        _fail(reply, refused)
    elif not reply.done():
        reply.set_result(replies)


def _fail(reply: asyncio.Future[list[Any]], error: Exception) -> None:
    if not reply.done():
        reply.set_exception(_translated(error))


def _translated(error: Exception) -> Exception:
    """Our error where Redis is the reason and may recover; a mistake of ours stays what it is."""
    refused = isinstance(error, ResponseError) and str(error).startswith(PASSING_REPLIES)
    if not (refused or isinstance(error, PASSING)):
        return error
    unavailable = StorageUnavailable(f"Redis cannot be used now ({type(error).__name__})")
    unavailable.__cause__ = error
    return unavailable
