"""What is sent to a webhook, by the Standard Webhooks specification 1.0.0."""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import orjson
from standardwebhooks import Webhook

SECRET_PREFIX: Final = "whsec_"  # noqa: S105  what a secret starts with is none
SECRET_BYTES: Final = 32
"""The specification wants 24 to 64."""


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """A row of a job's timeline."""

    id: int
    job_id: UUID
    run_id: UUID | None
    at: datetime
    type: str
    actor: str
    data: Mapping[str, Any]


def new_secret() -> str:
    """A fresh signing key, as receivers' libraries take it."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def message_id(delivery_id: UUID) -> str:
    """What receivers know a message by; the same at every attempt and when sent again by hand."""
    return f"msg_{delivery_id.hex}"


def body(event: RecordedEvent) -> bytes:
    """The event as JSON; the same bytes at every attempt."""
    return orjson.dumps(
        {
            "type": event.type,
            "timestamp": event.at.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z",
            "data": {
                "job_id": str(event.job_id),
                "run_id": str(event.run_id) if event.run_id is not None else None,
                "event_id": event.id,
                "actor": event.actor,
                "detail": dict(event.data),
            },
        }
    )


def headers(secret: str, message: str, at: datetime, content: bytes) -> dict[str, str]:
    """The three headers that name the message and the moment of the attempt, and sign both with the content."""
    now = at.astimezone(UTC)
    return {
        "webhook-id": message,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(message, now, content.decode()),
    }
