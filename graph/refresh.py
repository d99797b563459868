"""Looking at the weather of every active job again."""

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from core.database.models import JobRow, RunStatus
from core.database.session import AsyncSessionLocal
from graph.runner import Runner

log = structlog.get_logger(__name__)

PAGE = 200


async def run_weather_update(engine: AsyncEngine, runner: Runner) -> int:
    """Queue a refresh run for each active job that is neither running nor waiting; returns how many.

    A session of its own, and a transaction per page, so that ten thousand jobs hold no lock for long.
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
                queued += await runner.refresh(session, job)
        if len(jobs) < PAGE:
            log.info("graph.refresh.queued", runs=queued)
            return queued
        after = jobs[-1].id
