"""Where a thread lives in Redis: one hash, whose fields are named here.

Everything a thread owns is one key, so it expires, is evicted and is deleted as a whole: there is no
part that could outlive another, and no index beside it. Ids never enter a pattern. The thread's id is
hashed into the key (inside a cluster hash tag), the namespace into the field; checkpoint ids stand last
in their field names, raw, behind parts of fixed width, so no id can be mistaken for something else and a
list of field names can be sorted by id.

=======================================  ==============================================================
field                                    value
=======================================  ==============================================================
``t``                                    the thread's id
``v``                                    a counter, raised by every change
``f``                                    the fence: the newest attempt that claimed the thread
``h`` namespace                          the newest checkpoint's id in that namespace
``c`` namespace checkpoint               the checkpoint's record
``b`` blob                               one channel's value at one version
``n`` namespace checkpoint               how many times pending writes were put at that checkpoint
``w`` namespace number checkpoint        what was put the n-th time (number: 4 bytes, big endian, from 1)
=======================================  ==============================================================
"""

from hashlib import blake2b
from typing import Final, NamedTuple

PREFIX: Final = b"solarsync:checkpoint:"
ANSWERS_PREFIX: Final = b"solarsync:answers:"
EVERY_THREAD: Final = PREFIX + b"*"
NAMESPACE_SIZE: Final = 16
BLOB_SIZE: Final = 8

THREAD_ID: Final = b"t"
REVISION: Final = b"v"
FENCE: Final = b"f"


class CheckpointRef(NamedTuple):
    """One checkpoint of a thread, as its field names spell it."""

    namespace: bytes
    checkpoint_id: bytes


def text(value: object) -> bytes:
    """An id as bytes that sort as the strings do; lone surrogates, which JSON can bring in, pass through."""
    return str(value).encode("utf-8", "surrogatepass")


def thread_key(thread_id: str) -> bytes:
    return PREFIX + _tag(thread_id)


def answers_key(thread_id: str) -> bytes:
    """Where what a thread's runs were answered is kept (`recorded_calls.py`): in the thread's own cluster slot."""
    return ANSWERS_PREFIX + _tag(thread_id)


def _tag(thread_id: str) -> bytes:
    return b"{" + blake2b(text(thread_id), digest_size=16).hexdigest().encode() + b"}"


def namespace_digest(checkpoint_ns: str) -> bytes:
    return blake2b(text(checkpoint_ns), digest_size=NAMESPACE_SIZE).digest()


def blob_digest(namespace: bytes, channel: str, version: str | float) -> bytes:
    """Names one channel's value at one version.

    64 bits: they only have to tell apart the few thousand values of one thread, and a version carries
    random digits of our own, so nobody outside can steer two into one.
    """
    name = text(channel)
    return blake2b(b"%b%d:%b%b" % (namespace, len(name), name, text(version)), digest_size=BLOB_SIZE).digest()


def head_field(namespace: bytes) -> bytes:
    return b"h" + namespace


def checkpoint_field(ref: CheckpointRef) -> bytes:
    return b"c" + ref.namespace + ref.checkpoint_id


def blob_field(digest: bytes) -> bytes:
    return b"b" + digest


def parse_checkpoint(field: bytes) -> CheckpointRef | None:
    """The checkpoint whose record this field is, or None."""
    return _parse(field, b"c", 0)


def parse_writes(field: bytes) -> CheckpointRef | None:
    """The checkpoint whose pending writes, or their number, this field holds, or None."""
    return _parse(field, b"n", 0) or _parse(field, b"w", 4)


def _parse(field: bytes, kind: bytes, skipped: int) -> CheckpointRef | None:
    if field[:1] != kind:
        return None
    end = 1 + NAMESPACE_SIZE
    return CheckpointRef(field[1:end], field[end + skipped :])
