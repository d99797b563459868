"""What this process counts and times, for Prometheus; `deploy/README.md` describes each metric to operators.

Labels hold only words of ours (a route's template, a node, an outcome), never what a client sent: their number is
bounded, and no address, coordinate or key can get into them.
"""

import time
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, TypeVar

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector

REGISTRY = CollectorRegistry()
"""Of this process. The client library's own, which it fills at import, is left alone."""

ProcessCollector(registry=REGISTRY)

REQUEST_SECONDS = Histogram(
    "solarsync_request_seconds",
    "Time until a request's answer begins, by method, route template and status.",
    ["method", "route", "status"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60),
    registry=REGISTRY,
)
RUNS = Counter(
    "solarsync_runs",
    "Attempts at runs that a worker ended, by kind and outcome.",
    ["kind", "outcome"],
    registry=REGISTRY,
)
ATTEMPT_SECONDS = Histogram(
    "solarsync_run_seconds",
    "Time from a worker's claim of a run to the rows it left, by kind.",
    ["kind"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600),
    registry=REGISTRY,
)
NODE_SECONDS = Histogram(
    "solarsync_node_seconds",
    "Time a node of the workflow took, by node.",
    ["node"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
    registry=REGISTRY,
)
CHECKPOINT_SECONDS = Histogram(
    "solarsync_checkpoint_seconds",
    "Time a checkpoint operation took, by operation.",
    ["operation"],
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5),
    registry=REGISTRY,
)
CHECKPOINT_BYTES = Histogram(
    "solarsync_checkpoint_bytes",
    "Bytes of a stored checkpoint and the values new in it, compressed.",
    buckets=(256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304),
    registry=REGISTRY,
)
PROVIDER_CALLS = Counter(
    "solarsync_provider_calls",
    "Questions to outside services, by provider and outcome.",
    ["provider", "outcome"],
    registry=REGISTRY,
)
PROVIDER_SECONDS = Histogram(
    "solarsync_provider_seconds",
    "Time until a provider had answered or was given up, all attempts together.",
    ["provider"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
    registry=REGISTRY,
)
LLM_TOKENS = Counter(
    "solarsync_llm_tokens",
    "Tokens that the language model was sent and answered with, by kind.",
    ["kind"],
    registry=REGISTRY,
)
RESUME_CONFLICTS = Counter(
    "solarsync_resume_conflicts",
    "Answers refused because no question was open, or another answer had won.",
    registry=REGISTRY,
)
LEASE_LOSSES = Counter(
    "solarsync_lease_losses",
    "Work in hand that this worker stopped because its lease was lost, by cause.",
    ["cause"],
    registry=REGISTRY,
)

_CHECKPOINT = {name: CHECKPOINT_SECONDS.labels(name) for name in ("put", "put_writes", "get")}
"""Looked up once: `labels` takes a lock and builds a key each time."""

T = TypeVar("T")
Node = Callable[..., Awaitable[Any]]


def timed_node(name: str, node: Node) -> Node:
    """The node, its time observed whether it returns, stops to ask or fails."""
    seconds = NODE_SECONDS.labels(name)

    @wraps(node)
    async def timed(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  a node's own types
        started = time.perf_counter()
        try:
            return await node(*args, **kwargs)
        finally:
            seconds.observe(time.perf_counter() - started)

    return timed


async def timed_checkpoint(operation: str, done: Awaitable[T]) -> T:
    """What the operation answers, its time observed where it succeeds."""
    started = time.perf_counter()
    answer = await done
    _CHECKPOINT[operation].observe(time.perf_counter() - started)
    return answer
