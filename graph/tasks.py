"""The long-lived parts of the service besides HTTP: working the queue off, and the schedule."""

import asyncio
import random
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from core.clients.limits import LIMITS, Limits, parse_limits
from core.clients.webhook import WebhookSender
from core.config import Settings
from core.database.addressees import keep_addresses
from core.database.retention import DAILY, RETENTION, prune_all, retention_rules
from core.database.session import open_session
from core.errors import StorageUnavailable
from core.fleet import Fleet, process_name
from core.notifications.addresses import Address, addresses
from core.queue_worker import QueueWorker
from core.scheduler import (
    WEATHER_UPDATE,
    Schedule,
    ScheduleLeader,
    replica_name,
    schedule_weather_updates,
    shutdown_scheduler,
)
from graph.build import build_graph
from graph.delivery import Deliveries
from graph.dependencies import Infrastructure, open_infrastructure
from graph.execution import Execution
from graph.reconciliation import keep_reconciled
from graph.refresh import RefreshPlan, run_weather_update
from graph.work_limits import work_limits

log = structlog.get_logger(__name__)

ANNOUNCE_SECONDS = 2.0


async def work(settings: Settings, stop: asyncio.Event) -> None:
    """Carry out runs until `stop` is set, then finish those in hand within the grace period or hand them back."""
    async with (
        open_infrastructure(settings, fenced=True) as opened,
        Fleet(opened.counters, process_name("worker")).published(),
    ):
        graph = build_graph(opened.dependencies, opened.saver)
        execution = Execution(opened.engine, graph, opened.saver, opened.dependencies.clock)
        sender = WebhookSender(opened.dependencies.clock, allow_private=settings.webhook_allow_private)
        told = addresses(settings.notification_urls, settings.technician_notification_urls)
        deliveries = Deliveries(opened.engine, sender, opened.dependencies.clock, addresses=told)
        worker = QueueWorker(
            opened.engine,
            execution.execute,
            deliver=deliveries.deliver,
            refresh=partial(_asked_for, opened),
            concurrency=settings.worker_concurrency,
            heartbeat_interval=settings.heartbeat_interval_seconds,
        )
        running = asyncio.create_task(worker.run(), name="queue-worker")
        announcing = asyncio.create_task(_announce(opened.engine, told), name="addresses")
        reconciling = asyncio.create_task(keep_reconciled(opened.engine), name="reconciliation")
        log.info("graph.worker.started", concurrency=settings.worker_concurrency)
        await asyncio.wait({running, asyncio.create_task(stop.wait())}, return_when=asyncio.FIRST_COMPLETED)
        reconciling.cancel()
        announcing.cancel()
        worker.stop()
        _, unfinished = await asyncio.wait({running}, timeout=settings.shutdown_grace_seconds)
        handed_back = worker.hand_back() if unfinished else 0
        await asyncio.gather(running, reconciling, announcing, return_exceptions=True)
        log.info("graph.worker.stopped", handed_back=handed_back)


async def _announce(engine: AsyncEngine, told: Mapping[str, Address]) -> None:
    """Have the outbox filled for the addresses of the settings, as soon as PostgreSQL is there."""
    while True:
        with suppress(StorageUnavailable):
            async with open_session(engine) as session:
                return await keep_addresses(session, told)
        await asyncio.sleep(ANNOUNCE_SECONDS)


async def keep_schedule(settings: Settings, stop: asyncio.Event) -> None:
    """Take part in the schedule until `stop` is set; the replica that leads refreshes weather and prunes."""
    every = timedelta(minutes=settings.weather_refresh_minutes)
    jitter = min(settings.weather_jitter_seconds, every.total_seconds() / 2)
    rules = retention_rules(event_days=settings.event_retention_days)
    async with (
        open_infrastructure(settings) as opened,
        Fleet(opened.counters, process_name("scheduler")).published(),
    ):

        async def update_weather(_: datetime) -> None:
            await asyncio.sleep(random.uniform(0.0, jitter))  # noqa: S311  not every service asks on the half hour
            await update_all_weather(opened)

        leader = ScheduleLeader(
            opened.engine,
            [
                Schedule(WEATHER_UPDATE, every, update_weather),
                Schedule(RETENTION, DAILY, partial(prune_all, opened.engine, rules=rules)),
            ],
            opened.dependencies.clock,
            name=replica_name(),
        )
        scheduler = schedule_weather_updates(leader.wake, minutes=settings.weather_refresh_minutes)
        running = asyncio.create_task(leader.run(), name="schedule-leader")
        try:
            await asyncio.wait(
                {running, asyncio.create_task(stop.wait())}, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            shutdown_scheduler(scheduler)
            leader.stop()
            await running


async def update_all_weather(opened: Infrastructure) -> None:
    """Look at the weather of all active jobs, as the settings have it."""
    await run_weather_update(
        opened.engine,
        opened.forecasts,
        opened.dependencies.clock,
        refresh_plan(opened.settings),
        opened.authority,
        opened.dependencies.climates,
    )


def refresh_plan(settings: Settings) -> RefreshPlan:
    """A cell of the first provider weighs one call."""
    limits = {**LIMITS, **parse_limits(settings.provider_budgets)}
    first = settings.weather_providers[0] if settings.weather_providers else ""
    return RefreshPlan(
        life=timedelta(minutes=settings.weather_life_minutes),
        spread=timedelta(minutes=settings.weather_refresh_minutes) / 10,
        calls_per_day=limits.get(first, Limits()).day,
        thresholds=work_limits(settings),
    )


async def _asked_for(opened: Infrastructure, _: UUID) -> None:
    await update_all_weather(opened)
