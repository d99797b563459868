"""Sending one message to a webhook, to an address that was checked and no other."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping
from importlib.metadata import version

import httpx

from core.clock import Clock
from core.threads import in_own_thread
from core.webhooks.addresses import first_refusal
from core.webhooks.schedule import Answer, wish

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""The addresses of a name, best first; raises `OSError` where it has none."""

ATTEMPT_SECONDS = 10.0
"""For all of it: looking the name up, connecting, sending, and reading the start of the answer."""
CONNECT_SECONDS = 4.0
"""For each of a name's addresses, so that one that is dead leaves time for the next."""
EXCERPT_BYTES = 1000
IDENTITY = {
    "content-type": "application/json",
    "user-agent": f"SolarSync/{version('solarsync')}",
    "accept-encoding": "identity",  # the start of a compressed body cannot be shown
}


class _Refused(Exception):
    """An address that nothing is sent to; the message is the reason."""


class Resolver:
    """The system's resolver, asked in a thread for each name: its own of the event loop looks up two at a time.

    Who asks for a name that is being looked up waits for the same answer, so that one whose servers are silent holds
    one thread, however often it is tried.
    """

    def __init__(self) -> None:
        self._under_way: dict[tuple[str, int], asyncio.Task[list[str]]] = {}

    async def __call__(self, host: str, port: int) -> list[str]:
        name = host, port
        if name not in self._under_way:
            look_up = self._under_way[name] = asyncio.create_task(in_own_thread(_addresses, host, port))
            look_up.add_done_callback(lambda _: self._under_way.pop(name))
        return await asyncio.shield(self._under_way[name])


def _addresses(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class WebhookSender:
    """Keeps nothing between messages: no connection, no cookie. Follows no redirect and heeds no proxy setting."""

    def __init__(
        self,
        clock: Clock,
        *,
        allow_private: bool,
        resolve: Resolve | None = None,
        certificates: ssl.SSLContext | None = None,
        seconds: float = ATTEMPT_SECONDS,
    ) -> None:
        self._clock = clock
        self._allow_private = allow_private
        self._resolve = resolve or Resolver()
        self._tls = certificates or httpx.create_ssl_context()
        self._seconds = seconds

    async def send(self, url: str, headers: Mapping[str, str], content: bytes) -> Answer:
        """POST the content once. Whatever goes wrong is in the answer."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._post(httpx.URL(url), {**IDENTITY, **headers}, content)
        except (TimeoutError, httpx.TimeoutException):
            return Answer(error=f"no answer within {self._seconds:g} s")
        except _Refused as refused:
            return Answer(error=f"not sent: {refused}")
        except httpx.HTTPError as error:
            return Answer(error=f"cannot be reached ({type(error).__name__})")
        except (OSError, UnicodeError):  # the resolver's; those of the connection are httpx's
            return Answer(error="its name has no address")

    async def _post(self, url: httpx.URL, headers: Mapping[str, str], content: bytes) -> Answer:
        host = url.raw_host.decode()
        addresses = await self._resolve(host, url.port or (443 if url.scheme == "https" else 80))
        refusal = first_refusal(addresses, allow_private=self._allow_private)
        if refusal is not None:
            raise _Refused(refusal)
        unreachable: httpx.HTTPError | None = None
        for address in addresses:
            try:
                return await self._post_to(address, url, headers, content)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                unreachable = error
        raise unreachable or httpx.ConnectError("no address")

    async def _post_to(
        self, address: str, url: httpx.URL, headers: Mapping[str, str], content: bytes
    ) -> Answer:
        """POST to that very address; the name stays in the Host header and in what TLS verifies."""
        request = httpx.Request("POST", url, headers=headers, content=content)
        request.url = url.copy_with(host=address)
        request.extensions["timeout"] = httpx.Timeout(self._seconds, connect=CONNECT_SECONDS).as_dict()
        if url.scheme == "https" and url.host != address:
            request.extensions["sni_hostname"] = url.raw_host.decode()
        async with httpx.AsyncHTTPTransport(verify=self._tls, trust_env=False) as transport:
            response = await transport.handle_async_request(request)
            try:
                excerpt = await _start(response)
            finally:
                await response.aclose()
        return Answer(
            status=response.status_code,
            excerpt=excerpt or None,
            wish=wish(response.headers.get("retry-after"), self._clock.now()),
        )


async def _start(response: httpx.Response) -> str:
    """The first of the body, as text that PostgreSQL stores."""
    content = b""
    async for part in response.aiter_raw():
        content += part
        if len(content) >= EXCERPT_BYTES:
            break
    return content[:EXCERPT_BYTES].decode(errors="replace").replace("\0", "�")
