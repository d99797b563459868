"""Technicians, and the directory that dispatch chooses from."""

from collections import defaultdict
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from core.database.errors import storage_errors
from core.database.models import JobRow, TechnicianRow
from core.database.session import AsyncSessionLocal
from core.errors import FieldError, InvalidInput, NotFound
from state.dispatch import PlannedVisit, Technician


class Technicians:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, row: TechnicianRow) -> TechnicianRow:
        """Keep the row; raises `InvalidInput` where its user does not exist or is a technician already."""
        self._session.add(row)
        try:
            await self._session.flush()
        except IntegrityError:
            reason = "names no user, or one who is a technician already"
            raise InvalidInput([FieldError("/user_id", reason)]) from None
        return row

    async def get(self, technician_id: UUID) -> TechnicianRow:
        row = await self._session.get(TechnicianRow, technician_id)
        if row is None:
            raise NotFound
        return row

    async def all(self) -> list[TechnicianRow]:
        return list(await self._session.scalars(select(TechnicianRow).order_by(TechnicianRow.name)))

    async def planned_visits(self) -> dict[UUID, list[PlannedVisit]]:
        """Visits of open jobs, by technician, in time order."""
        rows = await self._session.execute(
            select(JobRow.id, JobRow.technician_id, JobRow.visit_start, JobRow.visit_end)
            .where(
                JobRow.technician_id.is_not(None), JobRow.visit_start.is_not(None), JobRow.closed_at.is_(None)
            )
            .order_by(JobRow.visit_start)
        )
        visits: dict[UUID, list[PlannedVisit]] = defaultdict(list)
        for job_id, technician_id, start, end in rows:
            if technician_id is not None:  # the query says so; the type checker cannot know
                visits[technician_id].append(PlannedVisit(start=start, end=end, job_id=job_id))
        return visits

    async def promise(self, technician_id: UUID, *, besides: UUID) -> Technician | None:
        """The technician, if active, with the visits of other jobs than `besides`.

        Until the transaction ends nobody else stores a visit of theirs. To be called before the job's row is
        locked, in the order in which a run takes the two.
        """
        held = select(TechnicianRow).where(TechnicianRow.id == technician_id, TechnicianRow.is_active)
        row = await self._session.scalar(held.with_for_update(key_share=True))
        if row is None:
            return None
        visits = (await self.planned_visits()).get(row.id, [])
        return _technician(row, [visit for visit in visits if visit.job_id != besides])


class StoredTechnicianDirectory:
    """`core.ports.TechnicianDirectory` over the database, with a session of its own."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def technicians(self) -> list[Technician]:
        with storage_errors():
            return await self._read()

    async def _read(self) -> list[Technician]:
        async with AsyncSessionLocal(bind=self._engine) as session:
            repository = Technicians(session)
            visits = await repository.planned_visits()
            return [
                _technician(row, visits.get(row.id, [])) for row in await repository.all() if row.is_active
            ]


def _technician(row: TechnicianRow, visits: list[PlannedVisit]) -> Technician:
    return Technician(
        id=row.id,
        name=row.name,
        skills=row.skills,
        base_latitude=row.base_latitude,
        base_longitude=row.base_longitude,
        timezone=row.timezone,
        working_hours=row.working_hours,
        planned_visits=visits,
    )
