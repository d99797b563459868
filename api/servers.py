"""The settings of this process with every URL set: given, or of the embedded servers."""

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import SecretStr

from core.config import Settings


@contextmanager
def with_servers(settings: Settings, *, await_stop: float = 0.0) -> Iterator[Settings]:
    """Start what embedded servers are needed, and hold them for as long as the context is entered.

    `await_stop` [s] is how long to wait afterwards for servers that nobody else uses to end. As the first process of
    a container this one would otherwise take them with it before they are done.
    """
    postgres, valkey = settings.database_url is None, settings.redis_url is None
    if not postgres and not valkey:
        yield settings
        return
    from core.embedded import (  # noqa: PLC0415  not needed where both URLs are given
        start_embedded_servers,
        wait_until_stopped,
    )

    with start_embedded_servers(settings.data_dir.absolute(), postgres=postgres, valkey=valkey) as servers:
        yield settings.model_copy(
            update={
                "database_url": SecretStr(servers.database_url) if postgres else settings.database_url,
                "redis_url": SecretStr(servers.redis_url) if valkey else settings.redis_url,
            }
        )
    if await_stop:
        wait_until_stopped(settings.data_dir.absolute(), patience=await_stop)


def environment_of(settings: Settings) -> dict[str, str]:
    """The variables that give a child process the same servers."""
    assert settings.database_url is not None and settings.redis_url is not None  # noqa: S101, PT018  see with_servers
    return {
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "REDIS_URL": settings.redis_url.get_secret_value(),
        "DATA_DIR": str(settings.data_dir.absolute()),
    }
