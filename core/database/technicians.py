"""Technicians, and the directory that dispatch chooses from."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from core.database.models import JobRow, LeaveRow, TechnicianRow
from core.database.session import open_session, without_transactions
from core.errors import FieldError, InvalidInput, NotFound
from state.dispatch import Leave, PlannedVisit, Technician

DISPATCHED = (
    TechnicianRow.id,
    TechnicianRow.name,
    TechnicianRow.skills,
    TechnicianRow.base_latitude,
    TechnicianRow.base_longitude,
    TechnicianRow.timezone,
    TechnicianRow.working_hours,
)
"""What dispatch wants to know of a technician, beside visits and leave."""


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

    async def change(self, technician_id: UUID, changes: Mapping[str, Any]) -> TechnicianRow:
        """The row with what is new; raises as `get` and `add` do."""
        row = await self.get(technician_id)
        for column, value in changes.items():
            setattr(row, column, value)
        return await self.add(row)

    async def add_leave(self, technician_id: UUID, leave: Leave) -> LeaveRow:
        await self.get(technician_id)
        row = LeaveRow(technician_id=technician_id, starts_at=leave.start, ends_at=leave.end)
        self._session.add(row)
        await self._session.flush()
        return row

    async def leave_of(self, technician_id: UUID) -> list[LeaveRow]:
        """Past and coming, in time order."""
        query = select(LeaveRow).where(LeaveRow.technician_id == technician_id)
        return list(await self._session.scalars(query.order_by(LeaveRow.starts_at, LeaveRow.id)))

    async def remove_leave(self, technician_id: UUID, leave_id: UUID) -> None:
        row = await self._session.get(LeaveRow, leave_id)
        if row is None or row.technician_id != technician_id:
            raise NotFound
        await self._session.delete(row)

    async def visits_during(self, technician_id: UUID, leave: Leave) -> list[PlannedVisit]:
        """Visits of theirs that were planned before anybody knew."""
        planned = (await self.planned_visits(technician_id)).get(technician_id, [])
        return [visit for visit in planned if visit.start < leave.end and leave.start < visit.end]

    async def all(self) -> list[TechnicianRow]:
        return list(await self._session.scalars(select(TechnicianRow).order_by(TechnicianRow.name)))

    async def planned_visits(self, technician_id: UUID | None = None) -> dict[UUID, list[PlannedVisit]]:
        """Visits of open jobs, by technician, in time order; of one technician, or of all."""
        query = select(JobRow.id, JobRow.technician_id, JobRow.visit_start, JobRow.visit_end).where(
            JobRow.technician_id.is_not(None), JobRow.visit_start.is_not(None), JobRow.closed_at.is_(None)
        )
        if technician_id is not None:
            query = query.where(JobRow.technician_id == technician_id)
        rows = await self._session.execute(query.order_by(JobRow.visit_start))
        visits: dict[UUID, list[PlannedVisit]] = defaultdict(list)
        for job_id, whose, start, end in rows:
            if whose is not None:  # the query says so; the type checker cannot know
                visits[whose].append(PlannedVisit(start=start, end=end, job_id=job_id))
        return visits

    async def coming_leave(self, technician_id: UUID | None = None) -> dict[UUID, list[Leave]]:
        """Leave that is not over, by technician, in time order; of one technician, or of all."""
        query = select(LeaveRow).where(LeaveRow.ends_at > func.now()).order_by(LeaveRow.starts_at)
        if technician_id is not None:
            query = query.where(LeaveRow.technician_id == technician_id)
        leave: dict[UUID, list[Leave]] = defaultdict(list)
        for row in await self._session.scalars(query):
            leave[row.technician_id].append(Leave(start=row.starts_at, end=row.ends_at))
        return leave

    async def promise(self, technician_id: UUID, *, besides: UUID) -> Technician | None:
        """The technician, if active, with the visits of other jobs than `besides`.

        Until the transaction ends nobody else stores a visit of theirs. To be called before the job's row is
        locked, in the order in which a run takes the two.
        """
        held = select(TechnicianRow).where(TechnicianRow.id == technician_id, TechnicianRow.is_active)
        row = await self._session.scalar(held.with_for_update(key_share=True))
        if row is None:
            return None
        visits = (await self.planned_visits(row.id)).get(row.id, [])
        leave = (await self.coming_leave(row.id)).get(row.id, [])
        return _technician(row, [visit for visit in visits if visit.job_id != besides], leave)


class StoredTechnicianDirectory:
    """`core.ports.TechnicianDirectory` over the database, with a session of its own."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = without_transactions(engine)

    async def technicians(self) -> list[Technician]:
        async with open_session(self._engine) as session:
            repository = Technicians(session)
            visits, leave = await repository.planned_visits(), await repository.coming_leave()
            # Columns, not rows of the model: of five thousand, those would take a quarter of a second to make.
            active = select(*DISPATCHED).where(TechnicianRow.is_active).order_by(TechnicianRow.name)
            return [
                _technician(row, visits.get(row.id, []), leave.get(row.id, []))
                for row in (await session.execute(active)).all()
            ]


def _technician(row: TechnicianRow | Row[Any], visits: list[PlannedVisit], leave: list[Leave]) -> Technician:
    return Technician(
        id=row.id,
        name=row.name,
        skills=row.skills,
        base_latitude=row.base_latitude,
        base_longitude=row.base_longitude,
        timezone=row.timezone,
        working_hours=row.working_hours,
        planned_visits=visits,
        leave=leave,
    )
