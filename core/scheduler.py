"""The schedule: when a slot is due, who of several replicas executes it, and that it is executed once.

APScheduler runs in every replica and wakes it at each slot. Slots are aligned to the wall clock, so replicas agree
on them. Whoever holds the lock of `core.database.leadership` leads and executes; the row of a slot keeps it
from being executed again. Slots missed while nobody led are made up for by the newest of them.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy.ext.asyncio import AsyncEngine

from core.clock import Clock
from core.database.errors import LOST
from core.database.leadership import LeaderConnection, leader_connection

log = structlog.get_logger(__name__)

WEATHER_UPDATE = "weather-update"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
BEAT_SECONDS = 1.0
CAMPAIGN_SECONDS = 1.0
"""How often a replica that does not lead asks whether it may: how late a leader's death is noticed."""


def slot_before(now: datetime, every: timedelta) -> datetime:
    """The newest slot up to `now`: a whole number of intervals since 1970 in UTC, so 30 minutes are :00 and :30."""
    return EPOCH + (now - EPOCH) // every * every


def schedule_weather_updates(update: Callable[[], Awaitable[object]], *, minutes: int) -> AsyncIOScheduler:
    """Start a scheduler that awaits `update` at every slot of `minutes`: one at a time, missed ones as one."""
    scheduler = AsyncIOScheduler(timezone="UTC")
    call_at_slots(scheduler, WEATHER_UPDATE, update, every=timedelta(minutes=minutes))
    scheduler.start()
    return scheduler


def call_at_slots(
    scheduler: AsyncIOScheduler, name: str, call: Callable[[], Awaitable[object]], *, every: timedelta
) -> None:
    """Add a job that awaits `call` at every slot, however late: one at a time, missed ones as one."""
    scheduler.add_job(
        call,
        IntervalTrigger(seconds=every.total_seconds(), start_date=EPOCH, timezone="UTC"),
        id=name,
        coalesce=True,
        max_instances=1,
        misfire_grace_time=None,
    )


def shutdown_scheduler(scheduler: AsyncIOScheduler) -> None:
    """Stop the scheduler; an update under way is cancelled."""
    if scheduler.running:
        scheduler.shutdown(wait=False)


def replica_name() -> str:
    """What operators see of this process; PostgreSQL shows 63 characters."""
    return f"solarsync-scheduler {os.getpid()}@{socket.gethostname()}"[:63]


@dataclass(frozen=True, slots=True)
class Schedule:
    """Work for every slot. It must bear repetition: where a leader dies in it, its successor starts it again."""

    name: str
    every: timedelta
    work: Callable[[datetime], Awaitable[object]]
    patience: timedelta = timedelta(minutes=15)
    """Work that takes longer is cancelled and its slot counts as failed."""


class ScheduleLeader:
    """A replica: campaigns until it leads, then executes due slots, one after the other, until it loses or stops."""

    def __init__(
        self,
        engine: AsyncEngine,
        schedules: Sequence[Schedule],
        clock: Clock,
        *,
        name: str,
        campaign_seconds: float = CAMPAIGN_SECONDS,
    ) -> None:
        self._engine = engine
        self._schedules = schedules
        self._clock = clock
        self._name = name
        self._campaign_seconds = campaign_seconds
        self._stopping = asyncio.Event()
        self._woken = asyncio.Event()
        self._executed: dict[str, datetime] = {}

    async def wake(self) -> None:
        """A slot is due: look at once. A coroutine, since APScheduler calls others in a thread."""
        self._woken.set()

    def stop(self) -> None:
        """Lead no longer; a slot in hand is cancelled and left to the next leader."""
        self._stopping.set()
        self._woken.set()

    async def run(self) -> None:
        while not self._stopping.is_set():
            try:
                async with leader_connection(self._engine, self._name, self._woken.set) as connection:
                    if await self._win(connection):
                        log.info("core.scheduler.leading", name=self._name)
                        await self._lead(connection)
            except LOST as error:
                log.warning(
                    "core.scheduler.connection_lost",
                    name=self._name,
                    error=type(error).__name__,
                    detail=str(error),
                )
            await _until(self._stopping, self._campaign_seconds)

    async def _win(self, connection: LeaderConnection) -> bool:
        while not self._stopping.is_set():
            if await connection.elect():
                return True
            await _until(self._stopping, self._campaign_seconds)
        return False

    async def _lead(self, connection: LeaderConnection) -> None:
        for schedule in self._schedules:
            await connection.open(schedule.name, slot_before(self._clock.now(), schedule.every))
        while not self._stopping.is_set():
            await connection.beat()
            for schedule in self._schedules:
                await self._keep_up(connection, schedule)
            await self._rest()

    async def _keep_up(self, connection: LeaderConnection, schedule: Schedule) -> None:
        """Execute the newest slot unless it was; earlier ones that were missed are not made up for."""
        now = self._clock.now()
        slot = slot_before(now, schedule.every)
        if slot == self._executed.get(schedule.name):
            return
        if await connection.take(schedule.name, slot, now):
            work = asyncio.create_task(_carry_out(schedule, slot), name=schedule.name)
            work.add_done_callback(lambda _: self._woken.set())
            try:
                while not work.done() and not self._stopping.is_set():
                    await self._rest()
                    await connection.beat()  # raises where the lock is lost, and the work with it
            finally:
                work.cancel()
                await asyncio.wait({work})
            if work.cancelled():
                await connection.give_up()
                return
            await connection.finish(schedule.name, slot, work.result())
        self._executed[schedule.name] = slot

    async def _rest(self) -> None:
        """Wait for the next beat, or for a reason to look earlier."""
        await _until(self._woken, BEAT_SECONDS)
        self._woken.clear()


async def _carry_out(schedule: Schedule, slot: datetime) -> str | None:
    """What went wrong, if anything did: the schedule goes on with its next slot."""
    try:
        async with asyncio.timeout(schedule.patience.total_seconds()):
            await schedule.work(slot)
    except Exception as error:
        log.exception("core.scheduler.slot_failed", schedule=schedule.name, fire_time=slot.isoformat())
        return type(error).__name__
    log.info("core.scheduler.slot_executed", schedule=schedule.name, fire_time=slot.isoformat())
    return None


async def _until(event: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
