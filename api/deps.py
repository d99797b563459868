"""What routes are given: the session, the viewer, the services of the process."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer
from sqlalchemy.ext.asyncio import AsyncSession

from api.services import Services
from core.database import get_db
from core.database.models import Role
from core.database.users import Users, Viewer
from core.errors import AuthenticationFailed, Forbidden
from core.security import decode_access_token

# The commit comes before the answer: a client is never told of what was not kept.
Session = Annotated[AsyncSession, Depends(get_db, scope="function")]

_bearer = OAuth2PasswordBearer(tokenUrl="/api/v1/auth/token", auto_error=False)


# `async` although it waits for nothing, as every dependency here: FastAPI calls others in a thread each time.
async def get_services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


ServicesDep = Annotated[Services, Depends(get_services)]


async def get_viewer(
    session: Session, services: ServicesDep, token: Annotated[str | None, Depends(_bearer)]
) -> Viewer:
    """The active user behind the access token; else 401."""
    if token is None:
        raise AuthenticationFailed
    claims = decode_access_token(token, key=services.secret_key, algorithm=services.settings.jwt_algorithm)
    viewer = await Users(session).viewer(UUID(claims["sub"]))
    if viewer is None:
        raise AuthenticationFailed
    return viewer


CurrentViewer = Annotated[Viewer, Depends(get_viewer)]


async def get_dispatcher(viewer: CurrentViewer) -> Viewer:
    """A viewer who plans for others."""
    if not viewer.sees_everything:
        raise Forbidden
    return viewer


async def get_admin(viewer: CurrentViewer) -> Viewer:
    """A viewer who manages users."""
    if viewer.role is not Role.ADMIN:
        raise Forbidden
    return viewer


CurrentDispatcher = Annotated[Viewer, Depends(get_dispatcher)]
CurrentAdmin = Annotated[Viewer, Depends(get_admin)]
