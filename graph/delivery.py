"""One message to one webhook or person: claimed from the outbox, sent, and what came of it recorded."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from random import random
from types import MappingProxyType
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from core.clients.notifier import AppriseNotifier
from core.clients.webhook import WebhookSender
from core.clock import Clock
from core.database.addressees import Addressee
from core.database.outbox import Message, NotYet, Outbox
from core.database.session import open_session
from core.notifications.addresses import Address
from core.notifications.news import text_of
from core.queue_worker import TryAgain
from core.webhooks.messages import body, headers, message_id
from core.webhooks.schedule import DELAYS, PEOPLE_DELAYS, Answer, verdict

log = structlog.get_logger(__name__)

NOBODY: Mapping[str, Address] = MappingProxyType({})


class Deliveries:
    """Messages claimed from the queue. Holds no state between them; sends at least once, under a stable id."""

    def __init__(
        self,
        engine: AsyncEngine,
        sender: WebhookSender,
        clock: Clock,
        *,
        addresses: Mapping[str, Address] = NOBODY,
        notifier: AppriseNotifier | None = None,
        jitter: Callable[[], float] = random,
    ) -> None:
        self._engine = engine
        self._sender = sender
        self._clock = clock
        self._addresses = addresses
        self._notifier = notifier or AppriseNotifier()
        self._jitter = jitter

    async def deliver(self, delivery_id: UUID) -> None:
        """Make one attempt. Raises `TryAgain` or `StorageUnavailable` where the queue should come back with it."""
        async with open_session(self._engine) as session:
            message = await Outbox(session).claim(delivery_id, self._clock.now(), self._jitter())
        if isinstance(message, NotYet):
            raise TryAgain(message.until - self._clock.now())
        if message is not None:
            await self._conclude(message, await self._send(message))

    async def _send(self, message: Message) -> Answer:
        if message.people is not None:
            return await self._tell(message, message.people)
        content = body(message.event)
        signed = headers(message.secret, message_id(message.delivery_id), self._clock.now(), content)
        return await self._sender.send(message.url, signed, content)

    async def _tell(self, message: Message, people: Addressee) -> Answer:
        address = self._addresses.get(message.url)
        if address is None:
            return Answer(error="the address is not among this worker's settings")
        url = address.of(people.contact)
        if url is None:
            return Answer(status=HTTPStatus.NO_CONTENT, excerpt="nobody is sent, or has no such contact")
        return await self._notifier.send(url, text_of(message.event, people.told))

    async def _conclude(self, message: Message, answer: Answer) -> None:
        judged = verdict(
            answer,
            message.attempt,
            self._jitter(),
            delays=len(DELAYS) if message.people is None else PEOPLE_DELAYS,
        )
        async with open_session(self._engine) as session:
            hopeless = await Outbox(session).conclude(message, answer, judged, self._clock.now())
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
        elif judged.again_in is not None:
            raise TryAgain(judged.again_in)
