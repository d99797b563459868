"""Sending to a real server on loopback: what arrives, and what is never tried."""

import asyncio
import gc
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import RedirectResponse, Response

from core.clients.webhook import EXCERPT_BYTES, WebhookSender
from core.clock import SystemClock
from tests.support.receiver import Receiver, running_receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running_receiver() as receiver:
        yield receiver


class Names:
    """A resolver that gives each answer in turn, the last for ever, and counts how often it was asked."""

    def __init__(self, *answers: list[str]) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append((host, port))
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


def _sender(*answers: list[str], allow_private: bool = True) -> tuple[WebhookSender, Names]:
    names = Names(*answers)
    return WebhookSender(SystemClock(), allow_private=allow_private, resolve=names), names


async def test_the_name_is_resolved_once_and_stays_in_the_request(receiver: Receiver) -> None:
    sender, names = _sender(["127.0.0.1"])
    url = f"http://receiver.example:{receiver.port}/hook?key=1"
    answer = await sender.send(url, {"webhook-id": "msg_1"}, b'{"a":1}')
    assert (answer.status, answer.error) == (204, None)
    assert names.asked == [("receiver.example", receiver.port)]
    (request,) = receiver.received
    assert (request.path, request.body) == ("/hook", b'{"a":1}')
    assert request.headers["host"] == f"receiver.example:{receiver.port}"
    assert request.headers["webhook-id"] == "msg_1"
    assert request.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], ["::ffff:127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["169.254.169.254"]]
)
async def test_a_name_that_leads_inside_is_not_called(receiver: Receiver, addresses: list[str]) -> None:
    sender, _ = _sender(addresses, allow_private=False)
    answer = await sender.send(f"http://receiver.example:{receiver.port}/", {}, b"{}")
    assert answer.status is None
    assert answer.error is not None
    assert answer.error.startswith("not sent: ")
    assert receiver.received == []


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f000001", "[::1]"])
async def test_no_spelling_of_loopback_gets_past_the_system_s_resolver(receiver: Receiver, host: str) -> None:
    sender = WebhookSender(SystemClock(), allow_private=False)
    answer = await sender.send(f"http://{host}:{receiver.port}/", {}, b"{}")
    assert answer.status is None
    assert receiver.received == []


async def test_an_address_that_is_dead_leaves_its_turn_to_the_next(receiver: Receiver) -> None:
    sender, _ = _sender(["::1", "127.0.0.1"])
    answer = await sender.send(f"http://receiver.example:{receiver.port}/", {}, b"{}")
    assert answer.status == 204


async def test_a_redirect_is_an_answer_and_is_not_followed(receiver: Receiver) -> None:
    receiver.answers = [RedirectResponse("/elsewhere")]
    sender, _ = _sender(["127.0.0.1"])
    answer = await sender.send(f"http://receiver.example:{receiver.port}/hook", {}, b"{}")
    assert answer.status == 307
    assert [request.path for request in receiver.received] == ["/hook"]


async def test_a_cookie_is_not_given_back(receiver: Receiver) -> None:
    receiver.answers = [Response(headers={"set-cookie": "id=1"})]
    sender, _ = _sender(["127.0.0.1"])
    for _ in range(2):
        await sender.send(f"http://receiver.example:{receiver.port}/", {}, b"{}")
    assert "cookie" not in receiver.received[1].headers


async def test_the_start_of_the_answer_is_kept_as_text_that_can_be_stored(receiver: Receiver) -> None:
    receiver.answers = [Response(b"bad \x00\xff " + b"x" * 100_000, 500, headers={"retry-after": "60"})]
    sender, _ = _sender(["127.0.0.1"])
    answer = await sender.send(f"http://receiver.example:{receiver.port}/", {}, b"{}")
    assert answer.status == 500
    assert answer.excerpt is not None
    assert answer.excerpt.startswith("bad �� xxx")
    assert len(answer.excerpt) <= EXCERPT_BYTES
    assert answer.wish == timedelta(seconds=60)


async def test_nobody_there_is_an_answer_without_a_status() -> None:
    sender, _ = _sender(["127.0.0.1"])
    answer = await sender.send("http://receiver.example:1/", {}, b"{}")
    assert (answer.status, answer.error) == (None, "cannot be reached (ConnectError)")


async def test_a_name_without_an_address_is_an_answer_too() -> None:
    async def unknown(host: str, port: int) -> list[str]:
        raise OSError(f"{host}:{port}")

    sender = WebhookSender(SystemClock(), allow_private=True, resolve=unknown)
    answer = await sender.send("http://receiver.example/", {}, b"{}")
    assert answer.error == "its name has no address"


async def test_a_receiver_that_keeps_silent_is_given_up() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    sender = WebhookSender(SystemClock(), allow_private=True, resolve=Names(["127.0.0.1"]), seconds=0.2)
    answer = await sender.send(f"http://receiver.example:{port}/", {}, b"{}")
    server.close()
    await server.wait_closed()
    assert answer.error == "no answer within 0.2 s"


class SilentNames:
    """Stands for the system's resolver: the servers of every name but loopback's say nothing until released."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        self.released = threading.Event()
        self._known = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", self._look_up)

    def _look_up(self, host: str, *arguments: Any, **named: Any) -> Any:
        if host == "127.0.0.1":
            return self._known(host, *arguments, **named)
        self.asked.append(host)
        self.released.wait(10)
        raise socket.gaierror(socket.EAI_AGAIN, "no name server answered")


def test_names_whose_servers_are_silent_hold_up_no_other_work(monkeypatch: pytest.MonkeyPatch) -> None:
    names = SilentNames(monkeypatch)

    async def scene() -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        sender = WebhookSender(SystemClock(), allow_private=True)
        dead = [asyncio.create_task(sender.send(f"http://{n}.example/", {}, b"{}")) for n in range(8)]
        await asyncio.sleep(0.05)
        assert await asyncio.to_thread(str, 1) == "1"
        assert (
            await sender.send("http://127.0.0.1:1/", {}, b"{}")
        ).error == "cannot be reached (ConnectError)"
        assert not any(each.done() for each in dead)
        names.released.set()
        assert {answer.error for answer in await asyncio.gather(*dead)} == {"its name has no address"}

    asyncio.run(scene())


def test_a_name_is_looked_up_once_at_a_time_however_often_it_is_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names, unheard = SilentNames(monkeypatch), list[dict[str, Any]]()

    async def scene() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: unheard.append(context))
        sender = WebhookSender(SystemClock(), allow_private=True, seconds=0.5)
        for _ in range(3):
            answer = await sender.send("http://dead.example/", {}, b"{}")
            assert answer.error == "no answer within 0.5 s"
        assert names.asked == ["dead.example"]
        names.released.set()
        for _ in range(2):  # the first waits for what is under way, or is the one to look up anew
            answer = await sender.send("http://dead.example/", {}, b"{}")
            assert answer.error == "its name has no address"
        assert len(names.asked) > 1

    asyncio.run(scene())
    gc.collect()
    assert unheard == []


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for receiver.example, and its key, in one file."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl on the PATH to make a certificate with")
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [
            openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=receiver.example",
            "-addext", "subjectAltName=DNS:receiver.example",
            "-keyout", str(folder / "both.pem"), "-out", str(folder / "cert.pem"),
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    with (folder / "both.pem").open("a") as both:
        both.write((folder / "cert.pem").read_text())
    return folder / "both.pem"


@pytest.mark.parametrize(
    ("name", "outcome"), [("receiver.example", "answered"), ("other.example", "refused")]
)
async def test_tls_verifies_the_name_although_an_address_is_called(
    certificate: Path, name: str, outcome: str
) -> None:
    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await writer.drain()
        writer.close()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = await asyncio.start_server(answers, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    trusting = ssl.create_default_context(cafile=str(certificate.parent / "cert.pem"))
    sender = WebhookSender(
        SystemClock(), allow_private=True, resolve=Names(["127.0.0.1"]), certificates=trusting
    )
    answer = await sender.send(f"https://{name}:{port}/", {}, b"{}")
    server.close()
    await server.wait_closed()
    assert (answer.status == 204) == (outcome == "answered"), answer
