"""What is to be done and what the queue knows of it, brought into agreement; and nobody keeps what others wait for.

Run and queue row are written in one transaction, so nothing should ever be found here. It is, when somebody
emptied the queue by hand, or restored it from elsewhere, or a worker ended in a way that nobody thought of, or froze.
"""

import asyncio
import random

import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from core.clock import SystemClock
from core.database.frozen import end_frozen_sessions
from core.database.outbox import Outbox
from core.database.session import open_session
from core.errors import StorageUnavailable
from core.queue import enqueue_run, forgotten_runs

log = structlog.get_logger(__name__)

EVERY_SECONDS = 20.0
PAGE = 500
LOCK = 0x534F4C4153  # one worker at a time looks; the others need not


async def free_frozen_sessions(engine: AsyncEngine) -> None:
    """End the sessions of processes frozen in mid-statement."""
    if ended := await end_frozen_sessions(engine):
        log.warning("graph.reconciliation.ended_frozen", sessions=ended)


async def requeue_forgotten_runs(engine: AsyncEngine) -> int:
    """Queue every active run that has no row in the queue; returns how many there were."""
    async with open_session(engine) as session:
        if not await session.scalar(select(func.pg_try_advisory_xact_lock(LOCK))):
            return 0
        forgotten = await forgotten_runs(session, at_most=PAGE)
        for run_id, priority in forgotten:
            await enqueue_run(session, run_id, priority)
    if forgotten:
        log.warning("graph.reconciliation.requeued", runs=len(forgotten))
    return len(forgotten)


async def requeue_lost_deliveries(engine: AsyncEngine) -> int:
    """Queue every message to a webhook that is long overdue; returns how many there were."""
    async with open_session(engine) as session:
        lost = await Outbox(session).queue_lost(SystemClock().now(), at_most=PAGE)
    if lost:
        log.warning("graph.reconciliation.requeued", deliveries=lost)
    return lost


async def keep_reconciled(engine: AsyncEngine, *, every: float = EVERY_SECONDS) -> None:
    """Look now and then, for as long as it runs; a database that is away is asked again later."""
    while True:
        try:
            await free_frozen_sessions(engine)  # first: whoever is frozen may hold what the others need
            await requeue_forgotten_runs(engine)
            await requeue_lost_deliveries(engine)
        except StorageUnavailable:
            log.warning("graph.reconciliation.postponed")
        except Exception:
            log.exception("graph.reconciliation.failed")
        await asyncio.sleep(every * random.uniform(0.7, 1.3))  # noqa: S311  spreads the workers out
