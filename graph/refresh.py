"""Looking at the weather of every active job again."""

from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from core.database.models import JobRow, RunStatus
from core.database.session import AsyncSessionLocal
from graph.runner import Runner

log = structlog.get_logger(__name__)

PAGE = 200


async def run_weather_update(engine: AsyncEngine, runner: Runner, *, spread: timedelta = timedelta(0)) -> int:
    """Queue a refresh run for each active job that is neither running nor waiting; returns how many.

    A session of its own, and a transaction per page, so that ten thousand jobs hold no lock for long. The runs
    start spread over `spread`, each job always at the same place in it.
    """
    queued, after = 0, None
    while True:
        async with AsyncSessionLocal(bind=engine) as session, session.begin():
            query = (
                select(JobRow)
                .where(JobRow.closed_at.is_(None), JobRow.status == RunStatus.SUCCEEDED)
                .order_by(JobRow.id)
                .limit(PAGE)
            )
            jobs = list(await session.scalars(query if after is None else query.where(JobRow.id > after)))
            for job in jobs:
                queued += await runner.refresh(session, job, after=start_within(spread, job.id))
        if len(jobs) < PAGE:
            log.info("graph.refresh.queued", runs=queued)
            return queued
        after = jobs[-1].id


def start_within(spread: timedelta, job_id: UUID) -> timedelta:
    """When in `spread` a job's turn is, in whole milliseconds: by the random end of its id."""
    return timedelta(milliseconds=job_id.int % max(1, spread // timedelta(milliseconds=1)))
