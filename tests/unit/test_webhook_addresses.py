import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.webhooks.addresses import REFUSALS, check_url, first_refusal, why_refused

PUBLIC = [
    "8.8.8.8",
    "1.1.1.1",
    "2001:4860:4860::8888",
    "2606:4700::1111",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
]

REFUSED = [
    ("127.0.0.1", "loopback"),
    ("127.255.255.254", "loopback"),
    ("::1", "loopback"),
    ("10.0.0.1", "private"),
    ("172.31.255.255", "private"),
    ("192.168.1.1", "private"),
    ("100.64.0.1", "private"),
    ("fd12::1", "private"),
    ("169.254.1.1", "link-local"),
    ("fe80::1", "link-local"),
    ("fe80::1%eth0", "link-local"),
    ("0.0.0.0", "unspecified"),
    ("::", "unspecified"),
    ("224.0.0.1", "multicast"),
    ("ff02::1", "multicast"),
    ("255.255.255.255", "reserved"),
    ("192.0.0.192", "reserved"),
    ("169.254.169.254", "a metadata service"),
    ("fd00:ec2::254", "a metadata service"),
    ("100.100.100.200", "a metadata service"),
    ("168.63.129.16", "a metadata service"),
    ("::ffff:127.0.0.1", "loopback"),
    ("::ffff:10.1.2.3", "private"),
    ("::ffff:169.254.169.254", "a metadata service"),
    ("64:ff9b::7f00:1", "loopback"),
    ("64:ff9b:1::1", "reserved"),
    ("2002:7f00:1::", "a tunnel"),
    ("2001:0:7f00:1::", "reserved"),
    ("::7f00:1", "reserved"),
    ("fec0::1", "reserved"),
    ("4000::1", "reserved"),
]

OPENED = {"loopback", "private", "link-local"}


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_may_be_called(address: str) -> None:
    assert why_refused(address, allow_private=False) is None


@pytest.mark.parametrize(("address", "name"), REFUSED)
def test_any_other_address_is_refused_by_name(address: str, name: str) -> None:
    assert why_refused(address, allow_private=False) == f"{address} is {name}"


@pytest.mark.parametrize(("address", "name"), REFUSED)
def test_the_setting_opens_private_networks_and_nothing_else(address: str, name: str) -> None:
    assert (why_refused(address, allow_private=True) is None) == (name in OPENED)


@given(st.ip_addresses(v=4))
def test_writing_an_address_as_ipv6_changes_nothing(address: ipaddress.IPv4Address) -> None:
    plain = why_refused(str(address), allow_private=False)
    for written in (f"::ffff:{address}", f"64:ff9b::{address}"):
        assert (why_refused(written, allow_private=False) is None) == (plain is None)


@given(st.ip_addresses())
def test_what_python_calls_private_is_never_called(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    mapped = getattr(address, "ipv4_mapped", None) or address
    if mapped.is_private or mapped.is_loopback or mapped.is_link_local or mapped.is_multicast:
        assert why_refused(str(address), allow_private=False) is not None


def test_no_row_is_hidden_behind_an_earlier_one() -> None:
    for number, refusal in enumerate(REFUSALS):
        for earlier in REFUSALS[:number]:
            same_version = earlier.block.version == refusal.block.version
            assert not (same_version and refusal.block.subnet_of(earlier.block)), refusal  # type: ignore[arg-type]  # of one version


def test_one_bad_address_among_good_ones_is_enough() -> None:
    assert first_refusal(["8.8.8.8", "10.0.0.1"], allow_private=False) == "10.0.0.1 is private"
    assert first_refusal(["8.8.8.8", "1.1.1.1"], allow_private=False) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://receiver.example/hooks/solar?key=1",
        "http://receiver.example:8080",
        "https://8.8.8.8/hook",
        "https://[2001:4860:4860::8888]/hook",
        "https://münchen.example/hook",
    ],
)
def test_a_web_address_may_be_registered(url: str) -> None:
    assert check_url(url, allow_private=False) == url


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://receiver.example/", "http:// or https://"),
        ("file:///etc/passwd", "http:// or https://"),
        ("receiver.example/hook", "http:// or https://"),
        ("https:///hook", "http:// or https://"),
        ("https://user:password@receiver.example/", "credentials"),
        ("https://user@receiver.example/", "credentials"),
        ("https://receiver.example/#part", "fragment"),
        ("https://receiver.example:99999/", "a port from 1 to 65535"),
        ("https://receiver.example/\n", "not a URL"),
        ("https://receiver.example/" + "x" * 2000, "longer than 2000"),
        ("http://127.0.0.1/", "loopback"),
        ("http://[::1]/", "loopback"),
        ("http://[::ffff:169.254.169.254]/latest/meta-data", "a metadata service"),
        ("", "http:// or https://"),
    ],
)
def test_any_other_url_is_refused_with_the_reason(url: str, reason: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_url(url, allow_private=False)
    assert refused.value.errors[0].pointer == "/url"
    assert reason in refused.value.detail
