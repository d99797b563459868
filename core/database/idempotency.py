"""Requests that a client may send again: what was answered first, kept for a day under the client's own key.

A key is reserved before anything is done and answered in the transaction that does it. Whoever comes second with
the same key meets the first one's uncommitted row and waits in PostgreSQL for its end: a commit is an
answer to repeat, a rollback (a refusal, a crash) leaves no trace, and the second carries the request out itself.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from core.database.models import IdempotencyKeyRow
from core.errors import Conflict, FieldError, InvalidInput, StorageUnavailable

KEPT_FOR = timedelta(hours=24)
"""How long a key stands for its first answer; afterwards it is as good as new."""
LONGEST_WAIT = timedelta(seconds=8)
"""How long one request waits for another with its key before it is told to come again."""
WITHOUT_END = timedelta(0)  # so PostgreSQL understands a lock_timeout of zero
LOCK_NOT_AVAILABLE = "55P03"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it went out, byte for byte."""

    status: int
    body: bytes
    location: str | None = None


def fingerprint(method: str, path: str, document: object) -> bytes:
    """SHA-256 of a request: the same however its JSON is spaced and its members are ordered.

    Numbers count as they are written: 1 and 1.0 are two documents. Raises `InvalidInput` where the document is
    nested too deeply to be written out again.
    """
    try:
        canonical = json.dumps([method, path, document], sort_keys=True, separators=(",", ":"))
    except RecursionError:
        raise InvalidInput([FieldError("", "is nested too deeply")]) from None
    return hashlib.sha256(canonical.encode()).digest()


class IdempotencyKeys:
    """The keys of one user, as of `now`."""

    def __init__(
        self, session: AsyncSession, user_id: UUID, now: datetime, *, longest_wait: timedelta = LONGEST_WAIT
    ) -> None:
        self._session = session
        self._user_id = user_id
        self._now = now
        self._longest_wait = longest_wait

    async def first_answer(self, key: str, request: bytes) -> Answer | None:
        """What the key's first request was answered; None where this is the first, which `keep` must end.

        Raises
        ------
        Conflict
            The key stands for another request.
        StorageUnavailable
            Another request with this key did not end within `longest_wait`.
        """
        if await self._reserve(key, request):
            return None
        row = (await self._session.scalars(select(IdempotencyKeyRow).where(*self._named(key)))).one()
        if row.fingerprint != request:
            raise Conflict("The Idempotency-Key was used for another request.")
        if row.status is None or row.body is None:
            raise AssertionError("an unanswered key was committed")
        return Answer(row.status, row.body, row.location)

    async def keep(self, key: str, answer: Answer) -> None:
        """Record the answer, in the transaction of what it tells of."""
        await self._session.execute(
            update(IdempotencyKeyRow)
            .where(*self._named(key))
            .values(status=answer.status, body=answer.body, location=answer.location)
        )

    async def _reserve(self, key: str, request: bytes) -> bool:
        """Take the key if it is new or has expired; waits for whoever is about to answer it."""
        fresh = {"fingerprint": request, "created_at": self._now, "status": None}
        taken = (
            insert(IdempotencyKeyRow)
            .values(user_id=self._user_id, key=key, **fresh)
            .on_conflict_do_update(
                index_elements=[IdempotencyKeyRow.user_id, IdempotencyKeyRow.key],
                set_=fresh,
                where=IdempotencyKeyRow.created_at <= self._now - KEPT_FOR,
            )
        )
        await self._wait_at_most(self._longest_wait)
        try:
            result = cast("CursorResult[Any]", await self._session.execute(taken))
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
                raise
            raise StorageUnavailable(
                "The first request with this Idempotency-Key is still under way."
            ) from error
        await self._wait_at_most(WITHOUT_END)
        return result.rowcount == 1

    async def _wait_at_most(self, time: timedelta) -> None:
        """Bound every wait for a lock from here to the end of the transaction."""
        milliseconds = str(int(time.total_seconds() * 1000))
        await self._session.execute(
            text("SELECT set_config('lock_timeout', :time, true)"), {"time": milliseconds}
        )

    def _named(self, key: str) -> tuple[Any, ...]:
        return IdempotencyKeyRow.user_id == self._user_id, IdempotencyKeyRow.key == key
