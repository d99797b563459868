"""What the saver can do, written once for both its faces: generators that yield round trips."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Any, Final, TypeVar, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import ChannelVersions, Checkpoint, CheckpointMetadata, CheckpointTuple
from langgraph.checkpoint.serde.base import SerializerProtocol

from core.checkpoint import keys, retention, scripts
from core.checkpoint.codec import pack, serialize
from core.checkpoint.records import (
    Body,
    Place,
    config_of,
    draft,
    read_body,
    read_values,
    read_writes,
    serialize_writes,
    split,
)
from core.checkpoint.transport import Command, Operation, Word, Work
from core.errors import StaleAttempt, TransientError
from core.metrics import CHECKPOINT_BYTES

SCAN_COUNT: Final = 500
RECORDS_AT_ONCE: Final = 200
LISTED_AT_ONCE: Final = 8
PLANS: Final = 20

T = TypeVar("T")

Found = tuple[str, keys.CheckpointRef]
"""One checkpoint, by the thread's id and its place in the thread."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for every operation of one saver."""

    serde: SerializerProtocol
    ttl_seconds: int
    fenced: bool

    def write(self, script: scripts.Script, thread_id: str, attempt: int | None, *words: Word) -> Command:
        """A writing script with the arguments they all begin with (`scripts.py`)."""
        guard = (
            self.ttl_seconds * 1000,
            keys.text(thread_id),
            "" if attempt is None else attempt,
            int(self.fenced),
        )
        return Command((1, keys.thread_key(thread_id), *guard, *words), script)


def put(
    terms: Terms,
    config: RunnableConfig,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    new_versions: ChannelVersions,
) -> Operation[RunnableConfig]:
    """Store a checkpoint and the values that are new in it.

    If values it refers to are no longer there (Redis was emptied in the middle of an unfenced run) they
    are stored again, so a checkpoint is always complete.
    """
    place = Place.of(config)
    new = draft(terms.serde, config, checkpoint, metadata, new_versions)
    record, blobs = yield Work(new.size, new.stored)
    CHECKPOINT_BYTES.observe(len(record) + sum(map(len, blobs)))
    words = (new.namespace, new.checkpoint_id, record, *blobs)
    (reply,) = yield [terms.write(scripts.PUT, place.thread_id, place.attempt, *words)]
    if _refusal(reply) == b"missing":
        lost = [new.channels[int(at)] for at in reply[1:]]
        values = [serialize(terms.serde, checkpoint["channel_values"][channel]) for channel in lost]
        stored = yield Work(sum(map(len, values)), lambda: [pack(value) for value in values])
        words += tuple(
            chain.from_iterable(zip([new.digests[int(at)] for at in reply[1:]], stored, strict=True))
        )
        (reply,) = yield [terms.write(scripts.PUT, place.thread_id, place.attempt, *words)]
    _expect_done(reply, place)
    return config_of(place.thread_id, place.checkpoint_ns, checkpoint["id"])


def put_writes(
    terms: Terms, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str
) -> Operation[None]:
    place = Place.of(config)
    if place.checkpoint_id is None:
        raise ValueError("pending writes need the id of their checkpoint")
    serialized = serialize_writes(terms.serde, writes, task_id, task_path)
    stored = yield Work(len(serialized), lambda: pack(serialized))
    words = (place.namespace, keys.text(place.checkpoint_id), stored)
    (reply,) = yield [terms.write(scripts.PUT_WRITES, place.thread_id, place.attempt, *words)]
    _expect_done(reply, place)


def get(terms: Terms, config: RunnableConfig) -> Operation[CheckpointTuple | None]:
    place = Place.of(config)
    checkpoint_id = b"" if place.checkpoint_id is None else keys.text(place.checkpoint_id)
    found = yield from read(terms, [(place.thread_id, keys.CheckpointRef(place.namespace, checkpoint_id))])
    return found[0] if found else None


def read(terms: Terms, wanted: Sequence[Found]) -> Operation[list[CheckpointTuple]]:
    """Those of the wanted checkpoints that are still there; an empty checkpoint id asks for the newest."""
    replies = yield [
        Command((1, keys.thread_key(thread_id), ref.namespace, ref.checkpoint_id), scripts.READ)
        for thread_id, ref in wanted
    ]
    present = [(thread_id, reply) for (thread_id, _), reply in zip(wanted, replies, strict=True) if reply]

    def decode() -> list[CheckpointTuple]:
        return [
            read_body(terms.serde, body).tuple(
                thread_id, read_values(terms.serde, blobs), read_writes(terms.serde, writes)
            )
            for thread_id, (body, blobs, writes) in present
        ]

    size = sum(len(part or b"") for _, (body, blobs, writes) in present for part in (body, *blobs, *writes))
    found: list[CheckpointTuple] = yield Work(size, decode)
    return found


def find(config: RunnableConfig | None, before: RunnableConfig | None) -> Operation[list[Found]]:
    """The checkpoints a config describes, newest first: of one thread, or of all."""
    if config is None:
        threads = yield from _threads()
    else:
        threads = [str(config["configurable"]["thread_id"])]
    field_lists = (
        yield [Command(("HKEYS", keys.thread_key(thread_id))) for thread_id in threads] if threads else []
    )
    found = [
        (thread_id, ref)
        for thread_id, fields in zip(threads, field_lists, strict=True)
        for ref in retention.record_fields(fields)
        if _described(ref, config, before)
    ]
    return sorted(found, key=lambda one: one[1].checkpoint_id, reverse=True)


class Listing:
    """The pages of a listing: a few checkpoints at a time, since each may be tens of megabytes."""

    def __init__(self, found: list[Found], wanted: Mapping[str, Any] | None, limit: int | None) -> None:
        self._found = found
        self._wanted = wanted or {}
        self._left = len(found) if limit is None else limit

    def next_page(self) -> list[Found]:
        """What to read next; nothing when the listing is complete."""
        size = LISTED_AT_ONCE if self._wanted else min(LISTED_AT_ONCE, self._left)
        page = self._found[:size] if self._left > 0 else []
        self._found = self._found[len(page) :]
        return page

    def taken(self, page: Iterable[CheckpointTuple]) -> list[CheckpointTuple]:
        """Those of a page that belong to the listing."""
        fitting = [one for one in page if self._fits(one)][: self._left]
        self._left -= len(fitting)
        return fitting

    def _fits(self, found: CheckpointTuple) -> bool:
        metadata = cast("Mapping[str, Any]", found.metadata)
        return all(metadata.get(key) == value for key, value in self._wanted.items())


def delete_thread(thread_id: str) -> Operation[None]:
    yield [Command(("UNLINK", keys.thread_key(thread_id)))]


def copy_thread(terms: Terms, source: str, target: str) -> Operation[None]:
    """Copy all checkpoints and writes; a fence is not copied, and one at the target refuses the copy."""
    unfenced = replace(terms, fenced=False)
    (fields,) = yield [Command(("HGETALL", keys.thread_key(source)))]
    own = (keys.THREAD_ID, keys.REVISION, keys.FENCE)
    words = [word for field, value in fields.items() if field not in own for word in (field, value)]
    if words:
        (reply,) = yield [unfenced.write(scripts.PASTE, target, None, *words)]
        _expect_done(reply, Place(target, "", None, None))


def prune(terms: Terms, thread_ids: Sequence[str], strategy: str) -> Operation[None]:
    if strategy not in ("keep_latest", "delete"):
        raise ValueError(f"unknown strategy {strategy!r}: keep_latest or delete")
    for thread_id in thread_ids:
        if strategy == "delete":
            yield from delete_thread(thread_id)
        else:
            yield from _remove(terms, thread_id, retention.keep_latest)


def delete_for_runs(terms: Terms, run_ids: Sequence[str]) -> Operation[None]:
    """Remove what these runs stored; the run's id is in the metadata, so every thread is looked at."""
    runs = frozenset(run_ids)
    threads = (yield from _threads()) if runs else []
    for thread_id in threads:
        yield from _remove(terms, thread_id, lambda checkpoints: retention.keep_other_runs(checkpoints, runs))


def claim(terms: Terms, thread_id: str, attempt: int, *, anew: bool) -> Operation[bool]:
    """Whether the thread holds nothing yet, or any more."""
    if attempt < 1:
        raise ValueError("attempts are counted from 1")
    (reply,) = yield [terms.write(scripts.CLAIM, thread_id, attempt, int(anew))]
    _expect_done(reply, Place(thread_id, "", None, attempt))
    return bool(reply == b"NEW")


def _remove(
    terms: Terms, thread_id: str, keep: Callable[[retention.Checkpoints], Collection[keys.CheckpointRef]]
) -> Operation[None]:
    """Remove all checkpoints of a thread but those to keep.

    Planned on what was read, and planned anew if someone else changed the thread meanwhile.
    """
    key = keys.thread_key(thread_id)
    for _ in range(PLANS):
        revision, fields = yield [Command(("HGET", key, keys.REVISION)), Command(("HKEYS", key))]
        checkpoints = yield from _checkpoints(terms, key, retention.record_fields(fields))
        plan = retention.removal(fields, checkpoints, keep(checkpoints))
        if plan is None:
            return
        words = (revision, len(plan.fields), *plan.fields, *chain.from_iterable(plan.heads.items()))
        (reply,) = yield [Command((1, key, *words), scripts.REMOVE)]
        if _refusal(reply) is None:
            return
    raise TransientError("the thread is written too often to be pruned now")


def _checkpoints(
    terms: Terms, key: bytes, fields: dict[keys.CheckpointRef, bytes]
) -> Operation[dict[keys.CheckpointRef, tuple[list[bytes], Body]]]:
    checkpoints = {}
    for some in batched(fields.items(), RECORDS_AT_ONCE):
        (records,) = yield [Command(("HMGET", key, *(field for _, field in some)))]
        for (ref, _), record in zip(some, records, strict=True):
            if record is not None:
                digests, body = split(record)
                checkpoints[ref] = digests, read_body(terms.serde, body)
    return checkpoints


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """`itertools.batched`, which Python 3.11 has not."""
    rest = iter(items)
    while some := list(islice(rest, size)):
        yield some


def _threads() -> Operation[list[str]]:
    """The ids of all threads, by going through the keyspace: there is no index that could outlive them."""
    found: set[bytes] = set()
    cursor = 0
    while True:
        ((cursor, page),) = yield [Command(("SCAN", cursor, "MATCH", keys.EVERY_THREAD, "COUNT", SCAN_COUNT))]
        found.update(page)
        if cursor == 0:
            break
    ids = (yield [Command(("HGET", key, keys.THREAD_ID)) for key in found]) if found else []
    return [thread_id.decode("utf-8", "surrogatepass") for thread_id in ids if thread_id is not None]


def _described(ref: keys.CheckpointRef, config: RunnableConfig | None, before: RunnableConfig | None) -> bool:
    wanted = (config or {}).get("configurable", {})
    namespace, checkpoint_id = wanted.get("checkpoint_ns"), wanted.get("checkpoint_id")
    limit = (before or {}).get("configurable", {}).get("checkpoint_id")
    return (
        (namespace is None or ref.namespace == keys.namespace_digest(namespace))
        and (not checkpoint_id or ref.checkpoint_id == keys.text(checkpoint_id))
        and (not limit or ref.checkpoint_id < keys.text(limit))
    )


def _refusal(reply: object) -> bytes | None:
    """Why a writing script changed nothing, or None if it did its work."""
    return reply[0] if isinstance(reply, list) else None


def _expect_done(reply: Any, place: Place) -> None:  # noqa: ANN401  what Redis said
    match _refusal(reply):
        case None:
            return
        case b"stale":
            raise StaleAttempt(_stale(place.attempt, reply[1]))
        case other:
            raise TransientError(f"the checkpoint could not be stored: {other!r}")


def _stale(attempt: int | None, fence: bytes) -> str:
    caller = "a write without an attempt" if attempt is None else f"attempt {attempt}"
    if not fence:
        return f"{caller} finds no claim on its thread; claim it again"
    return f"{caller} is refused: attempt {int(fence)} holds the thread"
