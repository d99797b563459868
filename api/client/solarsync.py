"""The server's resources as methods, its documents as the models of `state`.

Fields that a newer server adds are passed over.
"""

from collections.abc import Callable, Generator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar
from uuid import UUID, uuid4

import httpx
from pydantic import TypeAdapter

from api.client.connection import Connection
from api.client.following import follow
from api.client.login import Login
from api.client.problems import not_solarsync, read_as
from core.errors import AuthenticationFailed
from state.base import JsonObject
from state.job import Job, JobResult
from state.timeline import TimelineEvent

T = TypeVar("T")
_OBJECT: TypeAdapter[JsonObject] = TypeAdapter(JsonObject)


@dataclass(frozen=True, slots=True)
class JobPage:
    items: list[Job]
    next_cursor: str | None


class SolarSync:
    """What a technician does with a server."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def log_in(self, username: str, password: str) -> Login:
        credentials = {"username": username, "password": password}
        granted = partial(Login.granted, self._connection.server, username)
        return self._read(granted, "POST", "/auth/token", data=credentials)

    def log_out(self) -> None:
        """End the login at the server, if it still stands."""
        with suppress(AuthenticationFailed):
            self._done("POST", "/auth/logout")

    def change_password(self, current: str, new: str) -> None:
        body = {"current_password": current, "new_password": new}
        self._done("POST", "/auth/password", json=body)

    def me(self) -> JsonObject:
        return self._read(_OBJECT.validate_python, "GET", "/auth/me")

    def start(self, document: bytes, *, key: str | None = None) -> Job:
        """Start the job of a JobInput in JSON. The same key again starts no second one."""
        headers = {"Content-Type": "application/json"}
        return self._read(_job, "POST", "/jobs", key=key or str(uuid4()), content=document, headers=headers)

    def jobs(self, **wanted: Any) -> JobPage:  # noqa: ANN401  the filters of `GET /jobs`, as text or number
        params = {name: value for name, value in wanted.items() if value is not None}
        return self._read(_page, "GET", "/jobs", params=params)

    def job(self, job_id: UUID, *, wait_seconds: float = 0) -> Job:
        """The job; as soon as it waits for somebody or has ended, or after `wait_seconds`."""
        params = {"wait": wait_seconds} if wait_seconds else {}
        return self._read(_job, "GET", f"/jobs/{job_id}", params=params, wait_seconds=wait_seconds)

    def result(self, job_id: UUID) -> JobResult:
        return self._read(partial(JobResult.model_validate, extra="ignore"), "GET", f"/jobs/{job_id}/result")

    def timeline(self, job_id: UUID) -> list[TimelineEvent]:
        return self._read(_events, "GET", f"/jobs/{job_id}/timeline")

    def follow(self, job_id: UUID, after: int | None = None) -> Generator[TimelineEvent]:
        """Each event after `after` as it happens, until the job is final."""
        return follow(self._connection, f"/jobs/{job_id}/events", after)

    def answer(self, job_id: UUID, answers: Mapping[str, Any], *, key: str | None = None) -> Job:
        body = {"answers": dict(answers)}
        return self._read(_job, "POST", f"/jobs/{job_id}/resume", key=key or str(uuid4()), json=body)

    def complete(self, job_id: UUID, completion: JsonObject) -> Job:
        return self._read(_job, "POST", f"/jobs/{job_id}/complete", json=completion)

    def _read(self, form: Callable[[Any], T], method: str, path: str, **sent: Any) -> T:  # noqa: ANN401  see Connection.request
        return read_as(form, self._connection.request(method, path, **sent))

    def _done(self, method: str, path: str, **sent: Any) -> None:  # noqa: ANN401  see Connection.request
        """Ask for what is answered without a word: any other answer is somebody else's, and nothing was done."""
        response = self._connection.request(method, path, **sent)
        if response.status_code != httpx.codes.NO_CONTENT:
            raise not_solarsync(response.request.url)


def _job(document: JsonObject) -> Job:
    return Job.model_validate(document, extra="ignore")


def _page(document: JsonObject) -> JobPage:
    return JobPage([_job(item) for item in document["items"]], document["next_cursor"])


def _events(documents: list[JsonObject]) -> list[TimelineEvent]:
    return [TimelineEvent.model_validate(event, extra="ignore") for event in documents]
