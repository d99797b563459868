"""One leader among replicas: an advisory lock and the slot in hand, both on a connection of their own.

The lock belongs to the session, so it goes with the process or the connection that held it. A slot's row is
inserted before its work and committed after it, in a transaction of the same session: a leader that loses the lock
loses the slot with it, and its successor finds the slot undone. The connection must reach PostgreSQL itself; a
pooler that shares sessions between clients would share the lock.

Whatever a leader says is prepared before it leads. Between a preparation and its statement PostgreSQL takes a session
for busy and not for idle, and a leader frozen there would lead for ever.
"""

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime, timedelta

import asyncpg
import structlog
from asyncpg.prepared_stmt import PreparedStatement
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from core.database.errors import LOST
from core.database.session import asyncpg_options

log = structlog.get_logger(__name__)

LEADER_LOCK = 0x534F4C5449434B  # "SOLTICK"
LEASE = timedelta(seconds=5)
"""PostgreSQL ends a leader's session that says nothing for so long: its process is frozen or its network is gone."""
PATIENCE_SECONDS = 2.0
"""A statement without an answer for so long is a lost connection; noticed before the lease ends."""
KEPT = timedelta(days=7)

# idle_session_timeout is known since PostgreSQL 14; an older one is left to its keepalives. The work of a slot may take
# longer than somebody allows a transaction that is not a leader's, which PostgreSQL can limit since 17.
END_WHEN_IDLE = """
SELECT set_config(name, CASE name WHEN 'transaction_timeout' THEN '0' ELSE $1 END, false) FROM pg_settings
WHERE name IN ('idle_session_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout')
"""
OPEN = """
INSERT INTO schedule_ticks (schedule, fire_time, leader)
SELECT $1::text, $2::timestamptz, $3::text
WHERE NOT EXISTS (SELECT FROM schedule_ticks WHERE schedule = $1)
ON CONFLICT DO NOTHING
"""
# A changed interval may have slots between those already executed; a wrong clock may have left one in the future.
TAKE = """
INSERT INTO schedule_ticks (schedule, fire_time, leader, started_at)
SELECT $1::text, $2::timestamptz, $4::text, now()
WHERE NOT EXISTS (
    SELECT FROM schedule_ticks WHERE schedule = $1 AND fire_time BETWEEN $2 AND $3::timestamptz
)
ON CONFLICT DO NOTHING
RETURNING true
"""
FINISH = """
UPDATE schedule_ticks SET finished_at = clock_timestamp(), error = $3 WHERE schedule = $1 AND fire_time = $2
"""
PRUNE = "DELETE FROM schedule_ticks WHERE schedule = $1 AND fire_time < $2"
LEADER = """
SELECT activity.application_name
FROM pg_locks JOIN pg_stat_activity AS activity USING (pid)
WHERE locktype = 'advisory' AND granted AND objsubid = 1
AND (classid::bigint << 32) | objid::bigint = :lock
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


class LeaderConnection:
    """The session that may hold the lock. One task uses it; each statement raises one of `LOST` when it is gone."""

    def __init__(
        self, connection: asyncpg.Connection, name: str, prepared: Mapping[str, PreparedStatement]
    ) -> None:
        self._connection = connection
        self._name = name
        self._prepared = prepared

    async def elect(self) -> bool:
        """Whether this session has the lock now. It asks and does not wait: a waiting statement holds up vacuum."""
        return bool(await self._connection.fetchval("SELECT pg_try_advisory_lock($1)", LEADER_LOCK))

    async def beat(self) -> None:
        """Say that the leader lives, and find out whether its connection does."""
        await self._connection.execute("SELECT 1")

    async def open(self, schedule: str, fire_time: datetime) -> None:
        """Let a schedule that never had a slot begin after `fire_time`: what was before it is not missed."""
        await self._prepared[OPEN].fetch(schedule, fire_time, self._name)

    async def take(self, schedule: str, fire_time: datetime, now: datetime) -> bool:
        """Begin a slot, to be finished or given up; False where it, or a later one up to `now`, was executed."""
        await self._connection.execute("BEGIN")
        if await self._prepared[TAKE].fetchval(schedule, fire_time, now, self._name):
            return True
        await self.give_up()
        return False

    async def finish(self, schedule: str, fire_time: datetime, error: str | None) -> None:
        """The slot is done for good, whatever came of it."""
        await self._prepared[FINISH].fetch(schedule, fire_time, error)
        await self._prepared[PRUNE].fetch(schedule, fire_time - KEPT)
        await self._connection.execute("COMMIT")

    async def give_up(self) -> None:
        """Leave the slot to whoever leads next."""
        await self._connection.execute("ROLLBACK")


@contextlib.asynccontextmanager
async def leader_connection(
    engine: AsyncEngine, name: str, lost: Callable[[], object], *, lease: timedelta = LEASE
) -> AsyncIterator[LeaderConnection]:
    """A connection beside the engine's pool, shown to operators as `name`; `lost` is called when it ends."""
    connection = await asyncpg.connect(
        **asyncpg_options(engine, name=name),
        timeout=PATIENCE_SECONDS,
        command_timeout=PATIENCE_SECONDS,
    )
    try:
        connection.add_termination_listener(lambda _: lost())
        prepared = {
            statement: await connection.prepare(statement) for statement in (OPEN, TAKE, FINISH, PRUNE)
        }
        await connection.execute(END_WHEN_IDLE, str(lease // timedelta(milliseconds=1)))
        yield LeaderConnection(connection, name, prepared)
    finally:
        with contextlib.suppress(*LOST):
            await connection.close(timeout=PATIENCE_SECONDS)


async def current_leader(session: AsyncSession) -> str | None:
    """The name of the replica that leads; None between two leaders."""
    name: str | None = await session.scalar(text(LEADER), {"lock": LEADER_LOCK})
    return name
