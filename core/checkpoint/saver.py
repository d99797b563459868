"""The LangGraph checkpointer on core Redis commands (Redis 6.2 and newer, Valkey)."""

import random
from collections.abc import AsyncIterator, Iterator, Sequence
from functools import partial
from typing import Any

import redis
import redis.asyncio
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
)
from langgraph.checkpoint.serde.base import SerializerProtocol

from core.checkpoint import operations
from core.checkpoint.codec import strict_serializer
from core.checkpoint.operations import Listing, Terms
from core.checkpoint.transport import AsyncTransport, SyncTransport, connected
from core.metrics import timed_checkpoint


class RedisSaver(BaseCheckpointSaver[str]):
    """Keeps each thread in one Redis hash, which expires `ttl_seconds` after its last write.

    Parameters
    ----------
    client
        For the methods that begin with `a`; it must not decode responses.
    ttl_seconds
        How long a thread lives after its last write.
    sync_client
        For the methods without `a`, which fail without it.
    fenced
        A worker's saver: it writes only to threads that `claim` has claimed, and only for the newest
        attempt, named by `config["configurable"]["attempt"]`. Without it, threads that nobody ever
        claimed are open to all; a claimed one is not.

    Raises
    ------
    StorageUnavailable
        From every method, when Redis cannot be reached or cannot serve now.
    StaleAttempt
        From writing methods: another attempt holds the thread, or the claim is gone.
    CheckpointUnreadable
        From reading methods: what is stored is damaged, incomplete or of an unknown format.
    """

    def __init__(
        self,
        client: redis.asyncio.Redis,
        *,
        ttl_seconds: int,
        sync_client: redis.Redis | None = None,
        fenced: bool = False,
        serde: SerializerProtocol | None = None,
    ) -> None:
        super().__init__(serde=serde or strict_serializer())
        if ttl_seconds < 1:
            raise ValueError("ttl_seconds must be at least 1")
        for one in (client, sync_client):
            if one is not None and one.connection_pool.connection_kwargs.get("decode_responses"):
                raise ValueError("checkpoints are bytes: the client must not decode responses")
        self._ttl_seconds = ttl_seconds
        self._fenced = fenced
        self._new: set[str] = set()
        """Threads just claimed that hold nothing: the first look need not ask, and nobody else may write there."""
        self._redis = AsyncTransport(partial(connected, client))
        self._sync_redis = None if sync_client is None else SyncTransport(sync_client)

    async def claim(self, thread_id: str, attempt: int, *, anew: bool = False) -> None:
        """Give the thread to this attempt: from now on writes of older ones are refused.

        To be called by whoever was given the attempt by the database, before its first write; deleting
        the thread removes the claim too. With `anew` the thread is emptied by the same command.
        """
        self._new.discard(thread_id)
        if await self._redis.run(operations.claim(self._terms, thread_id, attempt, anew=anew)):
            self._new.add(thread_id)

    def get_next_version(self, current: str | None, channel: None) -> str:  # noqa: ARG002
        """A version that sorts after `current`; the random end tells forks apart."""
        count = int(current.partition(".")[0], 16) if current else 0
        return f"{count + 1:08x}.{random.getrandbits(48):012x}"

    # The asynchronous face.

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        self._new.discard(str(config["configurable"]["thread_id"]))
        operation = operations.put(self._terms, config, checkpoint, metadata, new_versions)
        return await timed_checkpoint("put", self._redis.run(operation))

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        # The checkpoint after them follows at once, unless the task has company that takes longer.
        operation = operations.put_writes(self._terms, config, writes, task_id, task_path)
        await timed_checkpoint("put_writes", self._redis.run(operation, patient=True))

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        thread_id = str(config["configurable"]["thread_id"])
        if thread_id in self._new:
            self._new.discard(thread_id)
            return None
        return await timed_checkpoint("get", self._redis.run(operations.get(self._terms, config)))

    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,  # noqa: A002  the base class's name
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        listing = Listing(await self._redis.run(operations.find(config, before)), filter, limit)
        while page := listing.next_page():
            for found in listing.taken(await self._redis.run(operations.read(self._terms, page))):
                yield found

    async def adelete_thread(self, thread_id: str) -> None:
        await self._redis.run(operations.delete_thread(thread_id))

    async def adelete_for_runs(self, run_ids: Sequence[str]) -> None:
        await self._redis.run(operations.delete_for_runs(self._terms, run_ids))

    async def acopy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        await self._redis.run(operations.copy_thread(self._terms, source_thread_id, target_thread_id))

    async def aprune(self, thread_ids: Sequence[str], *, strategy: str = "keep_latest") -> None:
        await self._redis.run(operations.prune(self._terms, thread_ids, strategy))

    # The synchronous face.

    def put(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        return self._sync.run(operations.put(self._terms, config, checkpoint, metadata, new_versions))

    def put_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        self._sync.run(operations.put_writes(self._terms, config, writes, task_id, task_path))

    def get_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        return self._sync.run(operations.get(self._terms, config))

    def list(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,  # noqa: A002  the base class's name
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> Iterator[CheckpointTuple]:
        listing = Listing(self._sync.run(operations.find(config, before)), filter, limit)
        while page := listing.next_page():
            yield from listing.taken(self._sync.run(operations.read(self._terms, page)))

    def delete_thread(self, thread_id: str) -> None:
        self._sync.run(operations.delete_thread(thread_id))

    def delete_for_runs(self, run_ids: Sequence[str]) -> None:
        self._sync.run(operations.delete_for_runs(self._terms, run_ids))

    def copy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        self._sync.run(operations.copy_thread(self._terms, source_thread_id, target_thread_id))

    def prune(self, thread_ids: Sequence[str], *, strategy: str = "keep_latest") -> None:
        self._sync.run(operations.prune(self._terms, thread_ids, strategy))

    @property
    def _terms(self) -> Terms:
        """Made anew each time, since LangGraph clones a saver and gives the clone another serializer."""
        return Terms(self.serde, self._ttl_seconds, self._fenced)

    @property
    def _sync(self) -> SyncTransport:
        if self._sync_redis is None:
            raise RuntimeError("this saver was built without a sync_client: use its asynchronous methods")
        return self._sync_redis
