"""A process that takes part in a schedule of short slots and records each execution, until it is killed.

python scheduler_replica.py DATABASE_URL SECONDS_PER_SLOT
"""

import asyncio
import os
import sys
from datetime import datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlalchemy import text

from core.clock import SystemClock
from core.database import create_engine
from core.logging import configure_logging
from core.scheduler import Schedule, ScheduleLeader, call_at_slots, replica_name

SCHEDULE = "chaos"


async def take_part(database_url: str, every: timedelta) -> None:
    engine = create_engine(database_url, pool_size=1)

    async def work(slot: datetime) -> None:
        async with engine.begin() as connection:
            await connection.execute(
                text("INSERT INTO executions (slot, pid) VALUES (:slot, :pid)"),
                {"slot": slot, "pid": os.getpid()},
            )

    replica = ScheduleLeader(
        engine,
        [Schedule(SCHEDULE, every, work)],
        SystemClock(),
        name=replica_name(),
        campaign_seconds=every.total_seconds() / 5,
    )
    scheduler = AsyncIOScheduler(timezone="UTC")
    call_at_slots(scheduler, SCHEDULE, replica.wake, every=every)
    scheduler.start()
    await replica.run()


if __name__ == "__main__":
    configure_logging("ERROR", "console")
    asyncio.run(take_part(sys.argv[1], timedelta(seconds=float(sys.argv[2]))))
