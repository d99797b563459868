"""The server's resources as methods, its documents as the models of `state`.

Fields that a newer server adds are passed over.
"""

from collections.abc import Generator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from api.client.connection import Connection
from api.client.following import follow
from api.client.login import Login
from core.errors import SolarSyncError
from state.base import JsonObject
from state.job import Job, JobResult
from state.timeline import TimelineEvent


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
        answer = self._connection.request("POST", "/auth/token", data=credentials)
        return Login.granted(self._connection.server, username, answer.json())

    def log_out(self) -> None:
        """End the login at the server, if it still stands."""
        with suppress(SolarSyncError):
            self._connection.request("POST", "/auth/logout")

    def change_password(self, current: str, new: str) -> None:
        body = {"current_password": current, "new_password": new}
        self._connection.request("POST", "/auth/password", json=body)

    def me(self) -> JsonObject:
        return self._json("GET", "/auth/me")

    def start(self, document: bytes, *, key: str | None = None) -> Job:
        """Start the job of a JobInput in JSON. The same key again starts no second one."""
        headers = {"Content-Type": "application/json"}
        return _job(self._json("POST", "/jobs", key=key or str(uuid4()), content=document, headers=headers))

    def jobs(self, **wanted: Any) -> JobPage:  # noqa: ANN401  the filters of `GET /jobs`, as text or number
        params = {name: value for name, value in wanted.items() if value is not None}
        page = self._json("GET", "/jobs", params=params)
        return JobPage([_job(item) for item in page["items"]], page["next_cursor"])

    def job(self, job_id: UUID, *, wait_seconds: float = 0) -> Job:
        """The job; as soon as it waits for somebody or has ended, or after `wait_seconds`."""
        params = {"wait": wait_seconds} if wait_seconds else {}
        return _job(self._json("GET", f"/jobs/{job_id}", params=params, wait_seconds=wait_seconds))

    def result(self, job_id: UUID) -> JobResult:
        return JobResult.model_validate(self._json("GET", f"/jobs/{job_id}/result"), extra="ignore")

    def timeline(self, job_id: UUID) -> list[TimelineEvent]:
        events = self._connection.request("GET", f"/jobs/{job_id}/timeline").json()
        return [TimelineEvent.model_validate(event, extra="ignore") for event in events]

    def follow(self, job_id: UUID, after: int | None = None) -> Generator[TimelineEvent]:
        """Each event after `after` as it happens, until the job is final."""
        return follow(self._connection, f"/jobs/{job_id}/events", after)

    def answer(self, job_id: UUID, answers: Mapping[str, Any], *, key: str | None = None) -> Job:
        body = {"answers": dict(answers)}
        return _job(self._json("POST", f"/jobs/{job_id}/resume", key=key or str(uuid4()), json=body))

    def complete(self, job_id: UUID, completion: JsonObject) -> Job:
        return _job(self._json("POST", f"/jobs/{job_id}/complete", json=completion))

    def _json(self, method: str, path: str, **sent: Any) -> JsonObject:  # noqa: ANN401  see Connection.request
        document: JsonObject = self._connection.request(method, path, **sent).json()
        return document


def _job(document: JsonObject) -> Job:
    return Job.model_validate(document, extra="ignore")
