"""Requests that a client may send again: what was answered first, kept for a day under the client's own key.

A key is reserved before anything is done and answered in the transaction that does it. Whoever comes second with
the same key meets the first one's uncommitted row and waits in PostgreSQL for its end: a commit is an
answer to repeat, a rollback (a refusal, a crash) leaves no trace, and the second carries the request out itself.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.database.service_tables import IdempotencyKeyRow
from core.errors import Conflict, FieldError, InvalidInput

KEPT_FOR = timedelta(hours=24)
"""How long a key stands for its first answer; afterwards it is as good as new."""


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

    def __init__(self, session: AsyncSession, user_id: UUID, now: datetime) -> None:
        self._session = session
        self._user_id = user_id
        self._now = now

    async def first_answer(self, key: str, request: bytes) -> Answer | None:
        """What the key's first request was answered; None where this is the first, which `keep` must end.

        Raises `Conflict` where the key stands for another request. How long one request waits for another is
        bounded like every statement, by the engine.
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
            .returning(IdempotencyKeyRow.key)
        )
        return await self._session.scalar(taken) is not None

    def _named(self, key: str) -> tuple[Any, ...]:
        return IdempotencyKeyRow.user_id == self._user_id, IdempotencyKeyRow.key == key
