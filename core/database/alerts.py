"""Alerts as jobs were told of them: opened, updated, closed; each change is an event of the job."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Uuid

from core.database import pages
from core.database.events import SERVICE, Event, append_to_each
from core.database.jobs import visible
from core.database.models import JobRow
from core.database.users import Viewer
from core.database.weather_tables import AlertRow
from core.ids import new_id
from state.weather import Alert

OPENED, UPDATED, CLOSED = "alert.opened", "alert.updated", "alert.closed"
PAGE = 500

_OPEN = text(
    """
    INSERT INTO alerts (id, job_id, document, ends_at, opened_at, updated_at)
    SELECT id, job_id, document, (document ->> 'end')::timestamptz, :now, :now
    FROM unnest(:ids, :jobs, :documents) AS new (id, job_id, document)
    """
).bindparams(
    bindparam("ids", type_=ARRAY(Uuid())),
    bindparam("jobs", type_=ARRAY(Uuid())),
    bindparam("documents", type_=ARRAY(JSONB)),
)
_UPDATE = text(
    """
    UPDATE alerts SET document = new.document, ends_at = (new.document ->> 'end')::timestamptz, updated_at = :now
    FROM unnest(:ids, :documents) AS new (id, document) WHERE alerts.id = new.id
    """
).bindparams(bindparam("ids", type_=ARRAY(Uuid())), bindparam("documents", type_=ARRAY(JSONB)))
_CLOSE = text(
    "UPDATE alerts SET closed_at = :now, updated_at = :now WHERE id = ANY(:ids) AND closed_at IS NULL"
).bindparams(bindparam("ids", type_=ARRAY(Uuid())))


def opening(job: str) -> str:
    """Part of a statement that opens for the job in `job` the alerts that `:events` tell of, from `:now` on."""
    return f"""
    opened AS (
        INSERT INTO alerts (id, job_id, document, ends_at, opened_at, updated_at)
        SELECT CAST(event #>> '{{data,alert_id}}' AS uuid), job.id, (event -> 'data') - 'alert_id',
            CAST(event #>> '{{data,end}}' AS timestamptz), :now, :now
        FROM {job} AS job, jsonb_array_elements(:events) AS told (event)
        WHERE event ->> 'type' = '{OPENED}'
    )
    """  # noqa: S608  constants


def alerts_to_open(alerts: Sequence[Alert]) -> list[Event]:
    """What tells of them, and `opening` opens; each has its id by then."""
    return [Event(OPENED, _told(new_id(), alert.to_json())) for alert in alerts]


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """What a job was last told; `id` stays through all updates."""

    id: UUID
    alert: Alert


@dataclass(slots=True)
class AlertNews:
    """What a job is to be told."""

    opened: list[Alert] = field(default_factory=list)
    updated: list[OpenAlert] = field(default_factory=list)
    closed: list[OpenAlert] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.opened or self.updated or self.closed)


class Alerts:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def open_of(self, job_ids: Sequence[UUID]) -> dict[UUID, list[OpenAlert]]:
        """The open alerts of these jobs, in the order in which they were opened."""
        query = select(AlertRow.id, AlertRow.job_id, AlertRow.document).where(
            AlertRow.job_id.in_(job_ids), AlertRow.closed_at.is_(None)
        )
        found: defaultdict[UUID, list[OpenAlert]] = defaultdict(list)
        for row in await self._session.execute(query.order_by(AlertRow.id)):
            found[row.job_id].append(OpenAlert(row.id, Alert.model_validate(row.document)))
        return found

    async def page(
        self, viewer: Viewer, *, job_id: UUID | None, cursor: UUID | None, limit: int
    ) -> tuple[list[AlertRow], UUID | None]:
        """Open alerts of the jobs one may see, newest first, and the cursor of the next page."""
        query = (
            select(AlertRow).join(JobRow, JobRow.id == AlertRow.job_id).where(AlertRow.closed_at.is_(None))
        )
        if job_id is not None:
            query = query.where(AlertRow.job_id == job_id)
        if cursor is not None:
            query = query.where(AlertRow.id < cursor)
        newest = visible(query, viewer).order_by(AlertRow.id.desc()).limit(limit + 1)
        rows = list(await self._session.scalars(newest))
        page, last = pages.cut(rows, limit)
        return page, last.id if last else None

    async def tell(
        self, news: Mapping[UUID, AlertNews], now: datetime, *, run_id: UUID | None = None
    ) -> None:
        """Record what became of the alerts of jobs, whose rows the transaction holds, and tell their timelines."""
        documents = _Documents()  # the jobs of a cell share its alerts
        opened = [(new_id(), job, alert) for job, each in news.items() for alert in each.opened]
        updated = [known for each in news.values() for known in each.updated]
        closed = [known.id for each in news.values() for known in each.closed]
        if opened:
            ids, jobs, alerts = zip(*opened, strict=True)
            await self._session.execute(
                _OPEN,
                {
                    "ids": list(ids),
                    "jobs": list(jobs),
                    "documents": list(map(documents.of, alerts)),
                    "now": now,
                },
            )
        if updated:
            changed = [documents.of(known.alert) for known in updated]
            await self._session.execute(
                _UPDATE, {"ids": [known.id for known in updated], "documents": changed, "now": now}
            )
        if closed:
            await self._session.execute(_CLOSE, {"ids": closed, "now": now})
        events = [(job, Event(OPENED, _told(id_, documents.of(alert)))) for id_, job, alert in opened]
        events += [
            (job, Event(kind, _told(known.id, documents.of(known.alert), **more(known.alert, now))))
            for job, each in news.items()
            for kind, changed, more in ((UPDATED, each.updated, _nothing), (CLOSED, each.closed, _why))
            for known in changed
        ]
        await append_to_each(self._session, events, actor=SERVICE, run_id=run_id)

    async def close_passed(self, now: datetime) -> int:
        """Close what is over, whether or not anybody has looked at the weather since; how many, at most a page."""
        passed = (
            select(AlertRow.job_id)
            .where(AlertRow.closed_at.is_(None), AlertRow.ends_at <= now)
            .distinct()
            .limit(PAGE)
        )
        locked = select(JobRow.id).where(JobRow.id.in_(passed)).order_by(JobRow.id)
        jobs = list(await self._session.scalars(locked.with_for_update(key_share=True)))
        known = await self.open_of(jobs) if jobs else {}
        news = {
            job: AlertNews(closed=over)
            for job, alerts in known.items()
            if (over := [each for each in alerts if each.alert.end <= now])
        }
        await self.tell(news, now)
        return sum(len(each.closed) for each in news.values())

    async def close_of_closed_jobs(self, now: datetime) -> None:
        """Alerts end with their job, untold: nobody is on that roof any more."""
        done = select(JobRow.id).where(JobRow.id == AlertRow.job_id, JobRow.closed_at.is_not(None))
        query = select(AlertRow.id).where(AlertRow.closed_at.is_(None), done.exists()).limit(PAGE)
        if ids := list(await self._session.scalars(query.with_for_update(skip_locked=True))):
            await self._session.execute(_CLOSE, {"ids": ids, "now": now})


class _Documents:
    """Each alert in JSON form, made once; they outlive this."""

    def __init__(self) -> None:
        self._made: dict[int, dict[str, Any]] = {}

    def of(self, alert: Alert) -> dict[str, Any]:
        made = self._made.get(id(alert))
        if made is None:
            made = self._made[id(alert)] = alert.to_json()
        return made


def _told(id_: UUID, document: dict[str, Any], **more: str) -> dict[str, Any]:
    return {"alert_id": str(id_), **document, **more}


def _nothing(_: Alert, __: datetime) -> dict[str, str]:
    return {}


def _why(alert: Alert, now: datetime) -> dict[str, str]:
    return {"reason": "passed" if alert.end <= now else "withdrawn"}
