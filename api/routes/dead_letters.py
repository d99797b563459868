"""What was given up, for whoever is to deal with it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, status
from pydantic import Field

from api.deps import Session
from api.routes.deliveries import Delivery, delivery_view
from core.database import dead_letters
from core.database.models import JobKind
from core.database.outbox_tables import OutboxChannel
from state.base import JsonObject, Model
from state.triage import Priority

router = APIRouter(prefix="/system/dead-letters", tags=["system"])


class FailedJob(Model):
    """An open job whose last run failed; `POST /jobs/{id}/retry` goes on with it."""

    id: UUID
    kind: JobKind
    priority: Priority | None
    created_at: datetime
    problem: JsonObject | None


class FailedRefresh(Model):
    """A refresh of an open job after which none has ended well; `POST /jobs/{job_id}/refresh` asks for another."""

    job_id: UUID
    run_id: UUID
    finished_at: datetime | None
    problem: JsonObject | None


class FailedDelivery(Model):
    """A message that was never taken; `POST /system/dead-letters/{id}/redeliver` sends it once more."""

    id: UUID
    channel: OutboxChannel
    webhook_id: Annotated[UUID | None, Field(description="Null where people were to be told.")]
    event_type: str
    job_id: UUID
    attempts: int
    created_at: datetime
    last_attempt_at: datetime | None
    response_status: int | None
    error: str | None


class Counts(Model):
    jobs: int
    refreshes: int
    deliveries: int


class DeadLetters(Model):
    counts: Counts
    jobs: list[FailedJob]
    refreshes: list[FailedRefresh]
    deliveries: list[FailedDelivery]


@router.get("")
async def list_dead_letters(
    session: Session, limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> DeadLetters:
    """List what was given up and waits for somebody: the newest of each kind, and how many there are."""
    return DeadLetters.model_validate(
        {
            "counts": await dead_letters.dead_letters(session),
            "jobs": await dead_letters.newest(session, dead_letters.FAILED_JOBS, limit),
            "refreshes": await dead_letters.newest(session, dead_letters.FAILED_REFRESHES, limit),
            "deliveries": await dead_letters.newest(session, dead_letters.FAILED_DELIVERIES, limit),
        },
        from_attributes=True,
    )


@router.post("/{delivery_id}/redeliver", status_code=status.HTTP_202_ACCEPTED)
async def redeliver_dead_letter(delivery_id: UUID, session: Session) -> Delivery:
    """Send a message that was given up once more, to a webhook or to people, under the id it had."""
    return delivery_view(*await dead_letters.redeliver(session, delivery_id))
