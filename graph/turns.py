"""Whose turn it is to plan a visit: of all runs that lost theirs one plans at a time, over all workers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from core.database.errors import storage_errors
from core.database.session import AsyncSessionLocal

CALENDAR_LOCK = 0x534F4C4156
TURN_SECONDS = 60.0
"""How long one may last, in which its own transaction says nothing; after that it is taken from a frozen process."""


class PlanningTurns:
    """Planning all at once they would lose to each other again and again."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._here = asyncio.Lock()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Waits for its turn; `StorageUnavailable` where that takes longer than a statement may.

        Each process sends one of its own, so that those who wait leave it connections to work with. Whoever has lost
        theirs meanwhile may lose their visit too, which is told when it is stored.
        """
        patience = str(round(TURN_SECONDS * 1000))
        async with self._here, AsyncSessionLocal(bind=self._engine) as session:
            with storage_errors():
                await session.execute(
                    select(func.set_config("idle_in_transaction_session_timeout", patience, True))
                )
                await session.execute(select(func.pg_advisory_xact_lock(CALENDAR_LOCK)))
            try:
                yield
            finally:
                with suppress(DBAPIError):  # its connection is gone, and the lock with it
                    await session.rollback()
