"""A database that has been in use for years: as many jobs as asked for, with all that jobs leave behind."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from core.database import AsyncSessionLocal
from core.database.models import Role
from core.database.outbox_tables import WebhookRow
from core.database.users import Users, Viewer
from tests.support.people import technician_row

EVENTS_PER_JOB = 8
BEGAN = datetime(2023, 11, 15, tzinfo=UTC)
"""A job a minute from then on."""
COMMON, SOME, ONE = "inverter", "earth", "sn0000007"
"""Words of two jobs in five, of one in twenty, and of the seventh job only."""

# Ids as `core.ids.new_id` makes them: they grow with time.
_ID = (
    "(lpad(to_hex(1700000000000 + {n} * 60000::bigint), 12, '0')"
    " || '7{kind}0080' || lpad(to_hex({n}), 14, '0'))::uuid"
)
_WHEN = "timestamptz '2023-11-15 00:00Z' + n * interval '1 minute'"


def _die(which: int, sides: int) -> str:
    """A number below `sides`, at random as it seems, and the same each time."""
    return f"((hashint4(n * 17 + {which}) & 65535) % {sides})"


_JOBS = f"""
INSERT INTO jobs (id, kind, status, priority, created_by, created_at, closed_at, input, result_version, technician_id,
                  visit_start, visit_end, progress_node, progress_done, words, place, asset)
SELECT {_ID.format(n="n", kind=0)}, kind::job_kind, status::run_status,
       CASE WHEN kind <> 'sizing' THEN priority::job_priority END,
       CASE WHEN {_die(1, 100)} < 10 THEN CAST(:tess AS uuid) ELSE CAST(:others AS uuid) END, {_WHEN},
       CASE WHEN status = 'cancelled' OR n % 50 > 0 AND status = 'succeeded' THEN {_WHEN} END,
       jsonb_build_object('kind', kind, 'site', jsonb_build_object('latitude', -1.27, 'longitude', 36.84),
                          'ticket', jsonb_build_object('text', said)),
       CASE WHEN status = 'succeeded' THEN 1 END,
       CASE WHEN {_die(2, 100)} < 10 THEN CAST(:grace AS uuid) WHEN n % 3 = 0 THEN CAST(:daniel AS uuid) END,
       CASE WHEN {_die(2, 100)} < 10 THEN {_WHEN} END, CASE WHEN {_die(2, 100)} < 10 THEN {_WHEN} END,
       'report', 7, array_to_tsvector(string_to_array(said, ' ')), '-1270/36840', 'inverter'
FROM generate_series(1, CAST(:jobs AS int)) AS n, LATERAL (
    SELECT (ARRAY['triage', 'triage', 'full', 'sizing'])[1 + {_die(8, 4)}] AS kind,
           (ARRAY['P1', 'P2', 'P2', 'P3', 'P3', 'P3', 'P3', 'P4', 'P4', 'P4'])[1 + {_die(5, 10)}] AS priority,
           CASE WHEN {_die(3, 100)} < 74 THEN 'succeeded' WHEN {_die(3, 100)} < 84 THEN 'waiting'
                WHEN {_die(3, 100)} < 92 THEN 'failed' ELSE 'cancelled' END AS status,
           concat_ws(' ', 'sn' || lpad(n::text, 7, '0'),
                     CASE WHEN {_die(6, 100)} < 40 THEN '{COMMON}' ELSE 'tracker' END,
                     CASE WHEN {_die(4, 20)} = 0 THEN '{SOME}' END,
                     'fault', 'row', 'r' || {_die(7, 400)}, 'reported') AS said
) AS drawn
"""
_RUNS = f"""
INSERT INTO runs (id, job_id, kind, status, attempt, fence, created_at, started_at, finished_at)
SELECT {_ID.format(n="n", kind=1)}, {_ID.format(n="n", kind=0)}, 'start', job.status, 1, 1, {_WHEN}, {_WHEN}, {_WHEN}
FROM generate_series(1, CAST(:jobs AS int)) AS n JOIN jobs AS job ON job.id = {_ID.format(n="n", kind=0)}
"""
_RESULTS = """
INSERT INTO results (job_id, version, run_id, document)
SELECT jobs.id, 1, runs.id, jsonb_build_object('job_id', jobs.id, 'version', 1, 'produced_at', jobs.created_at,
       'weather', NULL, 'sizing', NULL, 'triage', NULL, 'dispatch', NULL, 'report', jsonb_build_object(
       'summary', repeat(md5(jobs.id::text), 60), 'warnings', '[]'::jsonb, 'assumptions', '[]'::jsonb))
FROM jobs JOIN runs ON runs.job_id = jobs.id
WHERE jobs.status = 'succeeded'
"""
_EVENTS = f"""
INSERT INTO job_events (job_id, run_id, at, type, actor, data)
SELECT {_ID.format(n="n", kind=0)}, {_ID.format(n="n", kind=1)}, {_WHEN},
       CASE told WHEN 1 THEN 'job.created' WHEN CAST(:events AS int) THEN 'run.succeeded' ELSE 'node.finished' END,
       'service', '{{"node": "triage"}}'
FROM generate_series(1, CAST(:jobs AS int)) AS n, generate_series(1, CAST(:events AS int)) AS told ORDER BY n, told
"""
_KEYS = f"""
INSERT INTO idempotency_keys (user_id, key, fingerprint, created_at, status, body)
SELECT CAST(:tess AS uuid), 'key-' || n, '\\x00', {_WHEN}, 202, '{{}}'
FROM generate_series(1, CAST(:jobs AS int)) AS n
"""
_DELIVERIES = """
INSERT INTO webhook_deliveries (webhook_id, event_id, status, created_at, last_attempt_at, attempts)
SELECT CAST(:webhook AS uuid), id, CASE WHEN id % 50 = 0 THEN 'pending' ELSE 'delivered' END::delivery_status, at, at, 1
FROM job_events WHERE type = 'run.succeeded'
"""
_QUEUE_LOG = f"""
INSERT INTO pgqueuer_log (created, job_id, status, priority, entrypoint, aggregated)
SELECT {_WHEN}, n, 'successful', 5, 'execute_run', true FROM generate_series(1, CAST(:jobs AS int)) AS n
"""
# Refreshes that are not due yet.
_QUEUE = """
INSERT INTO pgqueuer (priority, status, entrypoint, dedupe_key, execute_after)
SELECT 1, 'queued', 'execute_run', gen_random_uuid()::text, now() + interval '1 hour'
FROM generate_series(1, CAST(:jobs AS int) / 5)
"""
_STATEMENTS = (_JOBS, _RUNS, _RESULTS, _EVENTS, _KEYS, _DELIVERIES, _QUEUE_LOG, _QUEUE)
_TABLES = (
    "jobs", "runs", "results", "job_events", "idempotency_keys", "webhook_deliveries", "pgqueuer_log", "pgqueuer",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stored:
    tess: Viewer
    """Technician Grace: a tenth of the jobs are her own, another tenth is assigned to her."""
    dora: Viewer
    technician_id: UUID
    webhook_id: UUID


def job_id(number: int) -> UUID:
    """The id of the job with this number, from 1."""
    return UUID(f"{1_700_000_000_000 + number * 60_000:012x}700080{number:014x}")


async def store(engine: AsyncEngine, jobs: int, *, password_hash: str = "-") -> Stored:
    """Fill an empty database with so many jobs, vacuumed and analysed as autovacuum leaves it."""
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        await session.execute(text("SET LOCAL synchronous_commit = off"))
        users = Users(session)
        tess = await users.add("tess", password_hash, Role.TECHNICIAN)
        dora = await users.add("dora", password_hash, Role.DISPATCHER)
        others = await users.add("others", password_hash, Role.TECHNICIAN)
        grace, daniel = technician_row(user_id=tess.id), technician_row(name="Daniel")
        webhook = WebhookRow(created_by=dora.id, url="https://example.org/", events=["*"], secret="-")
        session.add_all([grace, daniel, webhook])
        await session.flush()
        values = {
            "jobs": jobs, "events": EVENTS_PER_JOB, "tess": tess.id, "others": others.id,
            "grace": grace.id, "daniel": daniel.id, "webhook": webhook.id,
        }  # fmt: skip
        for statement in _STATEMENTS:
            clause = text(statement)
            await session.execute(clause, {name: values[name] for name in clause.compile().params})
    async with engine.connect() as connection:
        settled = await connection.execution_options(isolation_level="AUTOCOMMIT")
        for table in _TABLES:
            await settled.execute(text(f"VACUUM (ANALYZE) {table}"))
    return Stored(
        Viewer(tess.id, "tess", Role.TECHNICIAN, grace.id),
        Viewer(dora.id, "dora", Role.DISPATCHER, None),
        grace.id,
        webhook.id,
    )
