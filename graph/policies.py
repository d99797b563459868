"""How long each node may take, and which failures it may try again.

A failure is retried in one place: a provider's in its client, a worker's by the queue. Only nodes that read
the database through a port have a retry here, and only for `StorageUnavailable`.
"""

from dataclasses import dataclass

from langgraph.types import RetryPolicy, TimeoutPolicy

from core.errors import StorageUnavailable

_READS_THE_DATABASE = RetryPolicy(
    initial_interval=0.2, backoff_factor=2.0, max_attempts=3, retry_on=StorageUnavailable
)


@dataclass(frozen=True, slots=True)
class NodePolicy:
    timeout: TimeoutPolicy
    retry: RetryPolicy | None = None


def _seconds(limit: float) -> TimeoutPolicy:
    return TimeoutPolicy(run_timeout=limit)


POLICIES: dict[str, NodePolicy] = {
    "intake": NodePolicy(_seconds(10)),
    "weather": NodePolicy(_seconds(60), _READS_THE_DATABASE),  # three provider attempts and a typical year
    "sizing": NodePolicy(_seconds(60), _READS_THE_DATABASE),
    "triage": NodePolicy(_seconds(150)),  # a language model is asked four times, for at most 30 s each
    "clarify": NodePolicy(_seconds(10)),
    "dispatch": NodePolicy(_seconds(20), _READS_THE_DATABASE),
    "review": NodePolicy(_seconds(10)),
    "report": NodePolicy(_seconds(10)),
}

RUN_SECONDS = 600.0
"""One attempt at a run. All nodes on the way at their limits take five minutes, and storage is asked three times."""

RECURSION_LIMIT = 40
"""Supersteps of one run. The longest honest path, every branch asking twice, takes 14."""
