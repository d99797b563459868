"""Requests that a client on a bad network may send again under one `Idempotency-Key`."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Header, Request, Response, status
from starlette.requests import HTTPConnection

from api.deps import CurrentViewer, ServicesDep, Session
from core.database.idempotency import Answer, IdempotencyKeys, fingerprint
from core.database.models import JobRow
from core.errors import FieldError, InvalidInput
from graph.views import job_view

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
LONGEST = 255


async def get_key(
    request: Request,
    _: Annotated[
        str | None,
        Header(
            alias=HEADER,
            description=(
                "A text of the client's own that stands for this request for 24 hours. Sent again with the same "
                "body, the request is not carried out again: the first answer comes back, with "
                f"`{REPLAYED}: true`. With another body it is a 409. A refused request uses no key up."
            ),
            json_schema_extra={
                "minLength": 1,
                "maxLength": LONGEST,
                "pattern": r"^[\x20-\x7e]*[\x21-\x7e][\x20-\x7e]*$",
            },
        ),
    ] = None,
) -> str | None:
    """The request's key, if it has one; raises `InvalidInput` where that is no key."""
    given = request.headers.getlist(HEADER)
    if not given:
        return None
    if fault := key_fault(given):
        raise InvalidInput([FieldError(f"/header/{HEADER}", fault)])
    return given[0]


def without_key(connection: HTTPConnection) -> bool:
    """Whether there is nothing to keep beside what the request does."""
    return HEADER not in connection.headers


def key_fault(given: list[str]) -> str | None:
    """Why the values of the header are no key; None where they are one."""
    if len(given) > 1:
        return "must be given once"
    if not given[0].strip():
        return "must not be empty"
    if len(given[0]) > LONGEST:
        return f"must have at most {LONGEST} characters"
    if not (given[0].isascii() and given[0].isprintable()):
        return "must hold printable ASCII characters only"
    return None


class OnceADay:
    """Carries a request out, or repeats what it was answered before under its key."""

    def __init__(self, request: Request, keys: IdempotencyKeys, key: str | None) -> None:
        self._request = request
        self._keys = keys
        self._key = key

    async def accept(self, carry_out: Callable[[], Awaitable[JobRow]]) -> Response:
        """202 with the job that `carry_out` leaves. What it raises is answered and not kept."""
        if self._key is None:
            return _response(_accepted(await carry_out()))
        path, document = self._request.url.path, await self._request.json()
        first = await self._keys.first_answer(self._key, fingerprint(self._request.method, path, document))
        if first is not None:
            return _response(first, replayed=True)
        answer = _accepted(await carry_out())
        await self._keys.keep(self._key, answer)
        return _response(answer)


def _accepted(row: JobRow) -> Answer:
    job = job_view(row)
    return Answer(status.HTTP_202_ACCEPTED, job.model_dump_json().encode(), job.links.self)


def _response(answer: Answer, *, replayed: bool = False) -> Response:
    headers = {"Location": answer.location} if answer.location else {}
    if replayed:
        headers[REPLAYED] = "true"
    return Response(answer.body, answer.status, headers, media_type="application/json")


async def get_once(
    request: Request,
    session: Session,
    viewer: CurrentViewer,
    services: ServicesDep,
    key: Annotated[str | None, Depends(get_key)],
) -> OnceADay:
    return OnceADay(request, IdempotencyKeys(session, viewer.user_id, services.clock.now()), key)


Once = Annotated[OnceADay, Depends(get_once)]
