"""Cursors: where a page of rows, ordered by id, goes on."""

import base64
import binascii
from uuid import UUID

from core.errors import FieldError, InvalidInput


def encoded(row_id: UUID) -> str:
    return base64.urlsafe_b64encode(row_id.bytes).decode().rstrip("=")


def decoded(cursor: str) -> UUID:
    """The id behind a cursor; raises `InvalidInput` for what is none."""
    try:
        return UUID(bytes=base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error):
        raise InvalidInput([FieldError("/cursor", "is not a cursor of this service")]) from None
