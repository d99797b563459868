"""Webhooks: who is told of job events, and which of them still hear."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, status
from pydantic import AfterValidator, Field

from api.deps import CurrentViewer, ServicesDep, Session
from core.database.outbox_tables import WebhookRow
from core.database.webhooks import Webhooks
from core.webhooks.addresses import check_url
from core.webhooks.messages import new_secret
from core.webhooks.subscriptions import EVENT_TYPES, EVERY_EVENT
from state.base import Given, Model, Readable

router = APIRouter(prefix="/webhooks", tags=["webhooks"])

KNOWN = (EVERY_EVENT, *EVENT_TYPES)


def _known(event: str) -> str:
    if event not in KNOWN:
        raise ValueError(f"is none of {', '.join(KNOWN)}")
    return event


EventType = Annotated[str, AfterValidator(_known), Field(json_schema_extra={"enum": list(KNOWN)})]


class NewWebhook(Model):
    url: Annotated[str, Readable]
    events: Annotated[list[EventType], Field(min_length=1, max_length=len(KNOWN))] = [EVERY_EVENT]


class WebhookChange(Given):
    is_active: bool


class Webhook(Model):
    id: UUID
    url: str
    events: list[str]
    is_active: bool
    created_at: datetime
    failing_since: datetime | None
    disabled_at: datetime | None
    disabled_reason: str | None


class RegisteredWebhook(Webhook):
    secret: Annotated[str, Field(description="The signing key, shown this once.")]


def _webhook(row: WebhookRow) -> Webhook:
    return Webhook.model_validate(row, from_attributes=True, extra="ignore")


@router.post("", status_code=status.HTTP_201_CREATED)
async def register_webhook(
    body: NewWebhook, session: Session, services: ServicesDep, viewer: CurrentViewer
) -> RegisteredWebhook:
    """Register a receiver of job events; the answer holds its signing key, which is not shown again."""
    url = check_url(body.url, allow_private=services.settings.webhook_allow_private)
    row = WebhookRow(url=url, events=body.events, secret=new_secret(), created_by=viewer.user_id)
    added = await Webhooks(session).add(row)
    return RegisteredWebhook.model_validate(added, from_attributes=True, extra="ignore")


@router.get("")
async def list_webhooks(session: Session) -> list[Webhook]:
    """List the receivers, and which of them the service has switched off, when and why."""
    return [_webhook(row) for row in await Webhooks(session).all()]


@router.get("/{webhook_id}")
async def get_webhook(webhook_id: UUID, session: Session) -> Webhook:
    """Show one receiver."""
    return _webhook(await Webhooks(session).get(webhook_id))


@router.patch("/{webhook_id}")
async def switch_webhook(webhook_id: UUID, body: WebhookChange, session: Session) -> Webhook:
    """Switch a receiver on or off; what was to be sent when it goes off is given up, and can be sent again."""
    return _webhook(await Webhooks(session).switch(webhook_id, on=body.is_active))


@router.delete("/{webhook_id}", status_code=status.HTTP_204_NO_CONTENT)
async def remove_webhook(webhook_id: UUID, session: Session) -> None:
    """Forget a receiver and every message to it."""
    await Webhooks(session).remove(webhook_id)
