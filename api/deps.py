"""What routes are given: the session, the viewer, the services of the process."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.security import APIKeyHeader, OAuth2PasswordBearer
from sqlalchemy.ext.asyncio import AsyncSession

from api.access import rule_of
from api.services import Services
from core.database import get_db
from core.database.api_keys import MARK, NOTED_EVERY, ApiKeys, note_use
from core.database.users import Users, Viewer
from core.errors import AuthenticationFailed
from core.security import decode_access_token

# The commit comes before the answer: a client is never told of what was not kept.
Session = Annotated[AsyncSession, Depends(get_db, scope="function")]

_bearer = OAuth2PasswordBearer(
    tokenUrl="/api/v1/auth/token",
    refreshUrl="/api/v1/auth/refresh",
    auto_error=False,
    scheme_name="AccessToken",
)
_api_key = APIKeyHeader(
    name="X-API-Key", auto_error=False, scheme_name="ApiKey", description="A key from `POST /api-keys`."
)


# `async` although it waits for nothing, as every dependency here: FastAPI calls others in a thread each time.
async def get_services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


ServicesDep = Annotated[Services, Depends(get_services)]


async def admit(
    request: Request,
    session: Session,
    services: ServicesDep,
    token: Annotated[str | None, Depends(_bearer)],
    key: Annotated[str | None, Depends(_api_key)],
) -> Viewer | None:
    """Hold the request to its route's rule; who asks, or None where everybody may. 401 or 403 else.

    Of a token and a key in one request, the token counts.
    """
    rule = rule_of(request.method, request.scope["route"])
    if rule.open:
        return None
    if token is not None:
        viewer = await _person(session, services, token)
    elif key is not None:
        viewer = await _program(session, services, key)
    else:
        viewer = None
    rule.admit(viewer)
    return viewer


async def _person(session: AsyncSession, services: Services, token: str) -> Viewer | None:
    claims = decode_access_token(token, key=services.secret_key, algorithm=services.settings.jwt_algorithm)
    return await Users(session).viewer(UUID(claims["sub"]), UUID(claims["sid"]))


async def _program(session: AsyncSession, services: Services, key: str) -> Viewer | None:
    if not key.startswith(MARK):
        return None
    now = services.clock.now()
    found = await ApiKeys(session).viewer(key, now)
    if found is None:
        return None
    viewer, last_used_at = found
    if viewer.key_id is not None and (last_used_at is None or now - last_used_at > NOTED_EVERY):
        await note_use(services.engine, viewer.key_id, now)
    return viewer


Admitted = Depends(admit)


async def get_viewer(viewer: Annotated[Viewer | None, Admitted]) -> Viewer:
    """Who asks."""
    if viewer is None:
        raise AuthenticationFailed
    return viewer


CurrentViewer = Annotated[Viewer, Depends(get_viewer)]
