"""One of several replicas leads, and every slot is executed once whatever happens to it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from core.clock import Clock, FixedClock
from core.database.leadership import KEPT, current_leader, leader_connection
from core.database.service_tables import ScheduleTickRow
from core.database.session import AsyncSessionLocal
from core.scheduler import Schedule, ScheduleLeader

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
Work = Callable[[datetime], Awaitable[object]]


async def _leader(engine: AsyncEngine) -> str | None:
    async with AsyncSessionLocal(bind=engine) as session:
        return await current_leader(session)


async def _ticks(engine: AsyncEngine) -> list[ScheduleTickRow]:
    """The slots that were executed, the oldest first."""
    async with AsyncSessionLocal(bind=engine) as session:
        query = select(ScheduleTickRow).where(ScheduleTickRow.started_at.is_not(None))
        return list(await session.scalars(query.order_by(ScheduleTickRow.fire_time)))


async def _disconnect(engine: AsyncEngine, name: str) -> None:
    """End a replica's session from the server's side, as an operator or a failing network would."""
    async with engine.connect() as connection:
        await connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = :name"),
            {"name": name},
        )


async def _until(condition: Callable[[], Awaitable[bool]], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while True:
            if await condition():
                return
            await asyncio.sleep(0.01)


async def _until_ticks(engine: AsyncEngine, count: int) -> None:
    async def reached() -> bool:
        return len(await _ticks(engine)) >= count

    await _until(reached)


async def _until_opened(engine: AsyncEngine) -> None:
    async def opened() -> bool:
        async with AsyncSessionLocal(bind=engine) as session:
            return bool(await session.scalar(select(ScheduleTickRow.schedule)))

    await _until(opened)


async def _opened(engine: AsyncEngine) -> None:
    """A schedule that began before noon, so that noon is due."""
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        session.add(ScheduleTickRow(schedule="test", fire_time=NOON - MINUTE, leader="nobody"))


class Slots:
    """Work that remembers its slots, those begun and those ended, and can be made to last or to fail."""

    def __init__(self) -> None:
        self.begun: list[datetime] = []
        self.ended: list[datetime] = []
        self.hold: asyncio.Event | None = None
        self.error: Exception | None = None

    async def work(self, slot: datetime) -> None:
        self.begun.append(slot)
        if self.error is not None:
            raise self.error
        if self.hold is not None:
            await self.hold.wait()
        self.ended.append(slot)

    async def have_ended(self, count: int) -> None:
        async def reached() -> bool:
            return len(self.ended) >= count

        await _until(reached)


class Replicas:
    """Leaders in this process, each as if it were alone."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._tasks: dict[str, tuple[ScheduleLeader, asyncio.Task[None]]] = {}

    def start(self, name: str, work: Work, *, every: timedelta = MINUTE, clock: Clock) -> ScheduleLeader:
        leader = ScheduleLeader(
            self._engine, [Schedule("test", every, work)], clock, name=name, campaign_seconds=0.05
        )
        self._tasks[name] = leader, asyncio.create_task(leader.run(), name=name)
        return leader

    async def leads(self, name: str) -> None:
        async def leading() -> bool:
            return await _leader(self._engine) == name

        await _until(leading)

    async def stop(self, name: str) -> None:
        leader, task = self._tasks.pop(name)
        leader.stop()
        async with asyncio.timeout(10):
            await task

    async def stop_all(self) -> None:
        for name in list(self._tasks):
            await self.stop(name)


@pytest.fixture
async def replicas(engine: AsyncEngine) -> AsyncIterator[Replicas]:
    replicas = Replicas(engine)
    yield replicas
    await replicas.stop_all()


@pytest.fixture
def slots() -> Slots:
    return Slots()


async def test_four_replicas_execute_every_slot_once_although_leaders_go(
    engine: AsyncEngine, replicas: Replicas, slots: Slots
) -> None:
    await _opened(engine)
    clock = FixedClock(NOON)
    four = [replicas.start(name, slots.work, clock=clock) for name in ("a", "b", "c", "d")]
    deposed = []
    for tick in range(12):
        clock.move_to(NOON + tick * MINUTE)
        for replica in four:
            await replica.wake()
        await _until_ticks(engine, tick + 1)
        if tick in {3, 7}:
            deposed.append(await _leader(engine))
            await _disconnect(engine, str(deposed[-1]))
    ticks = await _ticks(engine)
    assert slots.begun == slots.ended == [tick.fire_time for tick in ticks]
    assert slots.ended == [NOON + n * MINUTE for n in range(12)]
    assert [ticks[3].leader, ticks[7].leader] == deposed


async def test_the_newest_of_missed_slots_is_executed_once(
    engine: AsyncEngine, replicas: Replicas, slots: Slots
) -> None:
    clock = FixedClock(NOON + timedelta(seconds=17))
    replicas.start("first", slots.work, clock=clock)
    await replicas.leads("first")
    await _until_opened(engine)
    await replicas.stop("first")
    assert slots.begun == []  # nothing is missed before a schedule begins
    clock.move_to(NOON + 5 * MINUTE + timedelta(seconds=1))
    replicas.start("second", slots.work, clock=clock)
    await slots.have_ended(1)
    await replicas.stop("second")
    replicas.start("third", slots.work, clock=clock)
    await replicas.leads("third")
    clock.move_to(NOON + 6 * MINUTE)
    await slots.have_ended(2)
    assert slots.begun == [NOON + 5 * MINUTE, NOON + 6 * MINUTE]


async def test_a_leader_without_its_connection_stops_at_once_and_its_slot_is_done_again(
    engine: AsyncEngine, replicas: Replicas
) -> None:
    await _opened(engine)
    first, second = Slots(), Slots()
    first.hold = asyncio.Event()
    stopped = asyncio.Event()

    async def work(slot: datetime) -> None:
        try:
            await first.work(slot)
        finally:
            stopped.set()

    replicas.start("first", work, clock=FixedClock(NOON))

    async def begun() -> bool:
        return bool(first.begun)

    await _until(begun)
    assert await _ticks(engine) == []  # a slot counts when its work is done
    replicas.start("second", second.work, clock=FixedClock(NOON))
    await _disconnect(engine, "first")
    await asyncio.wait_for(stopped.wait(), 5)
    first.hold.set()
    await _until_ticks(engine, 1)
    assert first.ended + second.ended == [NOON]


async def test_work_in_hand_is_left_to_the_next_leader_when_a_replica_is_stopped(
    engine: AsyncEngine, replicas: Replicas, slots: Slots
) -> None:
    await _opened(engine)
    slots.hold = asyncio.Event()
    replicas.start("first", slots.work, clock=FixedClock(NOON))

    async def begun() -> bool:
        return bool(slots.begun)

    await _until(begun)
    await replicas.stop("first")
    assert await _ticks(engine) == []
    slots.hold.set()
    replicas.start("second", slots.work, clock=FixedClock(NOON))
    await slots.have_ended(1)
    await _until_ticks(engine, 1)
    assert slots.begun == [NOON, NOON]
    assert slots.ended == [NOON]


async def test_work_that_fails_is_recorded_and_the_next_slot_is_executed(
    engine: AsyncEngine, replicas: Replicas, slots: Slots
) -> None:
    await _opened(engine)
    slots.error = RuntimeError("no")
    clock = FixedClock(NOON)
    replica = replicas.start("only", slots.work, clock=clock)
    await _until_ticks(engine, 1)
    slots.error = None
    clock.move_to(NOON + MINUTE)
    await replica.wake()
    await _until_ticks(engine, 2)
    assert [tick.error for tick in await _ticks(engine)] == ["RuntimeError", None]


async def test_two_connections_cannot_both_lead_nor_execute_a_slot_twice(engine: AsyncEngine) -> None:
    async with contextlib.AsyncExitStack() as stack:
        one = await stack.enter_async_context(leader_connection(engine, "one", lambda: None))
        two = await stack.enter_async_context(leader_connection(engine, "two", lambda: None))
        assert [await one.elect(), await two.elect()] == [True, False]
        # Although the second does not lead: the row alone must hold.
        assert await one.take("test", NOON, NOON)
        contender = asyncio.create_task(two.take("test", NOON, NOON))
        await asyncio.wait({contender}, timeout=0.2)
        assert not contender.done()
        await one.finish("test", NOON, None)
        assert not await contender
    assert [tick.leader for tick in await _ticks(engine)] == ["one"]


async def test_a_slot_between_those_executed_under_another_interval_is_not_due(engine: AsyncEngine) -> None:
    now = NOON + timedelta(minutes=45)
    async with leader_connection(engine, "one", lambda: None) as connection:
        assert await connection.take("test", NOON + timedelta(minutes=40), now)
        await connection.finish("test", NOON + timedelta(minutes=40), None)
        assert not await connection.take("test", NOON + timedelta(minutes=30), now)


async def test_a_slot_that_a_wrong_clock_executed_in_the_future_holds_up_nothing(engine: AsyncEngine) -> None:
    async with leader_connection(engine, "one", lambda: None) as connection:
        assert await connection.take("test", NOON + timedelta(days=365), NOON + timedelta(days=365))
        await connection.finish("test", NOON + timedelta(days=365), None)
        assert await connection.take("test", NOON, NOON)
        await connection.give_up()


async def test_old_slots_are_pruned(engine: AsyncEngine) -> None:
    old, late = NOON - KEPT - MINUTE, NOON - KEPT
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        for schedule, fire_time in (("test", old), ("test", late), ("other", old)):
            session.add(
                ScheduleTickRow(schedule=schedule, fire_time=fire_time, leader="-", started_at=fire_time)
            )
    async with leader_connection(engine, "one", lambda: None) as connection:
        assert await connection.take("test", NOON, NOON)
        await connection.finish("test", NOON, None)
    assert [(t.schedule, t.fire_time) for t in await _ticks(engine)] == [
        ("other", old),
        ("test", late),
        ("test", NOON),
    ]


async def test_a_leader_that_says_nothing_for_its_lease_is_deposed(engine: AsyncEngine) -> None:
    lost = asyncio.Event()
    async with leader_connection(engine, "frozen", lost.set, lease=timedelta(seconds=0.3)) as frozen:
        assert await frozen.elect()
        assert await frozen.take("test", NOON, NOON)
        async with leader_connection(engine, "next", lambda: None) as successor:
            await _until(successor.elect)
            assert await successor.take("test", NOON, NOON)
            await successor.give_up()
        await asyncio.wait_for(lost.wait(), 5)
        with pytest.raises(asyncpg.InterfaceError):
            await frozen.finish("test", NOON, None)
    assert await _ticks(engine) == []


async def test_a_leader_prepares_nothing_while_it_leads(engine: AsyncEngine) -> None:
    """Frozen between a preparation and its statement it would be busy for PostgreSQL, and lead for ever."""
    prepared = "SELECT statement FROM pg_prepared_statements WHERE prepare_time >= $1"
    async with leader_connection(engine, "one", lambda: None) as leader:
        session = leader._connection
        assert await leader.elect()
        since = await session.fetchval("SELECT clock_timestamp()")
        await leader.open("test", NOON - MINUTE)
        await leader.beat()
        assert await leader.take("test", NOON, NOON)
        await leader.finish("test", NOON, None)
        found = [row["statement"] for row in await session.fetch(prepared, since)]
    assert found == [prepared]
