"""Holding a request until its job has something to tell, without holding a database connection."""

import asyncio
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.services import Services
from core.database.api_keys import still
from core.database.events import SETTLED_CHANNEL
from core.database.jobs import Jobs
from core.database.models import RunStatus
from core.database.users import Viewer
from core.errors import AuthenticationFailed
from graph.views import job_view
from state.job import Job

UNDER_WAY = {RunStatus.QUEUED, RunStatus.RUNNING}


async def settled(
    session: AsyncSession, services: Services, job_id: UUID, viewer: Viewer, seconds: float
) -> Job:
    """The job once it waits for a person or has ended, or as it is when `seconds` have passed.

    Whoever was locked out meanwhile is told nothing of it: `AuthenticationFailed`.
    """
    notifications = services.notifications
    deadline = asyncio.get_running_loop().time() + seconds
    async with notifications.changes(job_id, SETTLED_CHANNEL) as changed:
        while True:
            changed.clear()
            row = await Jobs(session).shown(job_id, viewer)
            left = deadline - asyncio.get_running_loop().time()
            if row.status not in UNDER_WAY or left <= 0 or notifications.released:
                return job_view(row)
            await session.commit()  # gives a connection back to the pool while nothing happens
            try:
                await asyncio.wait_for(changed.wait(), left)
            except TimeoutError:
                deadline = 0.0
            now = await still(session, viewer, services.clock.now())
            if now is None:
                raise AuthenticationFailed
            viewer = now
