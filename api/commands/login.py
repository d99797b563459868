"""`solarsync login`, `logout` and `password`: who a terminal is to a server."""

import getpass
import sys
from typing import Annotated

import typer

from api.commands.connected import AsJson, Server
from api.commands.user import chosen_password

LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def login(
    username: Annotated[str, typer.Option(prompt="User name", help="Name to log in with.")],
    server: Server = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Log in to a server; the login is kept in your configuration folder, for you alone to read."""
    import httpx

    from api.client import KeptLogin, SolarSync
    from api.commands.connected import DEFAULT_SERVER, address, connection, console
    from api.commands.files import print_json

    kept = KeptLogin()
    before = kept.read()
    chosen = address(server or (before.server if before else DEFAULT_SERVER))
    url = httpx.URL(chosen)
    if url.scheme == "http" and url.host not in LOOPBACK:
        print(f"{chosen} is not encrypted: everybody on the way can read the password.", file=sys.stderr)
    password = sys.stdin.readline().rstrip("\n") if password_stdin else getpass.getpass()
    with connection(chosen, None) as opened:
        granted = SolarSync(opened).log_in(username, password)
    with kept.locked():
        kept.write(granted)
    if as_json:
        print_json({"server": granted.server, "username": granted.username, "kept_in": str(kept.path)})
    else:
        console().print(f"Logged in to {granted.server} as {granted.username}.", markup=False, soft_wrap=True)


def logout() -> None:
    """End the login, here and at the server."""
    from api.client import KeptLogin
    from api.commands.connected import connected
    from core.errors import SolarSyncError

    kept = KeptLogin()
    if login := kept.read():
        try:
            with connected(None, None) as solarsync:
                solarsync.log_out()
        except SolarSyncError as error:
            raise SolarSyncError(
                f"Forgotten here; {login.server} could not be told. Change your password to end the login there."
            ) from error
        finally:
            kept.forget()
    typer.echo("Logged out.")


def password(
    server: Server = None,
    password_stdin: Annotated[
        bool,
        typer.Option(
            "--password-stdin",
            help="Read the present password and the new one from standard input, a line each.",
        ),
    ] = False,
) -> None:
    """Change your password; every other login of yours ends."""
    from api.commands.connected import connected

    with connected(server, None) as solarsync:
        if password_stdin:
            current, new = (sys.stdin.readline().rstrip("\n") for _ in range(2))
        else:
            current, new = getpass.getpass("Present password: "), chosen_password()
        solarsync.change_password(current, new)
    typer.echo("Your password is changed; your other logins have ended.")
