"""PostgreSQL and Valkey out of wheels, on private sockets, for a machine that has neither.

    DATA_DIR/embedded/postgres, DATA_DIR/embedded/valkey     data, log and locks of a server, kept
    $XDG_RUNTIME_DIR/solarsync-xxxxxxxx or /tmp/…            its socket, gone with it

Every process that uses a server holds a shared lock. A guard, detached from all of them, owns the server and
stops it when the last lock is gone (see `guard`). Each server has a guard of its own, so that either may be
used alone.
"""

import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import structlog

from core.errors import ConfigurationError

if TYPE_CHECKING:
    from core.embedded.start import Use

logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class EmbeddedServers:
    """A share in the running servers, until `release` or the end of this process and its forked children."""

    database_url: str
    """For SQLAlchemy with asyncpg; empty if PostgreSQL was not asked for."""
    redis_url: str
    """Empty if Valkey was not asked for."""
    _uses: "list[Use]" = field(default_factory=list, repr=False, compare=False)

    def release(self) -> None:
        """Give up the share; the servers stop with the last one. Nothing happens the second time."""
        while self._uses:
            self._uses.pop().release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def start_embedded_servers(data_dir: Path, *, postgres: bool = True, valkey: bool = True) -> EmbeddedServers:
    """Use the servers whose data is in `data_dir`, starting those that do not run; returns when they answer.

    Raises
    ------
    ConfigurationError
        A wheel is missing, the data is of another major version, or a folder cannot be used.
    StorageUnavailable
        A server did not come up.
    """
    if sys.platform == "win32":
        raise ConfigurationError(["embedded servers run on Linux and macOS: set DATABASE_URL and REDIS_URL"])
    from core.embedded import programs, start  # noqa: PLC0415 - their fcntl and pwd do not exist on Windows

    began = time.perf_counter()
    data_dir = data_dir.expanduser().resolve()
    wanted = [p for p, asked in ((programs.POSTGRES, postgres), (programs.VALKEY, valkey)) if asked]
    try:
        uses = start.use_all(wanted, data_dir)
    except OSError as error:
        raise ConfigurationError(
            [f"DATA_DIR {data_dir} does not serve for embedded servers: {error}"]
        ) from error
    urls = {use.program.url_variable: use.url for use in uses}
    logger.info(
        "core.embedded.started",
        data_dir=str(data_dir),
        servers=[use.program.key for use in uses],
        fresh=[use.program.key for use in uses if use.guard],
        seconds=round(time.perf_counter() - began, 3),
    )
    return EmbeddedServers(urls.get("DATABASE_URL", ""), urls.get("REDIS_URL", ""), uses)


def wait_until_stopped(data_dir: Path, patience: float = 60.0) -> bool:
    """Whether all servers of a data folder have ended, waiting for it up to `patience` seconds [s]."""
    from core.embedded import programs, start  # noqa: PLC0415 - as above

    folders = [start.server_folder(program, data_dir.expanduser().resolve()) for program in programs.ALL]
    deadline = time.monotonic() + patience
    while not all(start.has_stopped(folder) for folder in folders):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
