"""What routes are given: the session, the viewer, the services of the process."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Query
from fastapi.routing import APIRoute
from sqlalchemy.ext.asyncio import AsyncSession

from api.access import rule_of
from api.credentials import credentials
from api.services import Services
from core.database import get_db
from core.database.api_keys import MARK, NOTED_EVERY, ApiKeys, note_use
from core.database.session import open_session
from core.database.users import Users, Viewer
from core.errors import AuthenticationFailed, FieldError, InvalidInput
from core.security import decode_access_token
from core.validation import json_pointer

# The commit comes before the answer: a client is never told of what was not kept.
Session = Annotated[AsyncSession, Depends(get_db, scope="function")]


# `async` although it waits for nothing, as every dependency here: FastAPI calls others in a thread each time.
async def get_services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


ServicesDep = Annotated[Services, Depends(get_services)]


# One dependency and no more: FastAPI takes as long over each as it takes to find out who asks.
async def admit(request: Request) -> None:
    """Hold the request to its route's rule, and note who asks. 401 or 403 where they may not.

    Two credentials in one request are refused: which of them was meant decides what is allowed.
    """
    route = request.scope["route"]
    _refuse_unknown(request, route)
    rule = rule_of(request.method, route)
    if rule.open:
        return
    services: Services = request.app.state.services
    token, key = credentials(request.headers)
    if token is not None and key is not None:
        raise AuthenticationFailed("Give a token or a key, not both.")
    if token is not None:
        viewer = await _person(services, token)
    elif key is not None:
        viewer = await _program(services, key)
    else:
        viewer = None
    rule.admit(viewer)
    request.state.viewer = viewer


def _refuse_unknown(request: Request, route: APIRoute) -> None:
    """Raise `InvalidInput` for a query parameter the route does not know: a mistyped filter would find everything."""
    if not request.query_params:
        return
    unknown = request.query_params.keys() - _query_names(route)
    if unknown:
        raise InvalidInput(
            [FieldError(json_pointer("query", name), "is not a known parameter") for name in sorted(unknown)]
        )


def _query_names(route: APIRoute) -> frozenset[str]:
    fields = get_flat_params(route.dependant)
    return frozenset(field.alias for field in fields if isinstance(field.field_info, Query))


# Both ask by themselves, before the route has a session: many have none, and one that writes has not begun.
async def _person(services: Services, token: str) -> Viewer | None:
    claims = decode_access_token(token, key=services.secret_key, algorithm=services.settings.jwt_algorithm)
    async with open_session(services.reading) as session:
        return await Users(session).viewer(UUID(claims["sub"]), UUID(claims["sid"]))


async def _program(services: Services, key: str) -> Viewer | None:
    if not key.startswith(MARK):
        return None
    now = services.clock.now()
    async with open_session(services.reading) as session:
        found = await ApiKeys(session).viewer(key, now)
    if found is None:
        return None
    viewer, last_used_at = found
    if viewer.key_id is not None and (last_used_at is None or now - last_used_at > NOTED_EVERY):
        await note_use(services.engine, viewer.key_id, now)
    return viewer


Admitted = Depends(admit)


# Not a parameter of `Admitted`: FastAPI would solve its dependencies again wherever the viewer is asked for.
async def get_viewer(request: Request) -> Viewer:
    """Who asks, as every route has been told by `admit`."""
    viewer: Viewer | None = getattr(request.state, "viewer", None)
    if viewer is None:
        raise AuthenticationFailed
    return viewer


CurrentViewer = Annotated[Viewer, Depends(get_viewer)]
