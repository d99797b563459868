import asyncio
import threading
from collections.abc import AsyncIterator, Generator, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError, OutOfMemoryError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from core.checkpoint.scripts import Script
from core.checkpoint.transport import LARGE, AsyncTransport, Command, Exchange, Operation, Work
from core.errors import StorageUnavailable

Trip = list[tuple[Any, ...]]


class FakeRedis:
    """Answers each command with its last word, and remembers what came in each trip."""

    def __init__(self) -> None:
        self.trips: list[Trip] = []
        self.scripts: set[str] = set()
        self.failure: Exception | None = None
        self.replies: dict[Any, Exception] = {}
        self.open = asyncio.Event()
        self.open.set()
        self.under_way = asyncio.Event()
        self.handed_out = 0
        self.handing_back = asyncio.Event()
        self.taken_back = asyncio.Event()
        self.taken_back.set()

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Exchange]:
        self.handed_out += 1
        yield self.answer
        self.handing_back.set()
        await self.taken_back.wait()

    async def answer(self, words: Sequence[tuple[Any, ...]]) -> list[Any]:
        trip = list(words)
        self.trips.append(trip)
        self.under_way.set()
        await self.open.wait()
        if self.failure is not None:
            raise self.failure
        return [self._reply(words) for words in trip]

    def _reply(self, words: tuple[Any, ...]) -> object:
        if words[0] == "EVAL":
            self.scripts.add(Script(words[1]).sha)
        if words[0] == "EVALSHA" and words[1] not in self.scripts:
            return NoScriptError("NOSCRIPT")
        return self.replies.get(words[-1], words[-1])


@pytest.fixture
def server() -> FakeRedis:
    return FakeRedis()


@pytest.fixture
def transport(server: FakeRedis) -> AsyncTransport:
    return AsyncTransport(server.connected)


def echo(*words: str) -> Operation[list[str]]:
    replies = yield [Command(("ECHO", word)) for word in words]
    return cast("list[str]", replies)


async def test_the_patient_goes_with_whoever_comes_next(transport: AsyncTransport, server: FakeRedis) -> None:
    patient = asyncio.create_task(transport.run(echo("patient"), patient=True))
    await asyncio.sleep(0)
    assert await transport.run(echo("urgent")) == ["urgent"]
    assert await patient == ["patient"]
    assert server.trips == [[("ECHO", "patient"), ("ECHO", "urgent")]]


async def test_the_patient_goes_alone_where_nobody_comes(
    transport: AsyncTransport, server: FakeRedis
) -> None:
    replies = await asyncio.gather(*(transport.run(echo(f"{n}"), patient=True) for n in range(3)))
    assert replies == [["0"], ["1"], ["2"]]
    assert len(server.trips) == 1


async def test_the_patient_does_not_join_a_trip_that_has_begun(
    transport: AsyncTransport, server: FakeRedis
) -> None:
    server.open.clear()
    urgent = asyncio.create_task(transport.run(echo("urgent")))
    await server.under_way.wait()
    patient = asyncio.create_task(transport.run(echo("patient"), patient=True))
    server.open.set()
    assert await urgent == ["urgent"]
    assert await patient == ["patient"]
    assert len(server.trips) == 2


async def test_a_failed_trip_fails_the_patient_too(transport: AsyncTransport, server: FakeRedis) -> None:
    server.failure = RedisConnectionError("gone")
    patient = asyncio.create_task(transport.run(echo("patient"), patient=True))
    await asyncio.sleep(0)
    with pytest.raises(StorageUnavailable):
        await transport.run(echo("urgent"))
    with pytest.raises(StorageUnavailable):
        await patient


async def test_the_patient_goes_after_a_failed_trip_that_others_had_asked_for(
    transport: AsyncTransport, server: FakeRedis
) -> None:
    server.failure = RedisConnectionError("gone")
    server.open.clear()
    first = asyncio.create_task(transport.run(echo("first")))
    await server.under_way.wait()
    second = asyncio.create_task(transport.run(echo("second")))
    await asyncio.sleep(0)
    server.open.set()
    for failed in (first, second):
        with pytest.raises(StorageUnavailable):
            await failed
    server.failure = None
    async with asyncio.timeout(5):
        assert await transport.run(echo("patient"), patient=True) == ["patient"]


async def test_what_is_asked_for_in_one_tick_shares_one_trip(
    transport: AsyncTransport, server: FakeRedis
) -> None:
    replies = await asyncio.gather(*(transport.run(echo(f"{n}", f"{n}+")) for n in range(50)))

    assert replies == [[f"{n}", f"{n}+"] for n in range(50)]
    assert len(server.trips) == 1


async def test_trips_on_end_share_a_connection(transport: AsyncTransport, server: FakeRedis) -> None:
    server.open.clear()
    first = asyncio.create_task(transport.run(echo("first")))
    await server.under_way.wait()
    second = asyncio.create_task(transport.run(echo("second")))
    await asyncio.sleep(0)
    server.open.set()

    assert list(await asyncio.gather(first, second)) == [["first"], ["second"]]
    assert (len(server.trips), server.handed_out) == (2, 1)


async def test_what_is_asked_for_while_a_connection_is_given_back_is_sent_over_the_next(
    transport: AsyncTransport, server: FakeRedis
) -> None:
    server.taken_back.clear()
    await transport.run(echo("first"))
    await server.handing_back.wait()
    second = asyncio.create_task(transport.run(echo("second")))
    await asyncio.sleep(0)
    server.taken_back.set()

    assert await second == ["second"]
    assert server.handed_out == 2


async def test_what_is_asked_for_while_a_trip_is_under_way_shares_the_next_one_in_order(
    transport: AsyncTransport, server: FakeRedis
) -> None:
    server.open.clear()
    first = asyncio.create_task(transport.run(echo("first")))
    await server.under_way.wait()
    others = [asyncio.create_task(transport.run(echo(f"{n}"))) for n in range(5)]
    await asyncio.sleep(0)
    server.open.set()
    await asyncio.gather(first, *others)

    assert [[words[-1] for words in trip] for trip in server.trips] == [["first"], ["0", "1", "2", "3", "4"]]


@pytest.mark.parametrize(
    "failure", [RedisConnectionError("refused"), RedisTimeoutError("slow"), OSError("gone")]
)
async def test_when_redis_is_gone_everyone_hears_of_it_at_once(
    transport: AsyncTransport, server: FakeRedis, failure: Exception
) -> None:
    server.failure = failure
    server.open.clear()
    waiting = [asyncio.create_task(transport.run(echo("under way")))]
    await server.under_way.wait()
    waiting += [asyncio.create_task(transport.run(echo(f"{n}"))) for n in range(3)]
    await asyncio.sleep(0)
    server.open.set()
    results = await asyncio.gather(*waiting, return_exceptions=True)

    assert [type(result) for result in results] == [StorageUnavailable] * 4
    assert len({id(result) for result in results}) == 4
    assert len(server.trips) == 1


async def test_after_a_failure_the_next_trip_is_tried(transport: AsyncTransport, server: FakeRedis) -> None:
    server.failure = RedisConnectionError("refused")
    with pytest.raises(StorageUnavailable):
        await transport.run(echo("lost"))
    server.failure = None

    assert await transport.run(echo("found")) == ["found"]


async def test_a_refused_command_fails_only_its_own_operation(
    transport: AsyncTransport, server: FakeRedis
) -> None:
    server.replies = {"full": OutOfMemoryError("OOM"), "wrong": ResponseError("WRONGTYPE")}
    full, wrong, fine = await asyncio.gather(
        *(transport.run(echo("a", word)) for word in ("full", "wrong", "fine")), return_exceptions=True
    )

    assert isinstance(full, StorageUnavailable)
    assert type(wrong) is ResponseError
    assert fine == ["a", "fine"]


async def test_a_script_redis_does_not_know_is_sent_in_full_once(
    transport: AsyncTransport, server: FakeRedis
) -> None:
    script = Script("return ARGV[1]")

    def call(word: str) -> Operation[object]:
        (reply,) = yield [Command((1, "key", word), script)]
        return reply

    assert await asyncio.gather(*(transport.run(call(f"{n}")) for n in range(3))) == ["0", "1", "2"]
    assert await transport.run(call("again")) == "again"
    assert [[words[0] for words in trip] for trip in server.trips] == [
        ["EVALSHA"] * 3,
        ["EVAL"] * 3,
        ["EVALSHA"],
    ]


async def test_a_caller_that_is_cancelled_does_not_disturb_the_others(
    transport: AsyncTransport, server: FakeRedis
) -> None:
    server.open.clear()
    impatient, patient = (asyncio.create_task(transport.run(echo(word))) for word in ("rash", "patient"))
    await server.under_way.wait()
    impatient.cancel()
    server.open.set()

    assert await patient == ["patient"]
    assert impatient.cancelled()


@pytest.mark.parametrize(("size", "on_the_loop"), [(LARGE, True), (LARGE + 1, False)])
async def test_large_work_leaves_the_event_loop(
    transport: AsyncTransport, size: int, on_the_loop: bool
) -> None:
    def working() -> Generator[Sequence[Command] | Work, Any, int]:
        thread: int = yield Work(size, threading.get_ident)
        return thread

    assert (await transport.run(working()) == threading.get_ident()) is on_the_loop
