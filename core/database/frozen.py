"""Sessions whose process is frozen in the middle of a statement, and what they hold, given back."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from core.database.session import APPLICATION, IDLE_SECONDS, open_session

# A driver prepares a statement, waits, and has it carried out. Frozen in between, or while it is sent an answer, it is
# no idle client for PostgreSQL: none of its limits ends a session that stands there, and its rows stay locked.
_END = text(
    """
    SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND usename = current_user AND starts_with(application_name, :ours)
    AND state = 'active' AND wait_event IN ('ClientRead', 'ClientWrite')
    AND state_change < now() - make_interval(secs => :seconds)
    """
)


async def end_frozen_sessions(engine: AsyncEngine, *, seconds: float = IDLE_SECONDS) -> int:
    """End our own sessions that have waited for their client for `seconds` [s] in mid-statement; returns how many.

    A client that lives answers within milliseconds, however much it has to do.
    """
    async with open_session(engine) as session:
        return await session.scalar(_END, {"ours": APPLICATION, "seconds": seconds}) or 0
