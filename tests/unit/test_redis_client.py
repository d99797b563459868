import ssl

import pytest
import structlog
from redis.asyncio.connection import SSLConnection

from core.errors import ConfigurationError
from core.redis import CONNECT_TIMEOUT, SOCKET_TIMEOUT, address, create_redis, create_sync_redis

SECRETS = "redis://operator:s3cret@cache.example:6380/2?socket_timeout=1"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (SECRETS, "redis://cache.example:6380/2"),
        ("rediss://:s3cret@cache.example", "rediss://cache.example:6379/0"),
        ("redis://u:s3cret@[::1]:7000/1", "redis://[::1]:7000/1"),
        ("unix://u@/run/a%20b/redis.sock?db=3&password=s3cret", "unix:///run/a b/redis.sock?db=3"),
    ],
)
def test_an_address_names_the_place_and_no_credentials(url: str, shown: str) -> None:
    assert address(url) == shown


@pytest.mark.parametrize("create", [create_redis, create_sync_redis])
def test_creating_a_client_logs_no_credentials(create: object) -> None:
    with structlog.testing.capture_logs() as logs:
        create_redis(SECRETS) if create is create_redis else create_sync_redis(SECRETS)

    assert len(logs) == 1
    assert "cache.example" in str(logs)
    assert "s3cret" not in str(logs)
    assert "operator" not in str(logs)


@pytest.mark.parametrize("url", ["http://s3cret", "redis://s3cret:port/0", "redis://[s3cret", "s3cret", ""])
def test_a_url_redis_does_not_understand_is_refused_without_being_shown(url: str) -> None:
    for create in (create_redis, create_sync_redis):
        with pytest.raises(ConfigurationError) as refused:
            create(url)
        assert "s3cret" not in str(refused.value)
        assert refused.value.__cause__ is None


@pytest.mark.parametrize("url", ["redis://cache.example/0", "unix:///run/redis.sock?db=0"])
def test_every_wait_of_a_client_is_bounded(url: str) -> None:
    for client in (create_redis(url), create_sync_redis(url)):
        options = client.connection_pool.connection_kwargs
        assert options["socket_connect_timeout"] == CONNECT_TIMEOUT
        assert options["socket_timeout"] == SOCKET_TIMEOUT
        assert options["retry"].get_retries() < 5
        assert CONNECT_TIMEOUT + SOCKET_TIMEOUT < 10


def test_a_tls_url_makes_a_client_that_verifies_its_server() -> None:
    pool = create_redis("rediss://cache.example/0").connection_pool
    connection = pool.connection_class(**pool.connection_kwargs)

    assert isinstance(connection, SSLConnection)
    assert connection.ssl_context.cert_reqs is ssl.CERT_REQUIRED
    assert connection.ssl_context.check_hostname
