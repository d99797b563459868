"""How the service is doing, for those who answer for it."""

from fastapi import APIRouter
from pydantic import AwareDatetime

from api.deps import ServicesDep, Session
from core.database.jobs import Jobs
from core.database.leadership import current_leader
from core.database.refreshes import Refreshes
from core.queue import queue_depth
from state.base import Model, NonNegative

router = APIRouter(prefix="/system", tags=["system"])


class QueueState(Model):
    waiting: int
    in_hand: int
    later: int
    oldest_seconds: NonNegative


class RefreshState(Model):
    started_at: AwareDatetime
    finished_at: AwareDatetime | None
    counts: dict[str, int]


class Spent(Model):
    """Of a window; `limit` 0 is none."""

    used: NonNegative
    limit: int


class ProviderBudget(Model):
    windows: dict[str, Spent]
    paused_seconds: NonNegative


class SystemState(Model):
    active_jobs: dict[str, int]
    queue: QueueState
    scheduler_leader: str | None
    last_refresh: RefreshState | None
    providers: dict[str, ProviderBudget]


@router.get("/state")
async def system_state(session: Session, services: ServicesDep) -> SystemState:
    """Show active jobs, the queue, who leads the schedule, the last refresh and the providers' budgets."""
    depth, latest = await queue_depth(session), await Refreshes(session).latest()
    now = services.clock.now()
    providers = {
        name: ProviderBudget(
            windows={
                window: Spent(used=usage.used, limit=usage.limit)
                for window, usage in (await services.budget.usage(name, now)).items()
            },
            paused_seconds=await services.budget.paused(name),
        )
        for name in services.providers
    }
    return SystemState(
        active_jobs=await Jobs(session).open_by_status(),
        queue=QueueState(
            waiting=depth.waiting,
            in_hand=depth.in_hand,
            later=depth.later,
            oldest_seconds=depth.oldest_seconds,
        ),
        scheduler_leader=await current_leader(session),
        last_refresh=RefreshState(
            started_at=latest.started_at, finished_at=latest.finished_at, counts=latest.counts
        )
        if latest
        else None,
        providers=providers,
    )
