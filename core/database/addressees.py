"""People who are told of jobs: their addresses in the outbox, and what a text to them needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.database.models import JobRow, TechnicianRow
from core.database.outbox_tables import OutboxChannel, WebhookRow
from core.notifications.addresses import Address
from core.notifications.news import Told, events_for
from core.webhooks.messages import RecordedEvent


@dataclass(frozen=True, slots=True)
class Addressee:
    """Who is told, and what the text says beside the event; no contact where nobody is sent to the job."""

    told: Told
    contact: Mapping[str, Any]


async def keep_addresses(session: AsyncSession, addresses: Mapping[str, Address]) -> None:
    """Have the outbox filled for these addresses and no others. It knows their names only."""
    people = WebhookRow.channel != OutboxChannel.WEBHOOK
    await session.execute(
        update(WebhookRow).where(people, WebhookRow.url.not_in(addresses)).values(is_active=False)
    )
    for name, address in addresses.items():
        events = events_for(address.audience)
        row = insert(WebhookRow).values(
            channel=OutboxChannel(address.audience), url=name, events=events, secret=""
        )
        await session.execute(
            row.on_conflict_do_update(
                index_elements=[WebhookRow.url],
                index_where=people,
                set_={"is_active": True, "events": events},
            )
        )


async def addressee(session: AsyncSession, event: RecordedEvent) -> Addressee:
    """The technician of the event, else of the job."""
    job = (
        await session.execute(
            select(JobRow.kind, JobRow.priority, JobRow.technician_id).where(JobRow.id == event.job_id)
        )
    ).one()
    named = event.data.get("technician_id")
    technician_id = UUID(named) if named else job.technician_id
    technician = await session.get(TechnicianRow, technician_id) if technician_id else None
    told = Told(
        job.kind.value,
        event.data.get("priority") or (job.priority.value if job.priority else None),
        technician.timezone if technician else None,
    )
    return Addressee(told, technician.contact if technician and technician.is_active else {})
