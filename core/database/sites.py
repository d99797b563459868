"""What jobs at the same place know of it: faults dealt with before, and faults that are open.

What was confirmed on site outweighs what triage had said.
"""

from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.ext.asyncio import AsyncEngine

from core.database.direct import Direct
from core.database.places import places_around
from core.database.session import open_session, without_transactions
from state.triage import OpenFault, PastFault, SiteRecord, Ticket

LATEST = 10
"""So many of the latest jobs of each cell are looked at."""

# One look into the index per cell, however many jobs there are at the place.
_LATEST = Direct(
    text(
        """
    SELECT job.*, coalesce(found.asset, job.said_asset) AS asset, found.asset IS NOT NULL AS confirmed,
           CASE WHEN coalesce(found.asset, job.said_asset) = job.said_asset THEN job.said_mode END AS failure_mode
    FROM unnest(:places) AS cell, LATERAL (
        SELECT id, created_at, closed_at, status, asset AS said_asset, failure_mode AS said_mode,
               input -> 'ticket' AS ticket
        FROM jobs WHERE place = cell AND asset IS NOT NULL AND id < :besides ORDER BY id DESC LIMIT :latest
    ) AS job LEFT JOIN LATERAL (
        SELECT nullif(confirmed_asset, 'unknown') AS asset FROM completions WHERE job_id = job.id
    ) AS found ON true
    ORDER BY job.id DESC
    """
    ).bindparams(bindparam("places", type_=ARRAY(TEXT)), latest=LATEST)
)


class StoredSiteRecords:
    """`core.ports.SiteRecords` over the database, with a connection of its own."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = without_transactions(engine)

    async def record(self, latitude: float, longitude: float, *, besides: str) -> SiteRecord:
        """Faults of the latest jobs there that are older than the job `besides`; cancelled ones tell nothing."""
        asked = {"places": places_around(latitude, longitude), "besides": UUID(besides)}
        async with open_session(self._engine) as session:
            rows = await _LATEST.all(session, asked)
        told = [row for row in rows if row.status != "cancelled"]
        return SiteRecord(
            past=[
                PastFault(
                    job_id=str(row.id),
                    at=row.closed_at,
                    asset=row.asset,
                    failure_mode=row.failure_mode,
                    confirmed=row.confirmed,
                )
                for row in told
                if row.closed_at is not None
            ],
            open=[
                OpenFault(
                    job_id=str(row.id),
                    created_at=row.created_at,
                    ticket=Ticket.model_validate(row.ticket or {}),
                    asset=row.asset,
                    failure_mode=row.failure_mode,
                )
                for row in told
                if row.closed_at is None
            ],
        )
