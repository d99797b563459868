"""Where a webhook may lead: which URLs are accepted, and which addresses a name may resolve to.

Sources: the IANA special-purpose address registries (RFC 6890) and the IANA IPv6 address space, which gives global
unicast addresses from 2000::/3 only. Special blocks that hold a few public anycast services are refused whole.
"""

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, Literal

import httpx

from core.errors import FieldError, InvalidInput

LONGEST_URL: Final = 2000
MOST_PORT: Final = 65_535
SCHEMES: Final = ("http", "https")

Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Refusal:
    """A block of addresses, what it is, and whether `WEBHOOK_ALLOW_PRIVATE` opens it."""

    block: IPv4Network | IPv6Network
    name: str
    opened_by: Literal["setting", "nothing"]


def _refusal(block: str, name: str, opened_by: Literal["setting", "nothing"]) -> Refusal:
    return Refusal(ip_network(block), name, opened_by)


REFUSALS: Final = (
    # The first block that holds an address speaks for it.
    _refusal("169.254.169.254/32", "a metadata service", "nothing"),  # AWS, "IPv6 on AWS" (IMDS), and others
    _refusal("fd00:ec2::254/128", "a metadata service", "nothing"),  # AWS, "IPv6 on AWS" (IMDS)
    _refusal("100.100.100.200/32", "a metadata service", "nothing"),  # Alibaba Cloud, ECS instance metadata
    _refusal("168.63.129.16/32", "a metadata service", "nothing"),  # Azure WireServer, afterburn's fallback
    _refusal("0.0.0.0/8", "unspecified", "nothing"),  # RFC 1122
    _refusal("::/128", "unspecified", "nothing"),  # RFC 4291
    _refusal("224.0.0.0/4", "multicast", "nothing"),  # RFC 1112
    _refusal("ff00::/8", "multicast", "nothing"),  # RFC 4291
    _refusal("240.0.0.0/4", "reserved", "nothing"),  # RFC 1112, with 255.255.255.255 of RFC 919
    _refusal("127.0.0.0/8", "loopback", "setting"),  # RFC 1122
    _refusal("::1/128", "loopback", "setting"),  # RFC 4291
    _refusal("10.0.0.0/8", "private", "setting"),  # RFC 1918
    _refusal("172.16.0.0/12", "private", "setting"),  # RFC 1918
    _refusal("192.168.0.0/16", "private", "setting"),  # RFC 1918
    _refusal("100.64.0.0/10", "private", "setting"),  # RFC 6598, shared address space
    _refusal("fc00::/7", "private", "setting"),  # RFC 4193
    _refusal("169.254.0.0/16", "link-local", "setting"),  # RFC 3927
    _refusal("fe80::/10", "link-local", "setting"),  # RFC 4291
    _refusal("192.0.0.0/24", "reserved", "nothing"),  # RFC 6890, IETF protocol assignments
    _refusal("192.0.2.0/24", "for documentation", "nothing"),  # RFC 5737
    _refusal("198.51.100.0/24", "for documentation", "nothing"),  # RFC 5737
    _refusal("203.0.113.0/24", "for documentation", "nothing"),  # RFC 5737
    _refusal("198.18.0.0/15", "for benchmarks", "nothing"),  # RFC 2544
    _refusal("192.88.99.0/24", "a tunnel", "nothing"),  # RFC 7526, relays of 6to4
    _refusal("2001::/23", "reserved", "nothing"),  # RFC 2928, IETF protocol assignments, Teredo among them
    _refusal("2001:db8::/32", "for documentation", "nothing"),  # RFC 3849
    _refusal("2002::/16", "a tunnel", "nothing"),  # RFC 3056, carries an IPv4 address
    _refusal("3fff::/20", "for documentation", "nothing"),  # RFC 9637
)

GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
NAT64: Final = IPv6Network("64:ff9b::/96")
"""RFC 6052: the last 32 bits are the IPv4 address that is meant."""


def why_refused(address: str, *, allow_private: bool) -> str | None:
    """What is wrong with the address; None where a webhook may be sent to it.

    An IPv4 address written as an IPv6 one is judged as the IPv4 address.
    """
    meant = _meant(ip_address(address))
    for refusal in REFUSALS:
        if meant in refusal.block:
            opened = allow_private and refusal.opened_by == "setting"
            return None if opened else f"{address} is {refusal.name}"
    if isinstance(meant, IPv6Address) and meant not in GLOBAL_UNICAST:
        return f"{address} is reserved"
    return None


def first_refusal(addresses: Iterable[str], *, allow_private: bool) -> str | None:
    """The first reason against any of a name's addresses; a name that has one bad address is not called."""
    reasons = (why_refused(address, allow_private=allow_private) for address in addresses)
    return next((reason for reason in reasons if reason is not None), None)


def check_url(text: str, *, allow_private: bool) -> str:
    """The URL, if it may be registered; else raises `InvalidInput`. Names are resolved when something is sent."""
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        raise InvalidInput([FieldError("/url", "is not a URL")]) from None
    faults = (
        (len(text) > LONGEST_URL, f"is longer than {LONGEST_URL} characters"),
        (url.scheme not in SCHEMES or not url.host, "must be an http:// or https:// URL with a host"),
        (url.port is not None and not 0 < url.port <= MOST_PORT, f"must name a port from 1 to {MOST_PORT}"),
        (bool(url.userinfo), "must not carry credentials; receivers know this service by its signature"),
        (bool(url.fragment), "must not have a fragment"),
    )
    reasons = [reason for at_fault, reason in faults if at_fault]
    with contextlib.suppress(ValueError):  # a name, not an address
        reasons += filter(None, [why_refused(url.host, allow_private=allow_private)])
    if reasons:
        raise InvalidInput([FieldError("/url", reason) for reason in reasons])
    return text


def _meant(address: Address) -> Address:
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in NAT64:
            return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address
