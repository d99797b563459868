import json
import pickle
from dataclasses import dataclass
from typing import Any, ClassVar

import ormsgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.types import Interrupt, Send

from core.checkpoint.codec import (
    PLAIN,
    WORTH_PACKING,
    deserialize,
    pack,
    serialize,
    strict_serializer,
    unpack,
)
from core.errors import CheckpointUnreadable


@dataclass
class Stranger:
    """A type the application owns and the serializer was not told about."""

    name: str
    built: ClassVar[list[str]] = []

    def __post_init__(self) -> None:
        self.built.append(self.name)


@given(st.binary(max_size=2000) | st.integers(0, 5000).map(lambda n: b"ab" * n))
def test_packed_bytes_come_back(data: bytes) -> None:
    assert unpack(pack(data)) == data


@given(st.binary(max_size=2000))
def test_packing_adds_at_most_its_marker(data: bytes) -> None:
    assert len(pack(data)) <= len(data) + 1


def test_repetitive_data_shrinks() -> None:
    assert len(pack(b"ghi=512.3," * 800)) < 200


@pytest.mark.parametrize("stored", [b"", b"9abc", b"1not a frame", pack(b"x" * WORTH_PACKING)[:-3]])
def test_damaged_or_unknown_bytes_are_unreadable(stored: bytes) -> None:
    with pytest.raises(CheckpointUnreadable):
        unpack(stored)


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"raw",
        {"a": [1, 2.5, "x", None, True]},
        [HumanMessage("hello", id="1"), AIMessage("hi", id="2")],
        (Interrupt({"questions": []}, id="i"),),
        [Send("node", {"x": 1})],
    ],
    ids=repr,
)
def test_what_langgraph_stores_comes_back(value: Any) -> None:
    serde = strict_serializer()

    found = deserialize(serde, serialize(serde, value))

    assert found == (list(value) if isinstance(value, tuple) else value)


def test_a_type_nobody_allowed_is_not_constructed() -> None:
    permissive = JsonPlusSerializer(allowed_msgpack_modules=True)
    stored = serialize(permissive, {"guest": Stranger("written")})
    Stranger.built.clear()

    found = deserialize(strict_serializer(), stored)

    assert Stranger.built == []
    assert found == {"guest": {"name": "written"}}


@pytest.mark.parametrize(
    ("code", "call"), [(0, ["os", "system", "true"]), (1, ["subprocess", "call", [["true"]]])]
)
def test_a_call_hidden_in_the_bytes_is_not_made(code: int, call: list[Any]) -> None:
    hidden = ormsgpack.packb(ormsgpack.Ext(code, ormsgpack.packb(call)))

    assert deserialize(strict_serializer(), b"msgpack\0" + hidden) == call[2]


@pytest.mark.parametrize(
    "stored",
    [
        b"pickle\0" + pickle.dumps({"a": 1}),
        b"json\0"
        + json.dumps({"lc": 1, "type": "constructor", "id": ["langchain_core", "x"], "kwargs": {}}).encode(),
        b"json+aes\0{}",
        b"\xff\0",
        b"",
    ],
)
def test_kinds_that_are_never_written_are_refused(stored: bytes) -> None:
    with pytest.raises(CheckpointUnreadable):
        deserialize(JsonPlusSerializer(pickle_fallback=True), stored)


def test_a_value_that_breaks_off_is_unreadable() -> None:
    serde = strict_serializer()

    with pytest.raises(CheckpointUnreadable):
        deserialize(serde, serialize(serde, {"a": [1, 2, 3]})[:-2])


def test_small_values_are_stored_as_they_are() -> None:
    assert pack(b"tiny") == PLAIN + b"tiny"
