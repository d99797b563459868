"""Values to bytes and back: LangGraph's serializer, building only the types it lists, under compression.

What comes back from Redis is not trusted to name Python types: only JSON's types, messages and
LangGraph's own (interrupts, sends, commands) are constructed. Of anything else the plain data is
returned, and serializations that could run code (`pickle`, LangChain's `json`) are refused.
"""

import threading
from typing import Any, Final

import zstandard
from langgraph.checkpoint.serde.base import SerializerProtocol
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from core.errors import CheckpointUnreadable

PLAIN: Final = b"0"
PACKED: Final = b"1"
READABLE: Final = frozenset({"null", "bytes", "bytearray", "msgpack"})
WORTH_PACKING: Final = 160


def strict_serializer() -> JsonPlusSerializer:
    return JsonPlusSerializer(allowed_msgpack_modules=None, allowed_json_modules=None, pickle_fallback=False)


def serialize(serde: SerializerProtocol, value: object) -> bytes:
    kind, data = serde.dumps_typed(value)
    return kind.encode() + b"\0" + data


def deserialize(serde: SerializerProtocol, data: bytes) -> Any:  # noqa: ANN401  whatever was stored
    """The value in `data`.

    Raises
    ------
    CheckpointUnreadable
        The bytes are damaged, or of a kind that is never written here.
    """
    kind, _, payload = data.partition(b"\0")
    base = kind.partition(b"+")[0].decode("ascii", "replace")
    if base not in READABLE:
        raise CheckpointUnreadable(
            f"a stored value is of the kind {base[:20]!r}, which is never written here"
        )
    try:
        return serde.loads_typed((kind.decode(), payload))
    except Exception as error:
        raise CheckpointUnreadable(f"a stored value is damaged ({type(error).__name__})") from error


def pack(data: bytes) -> bytes:
    """The bytes as stored: a marker, then the data, compressed where that makes it smaller."""
    if len(data) >= WORTH_PACKING:
        packed = _zstd.compressor.compress(data)
        if len(packed) < len(data):
            return PACKED + packed
    return PLAIN + data


def unpack(stored: bytes) -> bytes:
    """What `pack` was given.

    Raises
    ------
    CheckpointUnreadable
        The marker is unknown (a newer release wrote it) or the data is damaged.
    """
    marker, data = stored[:1], stored[1:]
    if marker == PLAIN:
        return data
    if marker != PACKED:
        raise CheckpointUnreadable("a stored value has a format this release does not know")
    try:
        return _zstd.decompressor.decompress(data)
    except zstandard.ZstdError as error:
        raise CheckpointUnreadable("a stored value is damaged") from error


class _Zstd(threading.local):
    """Contexts cost more to make than a value costs to compress, and must not be shared between threads."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=3, write_checksum=True)
        self.decompressor = zstandard.ZstdDecompressor()


_zstd = _Zstd()
