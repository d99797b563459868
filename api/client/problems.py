"""A server's problem documents (RFC 9457) as the errors they were made from."""

from collections.abc import Callable
from typing import Any, TypeVar

import httpx

from core.errors import AuthenticationFailed, FieldError, InvalidInput, SolarSyncError

T = TypeVar("T")


class ServerUnreachable(SolarSyncError):
    """The server cannot be reached."""

    slug = "server-unreachable"


class Refused(SolarSyncError):
    """The server did not do what was asked."""

    slug = "refused"


def raise_for_problem(response: httpx.Response) -> None:
    """Raise what went wrong, if anything did.

    Raises
    ------
    InvalidInput
        The server names the fields that are wrong.
    AuthenticationFailed
        Nobody is logged in, or no longer.
    Refused
        Anything else; the words are the server's own where it gives any.
    """
    if response.is_success:
        return
    response.read()
    problem = _document(response)
    if errors := _field_errors(problem.get("errors")):
        raise InvalidInput(errors)
    detail = problem.get("detail")
    if response.status_code == httpx.codes.UNAUTHORIZED:
        raise AuthenticationFailed(detail)
    raise Refused(detail if detail and not response.is_server_error else _not_ours(response, problem))


def read_as(form: Callable[[Any], T], response: httpx.Response) -> T:
    """What `form` makes of the answer's JSON; raises `Refused` where that cannot be read as ours."""
    try:
        return form(response.json())
    except (ValueError, KeyError, TypeError, OverflowError):
        raise not_solarsync(response.request.url) from None


def not_solarsync(url: httpx.URL | str) -> Refused:
    """That something else has answered: a portal before the network, or another service at this address."""
    return Refused(f"{httpx.URL(url).copy_with(query=None)} did not answer as SolarSync does.")


def _field_errors(errors: object) -> list[FieldError]:
    """The faults a server names; none where the list is not of ours."""
    if not isinstance(errors, list):
        return []
    if not all(isinstance(each, dict) and {"pointer", "message"} <= each.keys() for each in errors):
        return []
    return [FieldError(str(each["pointer"]), str(each["message"])) for each in errors]


def _document(response: httpx.Response) -> dict[str, Any]:
    try:
        document = response.json()
    except ValueError:  # a proxy's page
        return {}
    return document if isinstance(document, dict) else {}


def _not_ours(response: httpx.Response, problem: dict[str, Any]) -> str:
    """What to say where the server failed, or where something that is not SolarSync has answered."""
    said = problem.get("detail") or response.reason_phrase
    request = f"; request {problem['request_id']}" if problem.get("request_id") else ""
    where = f"; it sends us to {response.headers['Location']}" if response.is_redirect else ""
    return f"{response.request.url.copy_with(query=None)} answered {response.status_code}: {said}{where}{request}"
