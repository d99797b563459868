"""Pages of rows, ordered by id: where one ends, and the cursor that says where the next begins."""

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

from core.errors import FieldError, InvalidInput

T = TypeVar("T")


def cut(rows: Sequence[T], limit: int) -> tuple[list[T], T | None]:
    """A page of `rows`, of which `limit + 1` were asked for, and its last row where another page follows."""
    page = list(rows[:limit])
    return page, page[-1] if len(rows) > limit else None


def encoded(row_id: UUID) -> str:
    return base64.urlsafe_b64encode(row_id.bytes).decode().rstrip("=")


def decoded(cursor: str) -> UUID:
    """The id behind a cursor; raises `InvalidInput` for what is none."""
    try:
        return UUID(bytes=base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error):
        raise InvalidInput([FieldError("/cursor", "is not a cursor of this service")]) from None
