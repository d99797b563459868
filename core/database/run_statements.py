"""A run is claimed, and ended with its result, by one statement each: all or nothing without a transaction."""

from functools import cache

from sqlalchemy import Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import BYTEA, JSONB

from core.database.alerts import opening
from core.database.direct import Direct
from core.database.events import SERVICE, SETTLED_CHANNEL, Event, events_to_tell, telling
from core.database.models import JobRow

# The job's row first, as everywhere: whoever waits for it finds the run as it is then. A run that is no longer
# active when the job is free has been ended by somebody whose fence this one must not undo.
CLAIM = Direct(
    text(
        f"""
    WITH found AS (
        SELECT jobs.id AS job_id, jobs.fence + 1 AS fence, runs.status AS was
        FROM jobs JOIN runs ON runs.job_id = jobs.id
        WHERE runs.id = :run_id AND runs.status IN ('queued', 'running')
        FOR NO KEY UPDATE
    ), taken AS (
        UPDATE runs
        SET status = 'running', attempt = attempt + 1, fence = found.fence, started_at = coalesce(started_at, now())
        FROM found WHERE runs.id = :run_id
        RETURNING runs.kind, runs.attempt, runs.failures, runs.created_at, found.job_id, found.fence, found.was
    ), fenced AS (
        UPDATE jobs
        SET fence = taken.fence, status = CASE WHEN taken.kind = 'refresh' THEN jobs.status ELSE 'running' END
        FROM taken WHERE jobs.id = taken.job_id
        RETURNING jobs.id, jobs.kind AS job_kind, jobs.input, jobs.answers, jobs.progress_done,
            jobs.technician_id, jobs.visit_start, jobs.visit_end,
            CASE WHEN taken.kind = 'refresh' THEN jobs.weather END AS weather, taken.*
    ), {telling("(SELECT id, attempt FROM fenced WHERE was = 'running')", "jsonb_build_object('attempt', job.attempt)")}
    SELECT fenced.*, CASE WHEN was = 'running' THEN 1 + (
        SELECT count(*) FROM job_events
        WHERE job_id = fenced.id AND run_id = :run_id AND job_events.type = 'run.taken_over'
    ) ELSE 0 END AS losses
    FROM fenced
    """  # noqa: S608  constants
    )
    .bindparams(bindparam("run_id", type_=Uuid()))
    .columns(input=JSONB, answers=JSONB, weather=JSONB)
)
TAKEN_OVER = events_to_tell([Event("run.taken_over")], actor=SERVICE)


STORED = """
    CASE WHEN told.event ->> 'type' = 'result.stored' THEN jsonb_build_object('version', job.version)
    ELSE told.event -> 'data' END
"""


# All or nothing: where the run is not ours to end, the result has no document, which its column refuses.
@cache
def success(changed: tuple[str, ...], *, alerted: bool = False) -> Direct:
    """The statement that ends a run with a result, changes these columns of its job and opens its first alerts."""
    changes = "".join(f"{name} = :{name}, " for name in changed)
    alerts = f", {opening('held')}" if alerted else ""
    return Direct(
        text(
            f"""
        WITH held AS (
            UPDATE jobs SET {changes} result_version = coalesce(result_version, 0) + 1
            WHERE id = :job_id AND fence = :fence
            RETURNING id, result_version AS version
        ), ended AS (
            UPDATE runs SET status = 'succeeded', finished_at = now(), problem = NULL
            FROM held
            WHERE runs.id = :run_id AND runs.job_id = held.id AND fence = :fence AND status = 'running'
            RETURNING runs.id
        ), stored AS (
            INSERT INTO results (job_id, version, run_id, document, forecast_hours)
            SELECT held.id, version, ended.id,
                CASE WHEN ended.id IS NOT NULL THEN :document || jsonb_build_object('version', version) END,
                :forecast_hours
            FROM held LEFT JOIN ended ON true
            RETURNING pg_notify('{SETTLED_CHANNEL}', CAST(job_id AS text))
        ), {telling("held", STORED)}{alerts}
        SELECT version FROM held
        """  # noqa: S608  constants
        ).bindparams(
            bindparam("job_id", type_=Uuid()),
            bindparam("run_id", type_=Uuid()),
            bindparam("document", type_=JSONB),
            bindparam("forecast_hours", type_=BYTEA),
            *([bindparam("now", type_=JobRow.created_at.type)] if alerted else ()),
            *(bindparam(name, type_=JobRow.__table__.c[name].type) for name in changed),
        )
    )
