"""APScheduler: when the weather of active jobs is looked at again. What is done then is handed in."""

from collections.abc import Awaitable, Callable

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

WEATHER_UPDATE = "weather-update"


def schedule_weather_updates(update: Callable[[], Awaitable[object]], *, minutes: int) -> AsyncIOScheduler:
    """Start a scheduler that awaits `update` every `minutes`: one at a time, missed ones as one."""
    scheduler = AsyncIOScheduler(timezone="UTC")
    scheduler.add_job(
        update,
        IntervalTrigger(minutes=minutes, timezone="UTC"),
        id=WEATHER_UPDATE,
        coalesce=True,
        max_instances=1,
        misfire_grace_time=minutes * 60,
    )
    scheduler.start()
    return scheduler


def shutdown_scheduler(scheduler: AsyncIOScheduler) -> None:
    """Stop the scheduler; an update under way is left to finish."""
    if scheduler.running:
        scheduler.shutdown(wait=False)
