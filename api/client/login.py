"""The login of a terminal: kept in the user's configuration folder, readable by nobody else."""

import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import httpx
from platformdirs import user_config_path
from pydantic import AwareDatetime, ValidationError

from api.client.problems import raise_for_problem, read_as
from core.errors import AuthenticationFailed, Conflict
from state.base import JsonObject, Model

PREFIX = "/api/v1"
EARLY = timedelta(seconds=30)
"""A token with less left is renewed first: the request may take that long to arrive."""
PATIENCE_SECONDS = 45.0
"""For another command that renews the login: connecting and an answer take 40 s at the longest."""
STOPPED = (
    "Another solarsync command renews this login and does not end. If Ctrl-Z stopped it, `fg` lets it go on."
)
AGAIN = "The login is over: `solarsync login` opens another."


class Login(Model):
    """Who is logged in, and where. Its tokens go to no other server."""

    server: str
    username: str
    access_token: str
    expires_at: AwareDatetime
    refresh_token: str | None

    @classmethod
    def granted(cls, server: str, username: str, answer: JsonObject) -> "Login":
        """The login in an answer of `POST /auth/token` or `/auth/refresh`."""
        return cls(
            server=server,
            username=username,
            access_token=answer["access_token"],
            expires_at=datetime.now(UTC) + timedelta(seconds=answer["expires_in"]),
            refresh_token=answer.get("refresh_token"),
        )

    @property
    def expiring(self) -> bool:
        return self.expires_at - EARLY < datetime.now(UTC)


class KeptLogin:
    """The file with the login; mode 0600 from its first byte, replaced as a whole."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or user_config_path("solarsync")
        self.path = self._folder / "login.json"

    def read(self) -> Login | None:
        try:
            return Login.model_validate_json(self.path.read_bytes())
        except (FileNotFoundError, ValidationError):  # damaged, or of another version: as if there was none
            return None

    def write(self, login: Login) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = self.path.with_suffix(f".{os.getpid()}")
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(login.model_dump_json())
        new.replace(self.path)

    def forget(self) -> None:
        self.path.unlink(missing_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Only one command at a time: a refresh token is good for once, and the second use would end the login.

        Raises `Conflict` where another keeps it for longer than a renewal takes.
        """
        from core.embedded.guard import flock_within  # noqa: PLC0415  few commands renew a login

        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self._folder / "login.lock").open("w") as lock:
            if not flock_within(lock.fileno(), PATIENCE_SECONDS):
                raise Conflict(STOPPED)
            yield


class LoginAuth(httpx.Auth):
    """Sends the kept login's token, and renews it when it has expired."""

    def __init__(self, kept: KeptLogin, login: Login) -> None:
        self._kept = kept
        self._login = login

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if self._login.expiring:
            yield from self._renewal(request)
        self._sign(request)
        response = yield request
        if response.status_code == httpx.codes.UNAUTHORIZED and self._login.refresh_token:
            yield from self._renewal(request)
            self._sign(request)
            yield request

    def _sign(self, request: httpx.Request) -> None:
        request.headers["Authorization"] = f"Bearer {self._login.access_token}"

    def _renewal(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Exchange the refresh token, unless another command has done so meanwhile."""
        with self._kept.locked():
            kept = self._kept.read()
            if kept is None or kept.server != self._login.server:
                raise AuthenticationFailed(AGAIN)
            if kept.access_token != self._login.access_token and not kept.expiring:
                self._login = kept
                return
            if kept.refresh_token is None:
                raise AuthenticationFailed(AGAIN)
            answer = yield httpx.Request(
                "POST",
                f"{kept.server}{PREFIX}/auth/refresh",
                json={"refresh_token": kept.refresh_token},
                extensions=request.extensions,  # the time limits
            )
            answer.read()
            if answer.status_code in {httpx.codes.UNAUTHORIZED, httpx.codes.UNPROCESSABLE_ENTITY}:
                self._kept.forget()
                raise AuthenticationFailed(AGAIN)
            raise_for_problem(answer)
            self._login = read_as(partial(Login.granted, kept.server, kept.username), answer)
            self._kept.write(self._login)


class KeyAuth(httpx.Auth):
    """Sends an API key: for programs."""

    def __init__(self, key: str) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["X-API-Key"] = self._key
        yield request
