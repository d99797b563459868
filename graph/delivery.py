"""One message to one webhook: claimed from the outbox, sent, and what came of it recorded."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from random import random
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from core.clients.webhook import WebhookSender
from core.clock import Clock
from core.database.errors import storage_errors
from core.database.session import AsyncSessionLocal
from core.database.webhooks import Message, NotYet, Webhooks
from core.queue import TryAgain
from core.webhooks.messages import body, headers, message_id
from core.webhooks.schedule import Answer, verdict

log = structlog.get_logger(__name__)


class Deliveries:
    """Messages claimed from the queue. Holds no state between them; sends at least once, under a stable id."""

    def __init__(
        self,
        engine: AsyncEngine,
        sender: WebhookSender,
        clock: Clock,
        *,
        jitter: Callable[[], float] = random,
    ) -> None:
        self._engine = engine
        self._sender = sender
        self._clock = clock
        self._jitter = jitter

    async def deliver(self, delivery_id: UUID) -> None:
        """Make one attempt. Raises `TryAgain` or `StorageUnavailable` where the queue should come back with it."""
        async with self._transaction() as session:
            message = await Webhooks(session).claim(delivery_id, self._clock.now())
        if isinstance(message, NotYet):
            raise TryAgain(message.until - self._clock.now())
        if message is not None:
            await self._conclude(message, await self._send(message))

    async def _send(self, message: Message) -> Answer:
        content = body(message.event)
        signed = headers(message.secret, message_id(message.delivery_id), self._clock.now(), content)
        return await self._sender.send(message.url, signed, content)

    async def _conclude(self, message: Message, answer: Answer) -> None:
        judged = verdict(answer, message.attempt, self._jitter())
        async with self._transaction() as session:
            hopeless = await Webhooks(session).conclude(message, answer, judged, self._clock.now())
        log.info(
            "graph.delivery.attempted",
            webhook_id=str(message.webhook_id),
            delivery_id=str(message.delivery_id),
            event_type=message.event.type,
            attempt=message.attempt,
            outcome=judged.status,
            status=answer.status,
            error=answer.error,
        )
        if hopeless is not None:
            log.warning(
                "graph.delivery.webhook_disabled", webhook_id=str(message.webhook_id), reason=hopeless
            )
        if judged.again_in is not None:
            raise TryAgain(judged.again_in)

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncSession]:
        with storage_errors():
            async with AsyncSessionLocal(bind=self._engine) as session, session.begin():
                yield session
