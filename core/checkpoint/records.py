"""A checkpoint as it is stored: one record, and one blob for each value that is not small. Pure.

A record is the number of blobs the checkpoint consists of (4 bytes, big endian), their digests, then the
compressed body. The digests stand in the open so that Redis can gather the values itself, in the same
round trip as the record. Small values stand in the record; a channel without a value (LangGraph clears
one after each step) is not stored at all.
"""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    WRITES_IDX_MAP,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    PendingWrite,
    get_checkpoint_metadata,
    writes_sort_key,
)
from langgraph.checkpoint.serde.base import SerializerProtocol

from core.checkpoint.codec import deserialize, pack, serialize, unpack
from core.checkpoint.keys import BLOB_SIZE, blob_digest, namespace_digest, text
from core.errors import CheckpointUnreadable

SMALL_TEXT: Final = 64
SCALARS: Final = (type(None), bool, int, float)


@dataclass(frozen=True, slots=True)
class Place:
    """What a run's config says: where to read or write, and on whose behalf."""

    thread_id: str
    checkpoint_ns: str
    checkpoint_id: str | None
    attempt: int | None

    @classmethod
    def of(cls, config: RunnableConfig) -> "Place":
        configurable = config["configurable"]
        attempt = configurable.get("attempt")
        return cls(
            thread_id=str(configurable["thread_id"]),
            checkpoint_ns=str(configurable.get("checkpoint_ns") or ""),
            checkpoint_id=str(configurable.get("checkpoint_id") or "") or None,
            attempt=attempt if isinstance(attempt, int) else None,
        )

    @property
    def namespace(self) -> bytes:
        return namespace_digest(self.checkpoint_ns)


@dataclass(frozen=True, slots=True)
class Body:
    """A record without the values it refers to."""

    checkpoint_ns: str
    parent_id: str | None
    checkpoint: dict[str, Any]
    inline: dict[str, Any]
    channels: list[str]
    metadata: CheckpointMetadata

    def tuple(self, thread_id: str, values: Iterable[object], writes: list[PendingWrite]) -> CheckpointTuple:
        channel_values = {**self.inline, **dict(zip(self.channels, values, strict=True))}
        return CheckpointTuple(
            config=config_of(thread_id, self.checkpoint_ns, self.checkpoint["id"]),
            checkpoint=cast("Checkpoint", {**self.checkpoint, "channel_values": channel_values}),
            metadata=self.metadata,
            parent_config=config_of(thread_id, self.checkpoint_ns, self.parent_id)
            if self.parent_id
            else None,
            pending_writes=writes,
        )


@dataclass(frozen=True, slots=True)
class Draft:
    """A checkpoint about to be stored: serialized, not yet compressed."""

    namespace: bytes
    checkpoint_id: bytes
    body: bytes
    channels: list[str]
    digests: list[bytes]
    values: dict[bytes, bytes]

    @property
    def size(self) -> int:
        return len(self.body) + sum(map(len, self.values.values()))

    def stored(self) -> tuple[bytes, list[bytes]]:
        """The record, and the new blobs as digest, value, digest, value."""
        record = struct.pack(">I", len(self.digests)) + b"".join(self.digests) + pack(self.body)
        return record, [part for digest, value in self.values.items() for part in (digest, pack(value))]


def config_of(thread_id: str, checkpoint_ns: str, checkpoint_id: str) -> RunnableConfig:
    return {
        "configurable": {
            "thread_id": thread_id,
            "checkpoint_ns": checkpoint_ns,
            "checkpoint_id": checkpoint_id,
        }
    }


def draft(
    serde: SerializerProtocol,
    config: RunnableConfig,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    new_versions: ChannelVersions,
) -> Draft:
    place = Place.of(config)
    namespace = place.namespace
    versions = checkpoint["channel_versions"]
    values = {
        channel: value for channel, value in checkpoint["channel_values"].items() if channel in versions
    }
    channels = [channel for channel, value in values.items() if not _is_small(value)]
    digests = [blob_digest(namespace, channel, versions[channel]) for channel in channels]
    body = [
        place.checkpoint_ns,
        place.checkpoint_id,
        {key: value for key, value in checkpoint.items() if key != "channel_values"},
        {channel: value for channel, value in values.items() if _is_small(value)},
        channels,
        get_checkpoint_metadata(config, metadata),
    ]
    return Draft(
        namespace=namespace,
        checkpoint_id=text(checkpoint["id"]),
        body=serialize(serde, body),
        channels=channels,
        digests=digests,
        values={
            digest: serialize(serde, values[channel])
            for channel, digest in zip(channels, digests, strict=True)
            if channel in new_versions
        },
    )


def split(record: bytes) -> tuple[list[bytes], bytes]:
    """A stored record's digests and its compressed body."""
    try:
        (count,) = struct.unpack_from(">I", record)
    except struct.error as error:
        raise CheckpointUnreadable("a stored record is damaged") from error
    end = 4 + count * BLOB_SIZE
    return [record[at : at + BLOB_SIZE] for at in range(4, end, BLOB_SIZE)], record[end:]


def read_body(serde: SerializerProtocol, stored: bytes) -> Body:
    fields = deserialize(serde, unpack(stored))
    if not isinstance(fields, list) or len(fields) != 6 or not isinstance(fields[2], dict):
        raise CheckpointUnreadable("a stored record does not have the shape of one")
    return Body(*fields)


def read_values(serde: SerializerProtocol, stored: Sequence[bytes | None]) -> list[Any]:
    values = []
    for value in stored:
        if value is None:
            raise CheckpointUnreadable("a value of the checkpoint is no longer stored")
        values.append(deserialize(serde, unpack(value)))
    return values


def serialize_writes(
    serde: SerializerProtocol, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str
) -> bytes:
    """What one call of `put_writes` stores; special channels have fixed, negative indices."""
    numbered = [
        (WRITES_IDX_MAP.get(channel, at), channel, value) for at, (channel, value) in enumerate(writes)
    ]
    return serialize(serde, [task_id, task_path, numbered])


def read_writes(serde: SerializerProtocol, stored: Sequence[bytes | None]) -> list[PendingWrite]:
    """The pending writes of a checkpoint, from what was put there in time's order.

    The first write of a task at an index stands, so that a task that runs again adds nothing; of a
    special channel (error, interrupt, resume) the last one does.
    """
    merged: dict[tuple[str, int], tuple[tuple[str, str, int], str, Any]] = {}
    for put in read_values(serde, stored):
        task_id, task_path, writes = put
        for index, channel, value in writes:
            if index < 0 or (task_id, index) not in merged:
                merged[task_id, index] = (writes_sort_key(task_path, task_id, index), channel, value)
    return [
        (key[1], channel, value)
        for key, channel, value in sorted(merged.values(), key=lambda write: write[0])
    ]


def _is_small(value: object) -> bool:
    return isinstance(value, SCALARS) or (type(value) is str and len(value) <= SMALL_TEXT)
