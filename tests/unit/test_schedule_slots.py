"""When a slot is due, by the clock alone."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from hypothesis import given
from hypothesis import strategies as st

from core.clock import FixedClock
from core.ids import new_id
from core.scheduler import call_at_slots, replica_name, slot_before
from graph.refresh import start_within

HALF_HOUR = timedelta(minutes=30)
INSTANTS = st.integers(0, 4 * 10**9).map(lambda second: datetime.fromtimestamp(second, UTC))
INTERVALS = st.timedeltas(timedelta(milliseconds=1), timedelta(days=1))


def _at(time: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-02T{time}+00:00")


@pytest.mark.parametrize(
    ("now", "every", "slot"),
    [
        ("12:00:00", HALF_HOUR, "12:00:00"),
        ("12:29:59.999999", HALF_HOUR, "12:00:00"),
        ("12:30:00", HALF_HOUR, "12:30:00"),
        ("12:31:07", timedelta(minutes=1), "12:31:00"),
        ("23:59:59", timedelta(days=1), "00:00:00"),
        ("12:00:00.749", timedelta(seconds=0.5), "12:00:00.500"),
    ],
)
def test_slots_stand_on_the_wall_clock(now: str, every: timedelta, slot: str) -> None:
    assert slot_before(FixedClock(_at(now)).now(), every) == _at(slot)


def test_a_zone_with_half_an_hour_changes_no_slot() -> None:
    nepal = timezone(timedelta(hours=5, minutes=45))
    assert slot_before(_at("12:10:00").astimezone(nepal), HALF_HOUR) == _at("12:00:00")


@given(now=INSTANTS, later=st.timedeltas(timedelta(0), timedelta(days=1)), every=INTERVALS)
def test_replicas_agree_on_every_slot(now: datetime, later: timedelta, every: timedelta) -> None:
    slot = slot_before(now, every)
    assert slot <= now < slot + every
    assert slot_before(slot, every) == slot
    apart = slot_before(now + later, every) - slot
    assert apart >= timedelta(0)
    assert apart % every == timedelta(0)


@given(now=INSTANTS, minutes=st.integers(1, 1440))
def test_the_scheduler_wakes_at_the_slots_that_the_leader_executes(now: datetime, minutes: int) -> None:
    async def nothing() -> None: ...

    scheduler = AsyncIOScheduler(timezone="UTC")
    call_at_slots(scheduler, "slots", nothing, every=timedelta(minutes=minutes))
    (job,) = scheduler.get_jobs()
    due = job.trigger.get_next_fire_time(None, now)
    assert due == slot_before(due, timedelta(minutes=minutes))
    assert now <= due < now + timedelta(minutes=minutes)


@given(spread=st.timedeltas(timedelta(0), timedelta(hours=2)), job_id=st.uuids())
def test_a_refresh_starts_within_its_spread(spread: timedelta, job_id: UUID) -> None:
    assert timedelta(0) <= start_within(spread, job_id) <= spread


def test_refreshes_are_spread_evenly() -> None:
    starts = sorted(start_within(timedelta(minutes=3), new_id()) for _ in range(1000))
    assert starts[100] < timedelta(seconds=36) < starts[300]
    assert starts[700] < timedelta(seconds=144) < starts[900]


def test_a_replica_has_a_name_that_postgres_shows_whole() -> None:
    assert len(replica_name()) <= 63
