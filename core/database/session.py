"""Engine and sessions: one session per request or task, one transaction per session."""

import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import orjson
import structlog
from pydantic import SecretStr
from sqlalchemy import AdaptedConnection, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from starlette.requests import HTTPConnection

from core.database.direct import ALONE
from core.database.errors import storage_errors

log = structlog.get_logger(__name__)

AsyncSessionLocal = async_sessionmaker(class_=AsyncSession, expire_on_commit=False)
"""Makes sessions; whoever calls it says on which engine: `AsyncSessionLocal(bind=engine)`."""


def sqlalchemy_url(url: str) -> str:
    """`url` in the form SQLAlchemy's asyncpg dialect takes; libpq's `sslmode` becomes asyncpg's `ssl`."""
    parts = urlsplit(url)
    query = [("ssl" if key == "sslmode" else key, value) for key, value in parse_qsl(parts.query)]
    # urlunsplit drops the empty authority of postgresql:///name
    rest = urlunsplit(("", "", parts.path, urlencode(query, safe="/"), ""))
    return f"postgresql+asyncpg://{parts.netloc}{rest}"


CONNECT_SECONDS = 3.0
"""How long a new connection may take."""
POOL_SECONDS = 6.0
"""How long one may be waited for that others have in use: a burst is worked off, a request's time not used up."""
IDLE_SECONDS = 10.0
"""PostgreSQL ends a session that says nothing for so long within a transaction: its process is frozen or gone, and the
rows that it has locked are waited for by whoever took its runs over."""
APPLICATION = "solarsync"
"""How PostgreSQL knows our sessions from those of others; a name of their own begins with it."""


def create_engine(
    url: str,
    *,
    pool_size: int = 20,
    max_overflow: int = 10,
    echo: bool = False,
    statement_seconds: float | None = None,
    idle_seconds: float = IDLE_SECONDS,
) -> AsyncEngine:
    """An engine with its pool; nothing is opened until the first use.

    `statement_seconds` [s] bounds every statement, so that a server which went silent is an error and not a wait;
    migrations go without, since building an index takes what it takes. `idle_seconds` [s] is how long a transaction may
    stand still.
    """
    engine = create_async_engine(
        sqlalchemy_url(url),
        pool_size=pool_size,
        max_overflow=max_overflow,
        echo=echo,
        pool_timeout=POOL_SECONDS,
        pool_use_lifo=True,  # the connection used last has its statements planned
        connect_args={
            "timeout": CONNECT_SECONDS,
            "command_timeout": statement_seconds,
            "server_settings": {
                "application_name": APPLICATION,
                "idle_in_transaction_session_timeout": str(round(idle_seconds * 1000)),
            },
        },
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
    )
    event.listen(engine.sync_engine, "checkout", _refuse_closed)
    log.info(
        "core.database.engine_created",
        host=engine.url.host or "socket",
        database=engine.url.database,
        pool_size=pool_size,
        max_overflow=max_overflow,
    )
    return engine


@contextlib.asynccontextmanager
async def opened_engine(url: SecretStr | None, *, pool_size: int = 1) -> AsyncIterator[AsyncEngine]:
    """An engine for one errand, its connections closed afterwards; `with_servers` has set the URL by now."""
    if url is None:
        raise ValueError("the embedded servers are started, and their URLs set, before anything is opened")
    engine = create_engine(url.get_secret_value(), pool_size=pool_size)
    try:
        yield engine
    finally:
        await engine.dispose()


def _refuse_closed(connection: AdaptedConnection, _record: object, _proxy: object) -> None:
    """Have the pool replace a connection that its server closed, as every restart of PostgreSQL does.

    The driver has heard of it, so it is asked instead of the server: SQLAlchemy's own ping is a transaction
    of three round trips before every transaction of ours.
    """
    if connection.driver_connection.is_closed():
        raise DisconnectionError


def asyncpg_options(engine: AsyncEngine, *, name: str = APPLICATION) -> dict[str, Any]:
    """What `asyncpg.connect` needs to reach the engine's database without the engine; operators see `name`."""
    _, options = engine.dialect.create_connect_args(engine.url)
    return {**options, "server_settings": {"application_name": name}}


READING = frozenset({"GET", "HEAD"})

Route = TypeVar("Route", bound=Callable[..., Any])


def single_statement(when: Callable[[HTTPConnection], bool]) -> Callable[[Route], Route]:
    """Marks a route whose requests write by one statement alone, those for which `when` says so."""

    def mark(route: Route) -> Route:
        route.__dict__["single_statement"] = when
        return route

    return mark


def without_transactions(engine: AsyncEngine) -> AsyncEngine:
    """The same connections, each statement for itself."""
    return engine.execution_options(isolation_level=ALONE)


@contextlib.asynccontextmanager
async def open_session(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    """A session, committed when its block ends; `StorageUnavailable` where PostgreSQL cannot be reached.

    On an engine `without_transactions` a single statement costs a single round trip.
    """
    with storage_errors():
        async with _committed(engine) as session:
            yield session


@contextlib.asynccontextmanager
async def _committed(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    """A session that asks for nothing when it ends unless it has begun something: `Direct` begins nothing."""
    session = AsyncSessionLocal(bind=engine)
    try:
        yield session
        if session.in_transaction():
            await session.commit()
    finally:
        if session.in_transaction():
            async with session:  # which rolls back whether or not the task is cancelled meanwhile
                pass


async def get_db(connection: HTTPConnection) -> AsyncIterator[AsyncSession]:
    """The session of one request: committed when the route returns, rolled back when it raises.

    Depend on it with ``scope="function"``, so that the commit precedes the answer. A request that only looks has
    no transaction: each of its statements would see for itself within one too, and to begin and to end one are
    two more round trips. Nor has one that writes by a single statement, which is all or nothing by itself.
    """
    services = connection.app.state.services
    single = getattr(connection.scope["endpoint"], "single_statement", None)
    alone = connection.scope["method"] in READING or (single is not None and single(connection))
    bind = services.reading if alone else services.engine
    async with _committed(bind) as session:
        yield session
