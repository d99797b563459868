"""Which checkpoints of a thread stay, and what else must go with those that do not. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from core.checkpoint.keys import (
    CheckpointRef,
    blob_field,
    checkpoint_field,
    head_field,
    parse_checkpoint,
    parse_writes,
    text,
)
from core.checkpoint.records import Body

Checkpoints = Mapping[CheckpointRef, tuple[list[bytes], Body]]
"""The checkpoints of a thread: the digests of their blobs, and their bodies."""


@dataclass(frozen=True, slots=True)
class Removal:
    """The change that leaves only what is kept: fields to remove, and the heads that are left."""

    fields: list[bytes]
    heads: dict[bytes, bytes]


def newest(refs: Iterable[CheckpointRef]) -> dict[bytes, bytes]:
    """The newest checkpoint id of each namespace: ids sort by time."""
    return {ref.namespace: ref.checkpoint_id for ref in sorted(refs)}


def keep_latest(checkpoints: Checkpoints) -> set[CheckpointRef]:
    """The newest checkpoint of each namespace, with the ancestors from which its delta channels are rebuilt.

    A delta channel is stored as a value only now and then; in between it lives in the pending writes of
    the ancestors back to that value. LangGraph counts the steps since then in the metadata, which tells
    such channels from cleared ones.
    """
    kept: set[CheckpointRef] = set()
    for namespace, checkpoint_id in newest(checkpoints).items():
        at: CheckpointRef | None = CheckpointRef(namespace, checkpoint_id)
        wanted = set(
            checkpoints[CheckpointRef(namespace, checkpoint_id)][1].metadata.get(
                "counters_since_delta_snapshot", {}
            )
        )
        while at is not None and at in checkpoints:
            kept.add(at)
            _, body = checkpoints[at]
            wanted -= body.inline.keys() | set(body.channels)
            parent = body.parent_id if wanted else None
            at = None if parent is None else CheckpointRef(namespace, text(parent))
    return kept


def keep_other_runs(checkpoints: Checkpoints, run_ids: Collection[str]) -> set[CheckpointRef]:
    return {ref for ref, (_, body) in checkpoints.items() if body.metadata.get("run_id") not in run_ids}


def removal(
    fields: Iterable[bytes], checkpoints: Checkpoints, kept: Collection[CheckpointRef]
) -> Removal | None:
    """The removal of all checkpoints but `kept`, with their writes and the values nobody refers to any more.

    Writes without a checkpoint stay: theirs may be on its way.
    """
    gone = set(checkpoints) - set(kept)
    if not gone:
        return None
    heads = newest(kept)
    used = {blob_field(digest) for ref in kept for digest in checkpoints[ref][0]}
    lost = [head_field(namespace) for namespace in newest(gone) if namespace not in heads]
    doomed = [
        field
        for field in fields
        if parse_checkpoint(field) in gone
        or parse_writes(field) in gone
        or (field.startswith(b"b") and field not in used)
    ]
    return Removal(
        doomed + lost, {head_field(namespace): newest_id for namespace, newest_id in heads.items()}
    )


def record_fields(fields: Iterable[bytes]) -> dict[CheckpointRef, bytes]:
    """The fields that hold records."""
    refs = (parse_checkpoint(field) for field in fields)
    return {ref: checkpoint_field(ref) for ref in refs if ref is not None}
