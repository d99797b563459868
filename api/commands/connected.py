"""What every command that talks to a server does first: know the server, who asks, and where to write."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import httpx
    from rich.console import Console

    from api.client import Connection, SolarSync

DEFAULT_SERVER = "http://127.0.0.1:8000"
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Server = Annotated[
    str | None,
    typer.Option(
        envvar="SOLARSYNC_URL", help=f"The server's address; else the login's, else {DEFAULT_SERVER}."
    ),
]
ApiKey = Annotated[
    str | None,
    typer.Option(
        envvar="SOLARSYNC_API_KEY", help="An API key instead of a login, for programs.", show_envvar=True
    ),
]


def console(*, as_json: bool = False) -> "Console":
    """Where a person reads: standard output, or standard error where that is for a JSON document."""
    from rich.console import Console

    return Console(stderr=as_json, highlight=False)


def address(server: str) -> str:
    """The server's address without the path that is ours; refuses what is none."""
    import httpx

    from api.client.login import PREFIX
    from core.errors import FieldError, InvalidInput

    try:
        url = httpx.URL(server)
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.scheme not in {"http", "https"} or not url.host:
        raise InvalidInput(
            [FieldError("--server", "must be an address such as https://solarsync.example.org")]
        )
    return str(url).rstrip("/").removesuffix(PREFIX)


@contextmanager
def connected(server: str | None, api_key: str | None) -> Iterator["SolarSync"]:
    """A client of the server as who is logged in there, or as the key says."""
    from api.client import SolarSync

    chosen, auth = _who(server, api_key)
    with connection(chosen, auth) as opened:
        yield SolarSync(opened)


@contextmanager
def connection(server: str, auth: "httpx.Auth | None") -> Iterator["Connection"]:
    from api.client import Connection

    opened = Connection(server, auth, on_wait=lambda what: print(what, file=sys.stderr))
    try:
        yield opened
    finally:
        opened.close()


def _who(server: str | None, api_key: str | None) -> "tuple[str, httpx.Auth]":
    from api.client import KeptLogin
    from api.client.login import KeyAuth, LoginAuth
    from core.errors import AuthenticationFailed

    kept = KeptLogin()
    login = kept.read()
    if api_key:
        return address(server or (login.server if login else DEFAULT_SERVER)), KeyAuth(api_key)
    if login is None or (server and address(server) != login.server):
        where = f" at {address(server)}" if server else ""
        raise AuthenticationFailed(f"Nobody is logged in{where}: `solarsync login` opens a login.")
    return login.server, LoginAuth(kept, login)
