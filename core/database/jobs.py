"""Jobs as their readers see them: one, a page of them, their results, runs and timeline."""

from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, Select, Uuid, bindparam, cast, func, or_, select, union
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from core.database import pages
from core.database.direct import Direct
from core.database.events import Event, JobEvents, append_events
from core.database.models import (
    JobEventRow,
    JobKind,
    JobPriority,
    JobRow,
    ResultRow,
    RunRow,
    RunStatus,
)
from core.database.search import words_query
from core.database.users import Viewer
from core.errors import NotFound

Query = TypeVar("Query", bound=Select[*tuple[Any, ...]])

FINAL = {RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.CANCELLED}


WITHOUT_DOCUMENTS = defer(JobRow.input, raiseload=True), defer(JobRow.weather, raiseload=True)
"""What a `Job` is shown from; a page of jobs with their forecasts would be megabytes."""


@dataclass(frozen=True, slots=True)
class JobFilter:
    status: RunStatus | None = None
    kind: JobKind | None = None
    priority: JobPriority | None = None
    technician_id: UUID | None = None
    q: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    status: RunStatus
    result_version: int | None
    problem: dict[str, Any] | None

    @property
    def final(self) -> bool:
        return self.status in FINAL


class Jobs:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, job_id: UUID, viewer: Viewer | None = None, *, lock: bool = False) -> JobRow:
        """The job, locked until the transaction ends if asked; `NotFound` where `viewer` may not see it."""
        query = visible(select(JobRow).where(JobRow.id == job_id), viewer)
        row = await self._session.scalar(query.with_for_update() if lock else query)
        if row is None:
            raise NotFound
        return row

    async def shown(self, job_id: UUID, viewer: Viewer) -> JobRow:
        """The job without its documents, which take longer to read than all the rest."""
        mine = {"user_id": viewer.user_id, "technician_id": viewer.technician_id}
        row = await _shown(everything=viewer.sees_everything).first(
            self._session, {"job_id": job_id, **({} if viewer.sees_everything else mine)}
        )
        if row is None:
            raise NotFound
        return JobRow(**row._asdict())

    async def standing(self, job_id: UUID, viewer: Viewer) -> Standing:
        """Where the job stands, without its documents."""
        query = select(JobRow.status, JobRow.result_version, JobRow.problem).where(JobRow.id == job_id)
        row = (await self._session.execute(visible(query, viewer))).one_or_none()
        if row is None:
            raise NotFound
        return Standing(*row)

    async def technician_of(self, job_id: UUID, viewer: Viewer) -> UUID | None:
        """Who is to go, without the row, so that it can be read and locked afterwards."""
        query = visible(select(JobRow.id, JobRow.technician_id).where(JobRow.id == job_id), viewer)
        row = (await self._session.execute(query)).one_or_none()
        if row is None:
            raise NotFound
        technician_id: UUID | None = row.technician_id
        return technician_id

    async def add_result(self, job: JobRow, document: dict[str, Any]) -> int:
        """A new version of the result that no run has made. The job's row is locked."""
        version = (job.result_version or 0) + 1
        document = {**document, "job_id": str(job.id), "version": version}
        self._session.add(ResultRow(job_id=job.id, version=version, document=document))
        job.result_version = version
        return version

    async def page(
        self, viewer: Viewer, wanted: JobFilter, *, cursor: str | None, limit: int
    ) -> tuple[list[JobRow], str | None]:
        """Jobs, newest first, and the cursor of the next page; ids grow with time, so the order is stable."""
        conditions = _conditions(wanted)
        if cursor is not None:
            conditions.append(JobRow.id < pages.decoded(cursor))
        newest = select(JobRow).options(*WITHOUT_DOCUMENTS).order_by(JobRow.id.desc()).limit(limit + 1)
        match _eyes(viewer):
            case []:
                query = newest.where(*conditions)
            case [only]:
                query = newest.where(only, *conditions)
            case several:
                # The newest of each, then of all: an OR would fetch every job of the viewer and sort them.
                parts = [
                    select(JobRow.id).where(one, *conditions).order_by(JobRow.id.desc()).limit(limit + 1)
                    for one in several
                ]
                query = newest.where(JobRow.id.in_(union(*parts)))
        rows = list(await self._session.scalars(query))
        page, last = pages.cut(rows, limit)
        return page, pages.encoded(last.id) if last else None

    async def open_by_status(self) -> dict[str, int]:
        """How many open jobs there are, by status."""
        counted = await self._session.execute(
            select(JobRow.status, func.count()).where(JobRow.closed_at.is_(None)).group_by(JobRow.status)
        )
        return {status.value: number for status, number in counted}

    async def record(
        self, job_id: UUID, event: str, actor: str, /, *, run_id: UUID | None = None, **data: object
    ) -> None:
        """Add a row to the job's timeline, in the transaction of the change it tells of."""
        await append_events(self._session, job_id, [Event(event, data)], actor=actor, run_id=run_id)

    async def timeline(self, job_id: UUID) -> list[JobEventRow]:
        return await JobEvents(self._session).after(job_id, 0)

    async def runs(self, job_id: UUID) -> list[RunRow]:
        return list(
            await self._session.scalars(select(RunRow).where(RunRow.job_id == job_id).order_by(RunRow.id))
        )

    async def results(self, job_id: UUID) -> list[ResultRow]:
        query = select(ResultRow).where(ResultRow.job_id == job_id).order_by(ResultRow.version.desc())
        return list(await self._session.scalars(query))

    async def latest_result(self, job_id: UUID) -> ResultRow | None:
        return await self._session.scalar(
            select(ResultRow).where(ResultRow.job_id == job_id).order_by(ResultRow.version.desc()).limit(1)
        )


_SHOWN = ("id", "kind", "status", "priority", "created_at", "closed_at", "progress_node", "progress_done",
          "questions", "problem", "result_version")  # fmt: skip
"""Columns that a `Job` is shown from."""


@cache
def _shown(*, everything: bool) -> Direct:
    """Asked twice for every job that somebody waits for."""
    query = select(*(JobRow.__table__.c[name] for name in _SHOWN)).where(JobRow.id == bindparam("job_id"))
    mine = _made_by(bindparam("user_id")), _assigned_to(bindparam("technician_id", type_=Uuid()))
    return Direct(query if everything else query.where(or_(*mine)))


def visible(query: Query, viewer: Viewer | None) -> Query:
    """The query, of jobs alone that the viewer may see."""
    eyes = _eyes(viewer)
    return query.where(or_(*eyes)) if eyes else query


def _eyes(viewer: Viewer | None) -> list[ColumnElement[bool]]:
    """The ways in which a job may be the viewer's to see; none where all are."""
    if viewer is None or viewer.sees_everything:
        return []
    own = [_made_by(viewer.user_id)]
    if viewer.technician_id is not None:
        own.append(_assigned_to(viewer.technician_id))
    return own


def _made_by(user_id: UUID | BindParameter[Any]) -> ColumnElement[bool]:
    return JobRow.created_by == user_id


def _assigned_to(technician_id: UUID | BindParameter[Any]) -> ColumnElement[bool]:
    return JobRow.technician_id == technician_id


def _conditions(wanted: JobFilter) -> list[ColumnElement[bool]]:
    """What a page is asked to hold; raises `InvalidInput` where the search text has no word."""
    equal = (
        (JobRow.status, wanted.status),
        (JobRow.kind, wanted.kind),
        (JobRow.priority, wanted.priority),
        (JobRow.technician_id, wanted.technician_id),
    )
    conditions = [column == value for column, value in equal if value is not None]
    if wanted.q and not wanted.q.isspace():
        conditions.append(JobRow.words.bool_op("@@")(cast(words_query(wanted.q), TSQUERY)))
    return conditions
