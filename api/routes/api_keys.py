"""Keys of programs that ask in one's name."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, status
from pydantic import Field

from api.deps import CurrentViewer, ServicesDep, Session
from core.database.api_keys import ApiKeys, Scope
from core.database.credential_tables import ApiKeyRow
from state.base import Given, Model

router = APIRouter(prefix="/api-keys", tags=["api keys"])


class NewApiKey(Given):
    name: Annotated[str, Field(min_length=1, max_length=100, description="What it is for.")]
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(Scope))]
    expires_in_days: Annotated[int, Field(ge=1, le=365)] = 90


class ApiKey(Model):
    id: UUID
    name: str
    prefix: Annotated[str, Field(description="The key's beginning, to recognise it by.")]
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime
    last_used_at: Annotated[datetime | None, Field(description="To the minute.")]
    revoked_at: datetime | None


class IssuedApiKey(ApiKey):
    key: Annotated[str, Field(description="For the header `X-API-Key`; shown this once.")]


class ApiKeyPage(Model):
    items: list[ApiKey]
    next_cursor: str | None


def _key(row: ApiKeyRow) -> ApiKey:
    return ApiKey.model_validate(row, from_attributes=True, extra="ignore")


@router.post("", status_code=status.HTTP_201_CREATED)
async def issue_api_key(
    body: NewApiKey, session: Session, viewer: CurrentViewer, services: ServicesDep
) -> IssuedApiKey:
    """Issue a key. It may do what its user may, within its scopes; what it cannot do is manage users and keys."""
    expires_at = services.clock.now() + timedelta(days=body.expires_in_days)
    row, key = await ApiKeys(session).add(viewer.user_id, body.name, body.scopes, expires_at)
    return IssuedApiKey(**_key(row).model_dump(), key=key)


@router.get("")
async def list_api_keys(
    session: Session,
    viewer: CurrentViewer,
    cursor: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> ApiKeyPage:
    """List one's own keys, newest first, with when each was last used."""
    rows, next_cursor = await ApiKeys(session).page(viewer.user_id, cursor=cursor, limit=limit)
    return ApiKeyPage(items=[_key(row) for row in rows], next_cursor=next_cursor)


@router.delete("/{key_id}", status_code=status.HTTP_204_NO_CONTENT)
async def revoke_api_key(
    key_id: UUID, session: Session, viewer: CurrentViewer, services: ServicesDep
) -> None:
    """Revoke one's own key, at once."""
    await ApiKeys(session).revoke(key_id, viewer.user_id, services.clock.now())
