"""A new job: its row, its first run, what is told of it and its place in the queue, in one statement."""

from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TEXT
from sqlalchemy.ext.asyncio import AsyncSession

from core.database.direct import Direct
from core.database.events import Event, events_to_tell, telling
from core.database.models import JobKind, JobRow, RunStatus
from core.database.places import job_place
from core.database.search import job_words
from core.database.users import Viewer
from core.errors import QueueFull
from core.ids import new_id
from core.queue import RUNS_WAITING, asked_by, queueing_run

# Nobody knows the job before the statement has ended, so its row is as good as locked.
_START = Direct(
    text(
        f"""
    WITH job AS (
        INSERT INTO jobs (id, kind, status, created_by, input, place, words)
        SELECT :job_id, CAST(:kind AS job_kind), 'queued', :created_by, CAST(:input AS jsonb), :place,
            array_to_tsvector(:words)
        FROM ({RUNS_WAITING}) AS waiting WHERE waiting.runs < :at_most
        RETURNING id, created_at
    ), run AS (
        INSERT INTO runs (id, job_id, kind, status) SELECT :run_id, id, 'start', 'queued' FROM job RETURNING id
    ), queued AS ({queueing_run("run")}), {telling("job")}
    SELECT created_at FROM job
    """  # noqa: S608  constants
    ).bindparams(
        bindparam("job_id", type_=Uuid()),
        bindparam("run_id", type_=Uuid()),
        bindparam("created_by", type_=Uuid()),
        bindparam("input", type_=JobRow.input.type),
        bindparam("place", type_=TEXT),
        bindparam("words", type_=ARRAY(TEXT)),
        bindparam("headers", type_=JSONB),
    )
)


async def start_job(
    session: AsyncSession, viewer: Viewer, kind: JobKind, document: dict[str, Any], *, queue_limit: int
) -> JobRow:
    """Accept a job: all of it or none. Needs no transaction around it.

    Raises
    ------
    QueueFull
        `queue_limit` runs wait already.
    """
    job_id: UUID = new_id()
    row = await _START.first(
        session,
        {
            "job_id": job_id,
            "run_id": new_id(),
            "kind": kind.value,
            "created_by": viewer.user_id,
            "input": document,
            "place": job_place(document),
            "words": job_words(document),
            "at_most": queue_limit,
            "headers": asked_by(),
            **events_to_tell([Event("job.created", {"kind": kind.value})], actor=viewer.username),
        },
    )
    if row is None:
        raise QueueFull
    return JobRow(
        id=job_id,
        kind=kind,
        status=RunStatus.QUEUED,
        created_by=viewer.user_id,
        created_at=row.created_at,
        input=document,
        answers={},
        questions=[],
        progress_done=0,
    )
