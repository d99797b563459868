"""What all processes together have counted, so that any API process can answer a scrape for the whole service.

Every process leaves a snapshot of its metrics in Redis every few seconds; it expires with the process. A scrape reads
them all and sets each under a label `process`, so that a process that starts anew is a new series and no counter ever
falls. What is true of the service and not of a process (the queue, the budgets) is read from its store at each scrape.
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Iterable
from contextlib import asynccontextmanager, suppress
from importlib.metadata import version
from typing import Any, Literal, TypeVar, cast

import orjson
import structlog
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy.ext.asyncio import AsyncEngine

from core.clients.budget import Budget
from core.clients.limits import LIMITS
from core.clock import Clock
from core.database.session import open_session, without_transactions
from core.errors import StorageUnavailable
from core.metrics import REGISTRY
from core.queue import queue_depth

log = structlog.get_logger(__name__)

EVERY_SECONDS = 5.0
KEPT_SECONDS = 30
"""How long a process that ended or hangs is still seen: two scrapes at Prometheus' usual 15 s."""
PATIENCE_SECONDS = 3.0
_PREFIX = "solarsync:metrics"

Role = Literal["api", "worker", "scheduler"]
Snapshot = list[dict[str, Any]]
T = TypeVar("T")


def process_name(role: Role) -> str:
    return f"{role}-{socket.gethostname()}-{os.getpid()}"


def snapshot() -> Snapshot:
    """The metrics of this process as a document, without the times at which series began."""
    return [
        {
            "name": family.name,
            "help": family.documentation,
            "type": family.type,
            "samples": [
                (sample.name, sample.labels, sample.value)
                for sample in family.samples
                if not sample.name.endswith("_created")
            ],
        }
        for family in REGISTRY.collect()
    ]


class Fleet:
    """The processes on the same Redis, as one of them sees them."""

    def __init__(self, redis: Redis, process: str) -> None:
        self._redis = redis
        self.process = process

    async def publish(self) -> None:
        """Leave this process's snapshot, to be read by whichever process is scraped."""
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.set(f"{_PREFIX}:{self.process}", orjson.dumps(snapshot()), ex=KEPT_SECONDS)
            pipe.sadd(_PREFIX, self.process)
            await pipe.execute()

    async def snapshots(self) -> dict[str, Snapshot]:
        """By process; names whose snapshot has expired are forgotten."""
        members = await cast("Awaitable[set[bytes]]", self._redis.smembers(_PREFIX))
        names = [name.decode() for name in members]
        found: list[Any] = await self._redis.mget([f"{_PREFIX}:{name}" for name in names]) if names else []
        gone = [name for name, document in zip(names, found, strict=True) if document is None]
        if gone:
            await self._redis.srem(_PREFIX, *gone)
        return {
            name: orjson.loads(document)
            for name, document in zip(names, found, strict=True)
            if document is not None
        }

    @asynccontextmanager
    async def published(self) -> AsyncIterator["Fleet"]:
        """Publish every few seconds while entered, and once more at the end."""
        ending = asyncio.Event()
        task = asyncio.create_task(self._keep_publishing(ending), name="metrics")
        try:
            yield self
        finally:
            # Not cancelled: while it connects, the client takes that for a failure, and publishing would go on.
            ending.set()
            await task
            with suppress(RedisError, OSError):
                await self.publish()

    async def _keep_publishing(self, ending: asyncio.Event) -> None:
        while not ending.is_set():
            try:
                await self.publish()
            except (RedisError, OSError) as error:
                log.info("core.fleet.not_published", error=type(error).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(ending.wait(), EVERY_SECONDS)


class Scrape:
    """Answers a scrape. A store that is away costs its own figures, and says so, never the others."""

    def __init__(self, fleet: Fleet, engine: AsyncEngine, budget: Budget, clock: Clock) -> None:
        self._fleet = fleet
        self._engine = without_transactions(engine)
        self._budget = budget
        self._clock = clock

    async def exposition(self) -> bytes:
        """Everything in Prometheus' text format."""
        postgres, redis = await asyncio.gather(self._from_postgres(), self._from_redis())
        others, budgets = redis or ({}, [])
        up = GaugeMetricFamily(
            "solarsync_store_up", "Whether a store answered this scrape: 1 or 0.", labels=["store"]
        )
        up.add_metric(["postgres"], float(postgres is not None))
        up.add_metric(["redis"], float(redis is not None))
        info = GaugeMetricFamily(
            "solarsync_info", "Always 1; the version of the process that answered.", labels=["version"]
        )
        info.add_metric([version("solarsync")], 1.0)
        registry = CollectorRegistry()
        registry.register(
            _Given(
                [*_merged(others | {self._fleet.process: snapshot()}), *(postgres or []), *budgets, up, info]
            )
        )
        return generate_latest(registry)

    async def _from_postgres(self) -> list[Metric] | None:
        async def asked() -> list[Metric]:
            async with open_session(self._engine) as session:
                queue = await queue_depth(session)
            depth = GaugeMetricFamily(
                "solarsync_queue_depth",
                "Runs, messages and refreshes: that could begin now, that workers hold, that are due later.",
                labels=["state"],
            )
            depth.add_metric(["waiting"], queue.waiting)
            depth.add_metric(["in_hand"], queue.in_hand)
            depth.add_metric(["later"], queue.later)
            oldest = GaugeMetricFamily(
                "solarsync_queue_oldest_seconds",
                "For how long the first of those that wait could have begun; 0 where none waits.",
                queue.oldest_seconds,
            )
            return [depth, oldest]

        return await _in_time(asked(), "postgres")

    async def _from_redis(self) -> tuple[dict[str, Snapshot], list[Metric]] | None:
        async def asked() -> tuple[dict[str, Snapshot], list[Metric]]:
            used = GaugeMetricFamily(
                "solarsync_provider_budget_used",
                "Calls counted in the current window, by all processes.",
                labels=["provider", "window"],
            )
            limit = GaugeMetricFamily(
                "solarsync_provider_budget_limit",
                "Calls allowed in a window; a window without a limit has no series.",
                labels=["provider", "window"],
            )
            for provider in LIMITS:
                for window, usage in (await self._budget.usage(provider, self._clock.now())).items():
                    used.add_metric([provider, window], usage.used)
                    if usage.limit:
                        limit.add_metric([provider, window], usage.limit)
            return await self._fleet.snapshots(), [used, limit]

        return await _in_time(asked(), "redis")


class _Given(Collector):
    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def _merged(snapshots: dict[str, Snapshot]) -> Iterable[Metric]:
    families: dict[str, Metric] = {}
    for process, documents in snapshots.items():
        for document in documents:
            name = document["name"]
            family = families.setdefault(name, Metric(name, document["help"], document["type"]))
            for sample, labels, value in document["samples"]:
                family.add_sample(sample, {**labels, "process": process}, value)
    return families.values()


async def _in_time(question: Awaitable[T], store: str) -> T | None:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await question
    except (StorageUnavailable, RedisError, OSError, TimeoutError) as error:
        log.warning("core.fleet.store_away", store=store, error=type(error).__name__)
        return None
