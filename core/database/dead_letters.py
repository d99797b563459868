"""What was given up and waits for an operator: jobs and refreshes that failed, messages that nobody took."""

from dataclasses import dataclass

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from core.database.models import JobRow, RunKind, RunRow, RunStatus
from core.database.outbox_tables import DeliveryStatus, WebhookDeliveryRow


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """How many there are of each."""

    jobs: int
    """Open jobs whose last run failed: `POST /jobs/{id}/retry` tries again from the last good checkpoint."""
    refreshes: int
    """Refreshes that failed on jobs still open, of which no later run has ended well."""
    deliveries: int
    """Messages that a webhook never took: `POST /webhooks/{id}/deliveries/{id}/redeliver` sends one again."""

    def __bool__(self) -> bool:
        return bool(self.jobs or self.refreshes or self.deliveries)


async def dead_letters(session: AsyncSession) -> DeadLetters:
    jobs = select(func.count()).where(JobRow.status == RunStatus.FAILED, JobRow.closed_at.is_(None))
    later = aliased(RunRow)
    made_good = exists().where(
        later.job_id == RunRow.job_id, later.id > RunRow.id, later.status == RunStatus.SUCCEEDED
    )
    refreshes = (
        select(func.count())
        .select_from(RunRow)
        .join(JobRow, JobRow.id == RunRow.job_id)
        .where(
            RunRow.status == RunStatus.FAILED,
            RunRow.kind == RunKind.REFRESH,
            JobRow.closed_at.is_(None),
            ~made_good,
        )
    )
    deliveries = select(func.count()).where(WebhookDeliveryRow.status == DeliveryStatus.FAILED)
    row = await session.execute(
        select(jobs.scalar_subquery(), refreshes.scalar_subquery(), deliveries.scalar_subquery())
    )
    return DeadLetters(*row.one())
