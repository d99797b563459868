"""The client of a terminal against servers that misbehave; `httpx.MockTransport` is the network."""

import json
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import stamina
from stamina.instrumentation import set_on_retry_hooks

from api.client import Connection, KeptLogin, Login, SolarSync
from api.client.following import PATIENCE_SECONDS, STRANGERS, follow
from api.client.login import KeyAuth, LoginAuth
from api.client.problems import Refused, ServerUnreachable
from core.errors import AuthenticationFailed, Conflict, FieldError, InvalidInput

SERVER = "https://solarsync.test"
JOB_ID = "01a1fc73-3fa4-7d8f-83db-c808ff84b2ad"
JOB: dict[str, Any] = {
    "id": JOB_ID, "kind": "full", "status": "queued", "priority": None, "created_at": "2026-05-01T08:00:00Z",
    "closed_at": None, "progress": {"node": None, "done": 0, "of": 8}, "questions": [], "problem": None,
    "result_version": None, "links": {"self": "/a", "events": "/b", "result": "/c"},
}  # fmt: skip
Handler = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(autouse=True)
def _no_pauses() -> Iterator[None]:
    with stamina.set_testing(True, attempts=10, cap=True):
        yield
    set_on_retry_hooks(None)


def _connection(handler: Handler, auth: httpx.Auth | None = None, **more: Any) -> Connection:
    return Connection(SERVER, auth, transport=httpx.MockTransport(handler), **more)


class _Flaky:
    """Answers as told, one after the other; an exception is raised. Keeps the requests."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self._answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def _job(status: int = 202) -> httpx.Response:
    return httpx.Response(status, json=JOB)


# --- Requests ---------------------------------------------------------------------------------------------------


def test_a_start_whose_answer_was_lost_is_sent_again_under_the_same_key() -> None:
    network = _Flaky(httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("gone"), _job())
    job = SolarSync(_connection(network)).start(b"{}")
    assert str(job.id) == JOB_ID
    keys = {request.headers["Idempotency-Key"] for request in network.requests}
    assert (len(network.requests), len(keys)) == (3, 1)


def test_two_starts_have_two_keys() -> None:
    network = _Flaky(_job(), _job())
    for _ in range(2):
        SolarSync(_connection(network)).start(b"{}")
    first, second = (request.headers["Idempotency-Key"] for request in network.requests)
    assert first != second


def test_what_cannot_be_told_apart_from_done_is_not_sent_again() -> None:
    network = _Flaky(httpx.ReadTimeout("slow"))
    with pytest.raises(ServerUnreachable, match="no answer in time"):
        SolarSync(_connection(network)).complete(SolarSync(_connection(lambda _: _job())).start(b"{}").id, {})
    assert len(network.requests) == 1


def test_what_never_left_the_machine_is_sent_again_whatever_it_is() -> None:
    token = httpx.Response(200, json={"access_token": "a", "expires_in": 900})
    network = _Flaky(httpx.ConnectError("no route"), token)
    assert SolarSync(_connection(network)).log_in("tess", "secret").access_token == "a"


def test_a_server_that_is_busy_is_asked_again_as_it_says_and_the_person_is_told() -> None:
    told: list[str] = []
    busy = httpx.Response(503, headers={"Retry-After": "5"}, json={"detail": "later"})
    network = _Flaky(busy, httpx.Response(200, json={"items": [], "next_cursor": None}))
    assert SolarSync(_connection(network, on_wait=told.append)).jobs().items == []
    assert told
    assert told[0].startswith(f"{SERVER}: it answered 503; trying again in")


def test_after_many_attempts_the_last_answer_counts() -> None:
    network = _Flaky(*(httpx.Response(503, json={"detail": "down", "request_id": "r1"}) for _ in range(6)))
    with pytest.raises(Refused, match=r"answered 503: down; request r1"):
        SolarSync(_connection(network)).jobs()
    assert len(network.requests) == 6


def test_fields_that_a_newer_server_adds_are_passed_over() -> None:
    newer = JOB | {"moon": "full", "progress": {**JOB["progress"], "eta": 3}}
    client = SolarSync(_connection(lambda _: httpx.Response(200, json=newer)))
    assert client.start(b"{}").progress.of == 8


# --- Problems ---------------------------------------------------------------------------------------------------


def test_a_refusal_names_field_and_reason() -> None:
    problem = {"status": 422, "errors": [{"pointer": "/site/latitude", "message": "must be at most 90"}]}
    with pytest.raises(InvalidInput) as refused:
        SolarSync(_connection(lambda _: httpx.Response(422, json=problem))).start(b"{}")
    assert refused.value.errors == (FieldError("/site/latitude", "must be at most 90"),)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        pytest.param(httpx.Response(409, json={"detail": "it waits"}), "^it waits$", id="a problem"),
        pytest.param(httpx.Response(404, text="<html>"), "answered 404: Not Found", id="a page of a proxy"),
        pytest.param(
            httpx.Response(301, headers={"Location": "https://elsewhere"}), "sends us to https://elsewhere", id="moved"
        ),
        pytest.param(httpx.Response(500, json=["?"]), "answered 500", id="not an object"),
    ],
)  # fmt: skip
def test_other_refusals_are_told_in_the_servers_words_or_by_their_status(
    answer: httpx.Response, words: str
) -> None:
    with pytest.raises(Refused, match=words):
        SolarSync(_connection(lambda _: answer)).me()


def _packed_wrongly() -> httpx.Response:
    return httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(b"not gzip"))


PORTAL: dict[str, Callable[[], httpx.Response]] = {
    "a page": lambda: httpx.Response(200, html="<html>Accept our terms</html>"),
    "an object": lambda: httpx.Response(200, json={"ok": True}),
    "a list": lambda: httpx.Response(200, json=[]),
    "a number": lambda: httpx.Response(200, json=1),
    "nothing": lambda: httpx.Response(200),
    "packed wrongly": _packed_wrongly,
}
METHODS: dict[str, Callable[[SolarSync], object]] = {
    "/auth/token": lambda client: client.log_in("tess", "secret"),
    "/auth/logout": lambda client: client.log_out(),
    "/auth/password": lambda client: client.change_password("old", "new"),
    "/jobs": lambda client: client.jobs(),
    f"/jobs/{JOB_ID}": lambda client: client.job(UUID(JOB_ID)),
}


@pytest.mark.parametrize("path", METHODS)
@pytest.mark.parametrize("answer", PORTAL)
def test_a_portal_that_answers_everything_is_told_from_a_server(path: str, answer: str) -> None:
    with pytest.raises(Refused) as refused:
        METHODS[path](SolarSync(_connection(lambda _: PORTAL[answer]())))
    assert refused.value.detail == f"{SERVER}/api/v1{path} did not answer as SolarSync does."


@pytest.mark.parametrize("answer", PORTAL)
def test_a_login_that_a_portal_renews_is_kept_as_it_was(tmp_path: Path, answer: str) -> None:
    kept, stale = KeptLogin(tmp_path), _login(minutes=-1)
    kept.write(stale)
    with pytest.raises(Refused, match="/auth/refresh did not answer as SolarSync does"):
        SolarSync(_connection(lambda _: PORTAL[answer](), LoginAuth(kept, stale))).jobs()
    assert kept.read() == stale


@pytest.mark.parametrize("errors", ["no", {"a": "b"}, [1], ["no"], [{"message": "no"}], None])
def test_faults_that_are_not_listed_as_ours_are_a_refusal(errors: Any) -> None:
    answer = httpx.Response(400, json={"errors": errors, "detail": "not here"})
    with pytest.raises(Refused, match=r"^not here$"):
        SolarSync(_connection(lambda _: answer)).jobs()


# --- Logins -----------------------------------------------------------------------------------------------------


def _login(token: str = "first", minutes: float = 15, refresh: str | None = "r-first") -> Login:
    return Login(
        server=SERVER,
        username="tess",
        access_token=token,
        expires_at=datetime.now(UTC) + timedelta(minutes=minutes),
        refresh_token=refresh,
    )


class _Server:
    """Accepts one access token; each refresh token once."""

    def __init__(self, good: str) -> None:
        self.good = good
        self.refreshed: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/auth/refresh"):
            sent = json.loads(request.content)["refresh_token"]
            if sent in self.refreshed or not sent.startswith("r-"):
                return httpx.Response(401, json={"detail": "used"})
            self.refreshed.append(sent)
            self.good = f"after {sent}"
            granted = {"access_token": self.good, "expires_in": 900, "refresh_token": f"{sent}+"}
            return httpx.Response(200, json=granted)
        if request.headers.get("Authorization") != f"Bearer {self.good}":
            return httpx.Response(401, json={"detail": "expired"})
        return httpx.Response(200, json={"username": "tess"})


def test_the_login_is_kept_for_its_owner_alone(tmp_path: Path) -> None:
    kept = KeptLogin(tmp_path / "config")
    kept.write(_login())
    kept.write(_login("second"))
    assert kept.read() == _login("second").model_copy(update={"expires_at": kept.read().expires_at})  # type: ignore[union-attr]
    assert stat.S_IMODE(kept.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.path.parent.stat().st_mode) == 0o700
    assert [path.name for path in kept.path.parent.iterdir()] == ["login.json"]


@pytest.mark.parametrize("minutes", [-5, 0.1, 15])
def test_a_token_is_renewed_before_or_when_it_is_refused_and_the_next_one_kept(
    tmp_path: Path, minutes: float
) -> None:
    kept, server = KeptLogin(tmp_path), _Server("another")
    kept.write(_login(minutes=minutes))
    client = SolarSync(_connection(server, LoginAuth(kept, _login(minutes=minutes))))
    assert client.me() == {"username": "tess"}
    login = kept.read()
    assert login is not None
    assert (login.access_token, login.refresh_token) == ("after r-first", "r-first+")
    assert client.me() == {"username": "tess"}
    assert server.refreshed == ["r-first"]


def test_a_login_that_another_command_has_renewed_is_taken_over(tmp_path: Path) -> None:
    kept, server = KeptLogin(tmp_path), _Server("second")
    stale = LoginAuth(kept, _login(minutes=-1))
    kept.write(_login("second", refresh="r-second"))
    assert SolarSync(_connection(server, stale)).me() == {"username": "tess"}
    assert server.refreshed == []


def test_a_login_that_is_over_is_forgotten_and_the_way_out_named(tmp_path: Path) -> None:
    kept = KeptLogin(tmp_path)
    kept.write(_login(minutes=-1, refresh="stolen"))
    with pytest.raises(AuthenticationFailed, match="solarsync login"):
        SolarSync(_connection(_Server("x"), LoginAuth(kept, _login(minutes=-1)))).me()
    assert kept.read() is None


def test_a_login_that_is_over_already_is_logged_out(tmp_path: Path) -> None:
    kept = KeptLogin(tmp_path)
    kept.write(_login(refresh=None))
    SolarSync(_connection(_Server("another"), LoginAuth(kept, _login(refresh=None)))).log_out()


def test_a_damaged_file_is_no_login(tmp_path: Path) -> None:
    (tmp_path / "login.json").write_text("{")
    assert KeptLogin(tmp_path).read() is None


def test_a_program_sends_its_key() -> None:
    network = _Flaky(httpx.Response(200, json={}))
    SolarSync(_connection(network, KeyAuth("sk-1"))).me()
    assert network.requests[0].headers["X-API-Key"] == "sk-1"


# --- Events -----------------------------------------------------------------------------------------------------


def _event(number: int) -> bytes:
    data = {
        "id": number, "at": "2026-05-01T08:00:00Z", "type": "node.finished", "actor": "service", "run_id": None,
        "data": {"node": "weather"}, "added": "by a newer server",
    }  # fmt: skip
    return f"id: {number}\nevent: node.finished\ndata: {json.dumps(data)}\n\n".encode()


END = b'event: job.ended\ndata: {"status": "succeeded"}\n\n'
HEARTBEAT = b": heartbeat\n\n"


class _Broken(httpx.SyncByteStream):
    """A body that ends in the middle of the network."""

    def __init__(self, *parts: bytes) -> None:
        self._parts = parts

    def __iter__(self) -> Iterator[bytes]:
        yield from self._parts
        raise httpx.ReadError("connection reset")


def _stream(*parts: bytes, broken: bool = False) -> httpx.Response:
    headers = {"Content-Type": "text/event-stream"}
    if broken:
        return httpx.Response(200, headers=headers, stream=_Broken(*parts))
    return httpx.Response(200, headers=headers, content=b"".join(parts))


def _followed(network: Handler, after: int | None = None) -> list[int]:
    return [event.id for event in follow(_connection(network), "/jobs/1/events", after, sleep=lambda _: None)]


def test_a_stream_goes_on_after_the_last_event_seen_without_gap_or_repetition() -> None:
    network = _Flaky(
        _stream(b"retry: 1000\n\n", _event(1), HEARTBEAT, _event(2), _event(3)[:20], broken=True),
        httpx.ConnectError("no route"),
        httpx.Response(503, json={}),
        _stream(_event(3)),  # a server that is stopped lets its clients go
        _stream(_event(4), END),
    )
    assert _followed(network) == [1, 2, 3, 4]
    assert [request.headers.get("Last-Event-ID") for request in network.requests] == [
        None,
        "2",
        "2",
        "2",
        "3",
    ]


def test_what_a_resync_tells_again_is_not_told_again() -> None:
    resync = b"event: resync\ndata: {}\n\n"
    assert _followed(_Flaky(_stream(resync, _event(1), _event(2), _event(3), END)), after=2) == [3]


def test_a_job_that_one_may_not_see_ends_the_following() -> None:
    with pytest.raises(Refused, match="no such thing"):
        _followed(lambda _: httpx.Response(404, json={"detail": "no such thing"}))


@pytest.mark.parametrize("answer", PORTAL)
def test_a_portal_is_not_followed(answer: str) -> None:
    network = _Flaky(*(PORTAL[answer]() for _ in range(STRANGERS)))
    with pytest.raises(Refused, match="/jobs/1/events did not answer as SolarSync does"):
        _followed(network)


def test_a_portal_that_opens_is_passed() -> None:
    assert _followed(_Flaky(PORTAL["a page"](), _stream(_event(1), END))) == [1]


def test_a_network_that_stays_away_is_given_up_in_the_end() -> None:
    clock = iter(range(0, 10_000, int(PATIENCE_SECONDS // 4)))

    def gone(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route")

    events = follow(_connection(gone), "/e", None, sleep=lambda _: None, now=lambda: next(clock))
    with pytest.raises(ServerUnreachable, match="cannot be followed: no route"):
        list(events)


def test_a_command_that_stopped_while_it_renewed_the_login_keeps_no_other_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.client.login.PATIENCE_SECONDS", 0.2)
    kept = KeptLogin(tmp_path)
    kept.write(_login(minutes=-1))
    with kept.locked(), pytest.raises(Conflict, match="Another solarsync command"):
        SolarSync(_connection(_Server("x"), LoginAuth(kept, _login(minutes=-1)))).me()
    assert kept.read() is not None
