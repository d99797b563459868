"""What was given up and waits for an operator: jobs and refreshes that failed, messages that nobody took."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from core.database.models import JobEventRow, JobRow, RunKind, RunRow, RunStatus
from core.database.outbox import send_again
from core.database.outbox_tables import DeliveryStatus, OutboxChannel, WebhookDeliveryRow, WebhookRow
from core.errors import Conflict, NotFound

_later = aliased(RunRow)
_JOBS = (JobRow.status == RunStatus.FAILED, JobRow.closed_at.is_(None))
_REFRESHES = (
    RunRow.status == RunStatus.FAILED,
    RunRow.kind == RunKind.REFRESH,
    select(JobRow.id).where(JobRow.id == RunRow.job_id, JobRow.closed_at.is_(None)).exists(),
    ~select(_later.id)
    .where(_later.job_id == RunRow.job_id, _later.id > RunRow.id, _later.status == RunStatus.SUCCEEDED)
    .exists(),
)
_DELIVERIES = WebhookDeliveryRow.status == DeliveryStatus.FAILED


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """How many there are of each."""

    jobs: int
    """Open jobs whose last run failed: `POST /jobs/{id}/retry` tries again from the last good checkpoint."""
    refreshes: int
    """Refreshes that failed on jobs still open, of which no later run has ended well: `POST /jobs/{id}/refresh`."""
    deliveries: int
    """Messages to webhooks and people that were never taken: `POST /system/dead-letters/{id}/redeliver`."""

    def __bool__(self) -> bool:
        return bool(self.jobs or self.refreshes or self.deliveries)


async def dead_letters(session: AsyncSession) -> DeadLetters:
    jobs = select(func.count(JobRow.id)).where(*_JOBS)
    refreshes = select(func.count(RunRow.id)).where(*_REFRESHES)
    deliveries = select(func.count(WebhookDeliveryRow.id)).where(_DELIVERIES)
    row = await session.execute(
        select(jobs.scalar_subquery(), refreshes.scalar_subquery(), deliveries.scalar_subquery())
    )
    return DeadLetters(*row.one())


FAILED_JOBS: Select[Any] = (
    select(JobRow.id, JobRow.kind, JobRow.priority, JobRow.created_at, JobRow.problem)
    .where(*_JOBS)
    .order_by(JobRow.id.desc())
)
FAILED_REFRESHES: Select[Any] = (
    select(RunRow.job_id, RunRow.id.label("run_id"), RunRow.finished_at, RunRow.problem)
    .where(*_REFRESHES)
    .order_by(RunRow.id.desc())
)
FAILED_DELIVERIES: Select[Any] = (
    select(
        WebhookDeliveryRow.id,
        WebhookRow.channel,
        case((WebhookRow.channel == OutboxChannel.WEBHOOK, WebhookRow.id)).label("webhook_id"),
        JobEventRow.type.label("event_type"),
        JobEventRow.job_id,
        WebhookDeliveryRow.attempts,
        WebhookDeliveryRow.created_at,
        WebhookDeliveryRow.last_attempt_at,
        WebhookDeliveryRow.response_status,
        WebhookDeliveryRow.error,
    )
    .join(WebhookRow, WebhookRow.id == WebhookDeliveryRow.webhook_id)
    .join(JobEventRow, JobEventRow.id == WebhookDeliveryRow.event_id)
    .where(_DELIVERIES)
    .order_by(WebhookDeliveryRow.event_id.desc())
)
"""Of a person's address not even the name in the outbox, which is of use to nobody."""


async def newest(session: AsyncSession, kind: Select[Any], limit: int) -> list[Row[Any]]:
    return list(await session.execute(kind.limit(limit)))


async def redeliver(session: AsyncSession, delivery_id: UUID) -> tuple[WebhookDeliveryRow, JobEventRow]:
    """Send a message that was given up once more, whoever it is for."""
    query = select(WebhookDeliveryRow).where(WebhookDeliveryRow.id == delivery_id).with_for_update()
    row = await session.scalar(query)
    if row is None:
        raise NotFound
    if row.status is not DeliveryStatus.FAILED:
        raise Conflict(f"The message is {row.status}, not given up.")
    return await send_again(session, row)
