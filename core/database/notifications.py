"""Waking those who wait for a job: one LISTEN connection for a whole process."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from core.database.errors import LOST
from core.database.events import JOBS_CHANNEL, SETTLED_CHANNEL
from core.database.session import asyncpg_options

log = structlog.get_logger(__name__)

RECONNECT_SECONDS = 1.0
CONNECT_SECONDS = 5.0
PROBE_SECONDS = 10.0
"""How often the connection is asked whether it lives; a silent network tells nobody that it went."""


class JobNotifications:
    """Runs while entered; `changes(job_id)` then gives an event that is set whenever the job changes.

    With `SETTLED_CHANNEL` it is set only when a run has ended or stopped to ask.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._waiting: dict[tuple[str, str], set[asyncio.Event]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None
        self._released = False

    @property
    def released(self) -> bool:
        """Whether nobody is to wait any longer, because the process is about to end."""
        return self._released

    @property
    def waiting(self) -> int:
        """How many wait at the moment."""
        return sum(len(events) for events in self._waiting.values())

    def release(self) -> None:
        """Let go of everybody who waits."""
        self._released = True
        self._wake_everybody()

    async def __aenter__(self) -> "JobNotifications":
        self._task = asyncio.create_task(self._listen(), name="job-notifications")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    @contextlib.asynccontextmanager
    async def changes(self, job_id: UUID, channel: str = JOBS_CHANNEL) -> AsyncIterator[asyncio.Event]:
        """An event, set at every change of the job from now on; clear it before reading the job again."""
        event = asyncio.Event()
        key = channel, str(job_id)
        self._waiting[key].add(event)
        try:
            yield event
        finally:
            self._waiting[key].discard(event)
            if not self._waiting[key]:
                del self._waiting[key]

    async def _listen(self) -> None:
        while True:
            try:
                await self._listen_until_lost()
            except LOST as error:
                log.warning("core.database.listener_lost", error=type(error).__name__)
            except Exception:  # whatever it was, those who wait are woken by nobody else
                log.exception("core.database.listener_failed")
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _listen_until_lost(self) -> None:
        connection = await asyncpg.connect(
            **asyncpg_options(self._engine), timeout=CONNECT_SECONDS, command_timeout=CONNECT_SECONDS
        )
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        try:
            for channel in (JOBS_CHANNEL, SETTLED_CHANNEL):
                await connection.add_listener(channel, self._heard)
            self._wake_everybody()  # changes may have gone unheard while nobody listened
            while not lost.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(lost.wait(), PROBE_SECONDS)
                    return
                await connection.execute("SELECT 1")
        finally:
            with contextlib.suppress(*LOST):
                await connection.close(timeout=2)

    def _heard(self, _connection: Any, _pid: int, channel: str, job_id: Any) -> None:  # noqa: ANN401  asyncpg's types
        for event in self._waiting.get((channel, str(job_id)), ()):
            event.set()

    def _wake_everybody(self) -> None:
        for events in self._waiting.values():
            for event in events:
                event.set()
