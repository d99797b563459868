"""What is deleted after how long. Jobs, runs and results stay.

Rows go in batches, each in a transaction of its own, so that a long backlog holds no lock for long; a row that
somebody else has locked is left for the next time.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

import structlog
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CursorResult,
    DateTime,
    TableClause,
    any_,
    column,
    delete,
    func,
    literal_column,
    select,
    table,
)
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.types import UserDefinedType

from core.database.credential_tables import LoginRow
from core.database.idempotency import KEPT_FOR
from core.database.models import JobEventRow, JobRow
from core.database.outbox_tables import DeliveryStatus, WebhookDeliveryRow
from core.database.service_tables import IdempotencyKeyRow
from core.database.session import AsyncSessionLocal
from core.database.weather_tables import AlertRow, WeatherCellRow, WeatherRefreshRow

log = structlog.get_logger(__name__)

RETENTION = "retention"
"""The name of its schedule."""
DAILY = timedelta(days=1)
BATCH = 5_000

_queue = table("pgqueuer", column("id", BigInteger))
_queue_log = table(
    "pgqueuer_log",
    column("job_id", BigInteger),
    column("created", DateTime(timezone=True)),
)


class _Place(UserDefinedType[Any]):
    """Where a row is stored; of use within one statement."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "tid"


@dataclass(frozen=True, slots=True)
class Rule:
    """Rows of `rows` go when `age` is `kept_for` ago, and `unless_needed`, given that moment, says so too."""

    name: str
    rows: type[Any] | TableClause
    age: Any
    kept_for: timedelta
    unless_needed: Callable[[datetime], ColumnElement[bool]] | None = None


def _told_of_closed_jobs(before: datetime) -> ColumnElement[bool]:
    """An event takes its messages with it, so it stays while one is to be sent."""
    closed = select(JobRow.id).where(JobRow.id == JobEventRow.job_id, JobRow.closed_at <= before)
    unsent = select(WebhookDeliveryRow.id).where(
        WebhookDeliveryRow.event_id == JobEventRow.id, WebhookDeliveryRow.status == DeliveryStatus.PENDING
    )
    return closed.exists() & ~unsent.exists()


def _sent_or_given_up(_: datetime) -> ColumnElement[bool]:
    return WebhookDeliveryRow.status != DeliveryStatus.PENDING


def _left_the_queue(_: datetime) -> ColumnElement[bool]:
    """A run that is held for an operator keeps its log, and in it the traceback."""
    return ~select(_queue.c.id).where(_queue.c.id == _queue_log.c.job_id).exists()


def retention_rules(*, event_days: int) -> tuple[Rule, ...]:
    """The table of what is deleted; a job's timeline stays for `event_days` [d] after it was closed."""
    keys, sent, events, logged = IdempotencyKeyRow, WebhookDeliveryRow, JobEventRow, _queue_log.c
    tried_at = func.coalesce(sent.last_attempt_at, sent.created_at)
    return (
        Rule("logins", LoginRow, LoginRow.expires_at, timedelta(days=30)),
        Rule("idempotency_keys", keys, keys.created_at, KEPT_FOR),
        Rule("webhook_deliveries", sent, tried_at, timedelta(days=30), _sent_or_given_up),
        Rule("job_events", events, events.at, timedelta(days=event_days), _told_of_closed_jobs),
        Rule("alerts", AlertRow, AlertRow.closed_at, timedelta(days=90)),
        # No open job was there for so long, or its forecast would have been fetched again.
        Rule("weather_cells", WeatherCellRow, WeatherCellRow.due_at, timedelta(days=7)),
        Rule("weather_refreshes", WeatherRefreshRow, WeatherRefreshRow.started_at, timedelta(days=30)),
        Rule("queue_log", _queue_log, logged.created, timedelta(days=14), _left_the_queue),
    )


async def prune(
    session: AsyncSession, now: datetime, rules: Sequence[Rule], *, batch: int = BATCH
) -> Counter[str]:
    """Delete what has been kept long enough, at most `batch` rows by each rule; how many, by rule."""
    deleted: Counter[str] = Counter()
    for rule in rules:
        before = now - rule.kept_for
        conditions = [rule.age <= before]
        if rule.unless_needed is not None:
            conditions.append(rule.unless_needed(before))
        # By their places, found once as an array: a join could go through the whole table for each batch.
        expired = (
            select(literal_column("ctid", _Place))
            .select_from(rule.rows)
            .where(*conditions)
            .limit(batch)
            .with_for_update(of=rule.rows, skip_locked=True)
        )
        gone = await session.execute(
            delete(rule.rows)
            .where(literal_column("ctid", _Place) == any_(func.array(expired.scalar_subquery())))
            .execution_options(synchronize_session=False)
        )
        deleted[rule.name] = cast("CursorResult[Any]", gone).rowcount
    return deleted


async def prune_all(
    engine: AsyncEngine, now: datetime, rules: Sequence[Rule], *, batch: int = BATCH
) -> Counter[str]:
    """Delete batch after batch until nothing is left that has been kept long enough."""
    total: Counter[str] = Counter()
    while True:
        async with AsyncSessionLocal(bind=engine) as session, session.begin():
            deleted = await prune(session, now, rules, batch=batch)
        total.update(deleted)
        rules = [rule for rule in rules if deleted[rule.name] == batch]
        if not rules:
            log.info("core.database.pruned", **total)
            return total
