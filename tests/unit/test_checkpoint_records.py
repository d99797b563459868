from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import WRITES_IDX_MAP, Checkpoint, CheckpointMetadata, PendingWrite
from langgraph.checkpoint.memory import InMemorySaver

from core.checkpoint.codec import pack, strict_serializer
from core.checkpoint.records import (
    SMALL_TEXT,
    Place,
    draft,
    read_body,
    read_values,
    read_writes,
    serialize_writes,
    split,
)
from core.errors import CheckpointUnreadable

SERDE = strict_serializer()
METADATA = CheckpointMetadata(source="loop", step=1, parents={})

int64s = st.integers(-(2**63), 2**63 - 1)  # all that MessagePack holds
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=99),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)
channel_values = st.dictionaries(st.text(min_size=1, max_size=12), json_values, max_size=8)


def config(**configurable: Any) -> RunnableConfig:
    return {"configurable": {"thread_id": "t", "checkpoint_ns": "", **configurable}}


def checkpoint_of(values: dict[str, Any]) -> Checkpoint:
    return Checkpoint(
        v=4,
        id=str(uuid4()),
        ts="2026-01-01T00:00:00+00:00",
        channel_values=values,
        channel_versions=dict.fromkeys(values, "00000001.0a"),
        versions_seen={"node": {"a": "00000001.0a"}},
        updated_channels=None,
    )


@given(channel_values)
def test_a_checkpoint_comes_back_from_its_record_and_its_values(values: dict[str, Any]) -> None:
    checkpoint = checkpoint_of(values)
    new = draft(SERDE, config(checkpoint_id="parent"), checkpoint, METADATA, checkpoint["channel_versions"])

    record, parts = new.stored()
    blobs = dict(zip(parts[::2], parts[1::2], strict=True))
    digests, body = split(record)
    found = read_body(SERDE, body).tuple("t", read_values(SERDE, [blobs[one] for one in digests]), [])

    assert found.checkpoint == checkpoint
    assert found.metadata == METADATA
    assert found.config == config(checkpoint_id=checkpoint["id"])
    assert found.parent_config == config(checkpoint_id="parent")


def test_only_new_values_that_are_not_small_become_blobs() -> None:
    values = {
        "new": {"a": 1},
        "old": {"b": 2},
        "flag": True,
        "name": "x" * SMALL_TEXT,
        "text": "x" * (SMALL_TEXT + 1),
    }
    checkpoint = checkpoint_of(values)

    new = draft(
        SERDE, config(), checkpoint, METADATA, {"new": "00000001.0a", "flag": "00000001.0a", "gone": "1"}
    )

    assert new.channels == ["new", "old", "text"]
    assert list(new.values) == [new.digests[0]]


def test_a_value_of_a_channel_without_a_version_is_not_stored() -> None:
    checkpoint = checkpoint_of({"a": 1}) | {"channel_versions": {}}

    assert read_body(SERDE, pack(draft(SERDE, config(), checkpoint, METADATA, {}).body)).inline == {}


def test_a_missing_value_makes_a_checkpoint_unreadable() -> None:
    with pytest.raises(CheckpointUnreadable, match="no longer stored"):
        read_values(SERDE, [None])


@pytest.mark.parametrize("record", [b"", b"\0\0", b"\0\0\0\x05abc"])
def test_a_record_that_breaks_off_is_unreadable(record: bytes) -> None:
    with pytest.raises(CheckpointUnreadable):
        read_body(SERDE, split(record)[1])


def test_a_record_of_another_shape_is_unreadable() -> None:
    with pytest.raises(CheckpointUnreadable, match="shape"):
        read_body(SERDE, pack(b"msgpack\0" + b"\x93\x01\x02\x03"))


@pytest.mark.parametrize(
    ("configurable", "attempt"),
    [({}, None), ({"attempt": 3}, 3), ({"attempt": "3"}, None), ({"attempt": None}, None)],
)
def test_an_attempt_is_a_number_or_absent(configurable: dict[str, Any], attempt: int | None) -> None:
    assert Place.of(config(**configurable)).attempt == attempt


channels = st.sampled_from(["a", "b", *WRITES_IDX_MAP])
puts = st.lists(
    st.tuples(
        st.sampled_from(["task-1", "task-2", "task-3"]),
        st.lists(st.tuples(channels, int64s), max_size=4),
    ),
    max_size=8,
)


@given(puts, st.permutations(["~b", "~a", ""]))
def test_pending_writes_come_back_as_from_langgraphs_own_saver(
    calls: list[tuple[str, list[tuple[str, int]]]], paths: list[str]
) -> None:
    """LangGraph's in-memory saver is the reference for what stands, what is replaced, and in which order."""
    reference = InMemorySaver()
    stored = reference.put(config(), checkpoint_of({}), METADATA, {})
    task_paths = dict(zip(["task-1", "task-2", "task-3"], paths, strict=True))
    packed = []
    for task_id, writes in calls:
        reference.put_writes(stored, writes, task_id, task_paths[task_id])
        packed.append(pack(serialize_writes(SERDE, writes, task_id, task_paths[task_id])))

    expected = reference.get_tuple(stored)
    assert expected is not None
    assert read_writes(SERDE, packed) == expected.pending_writes


def test_parallel_tasks_writes_are_ordered_by_their_paths_not_their_ids() -> None:
    writes: list[PendingWrite] = read_writes(
        SERDE,
        [
            pack(serialize_writes(SERDE, [("log", "second"), ("log", "third")], "aaa", "~2")),
            pack(serialize_writes(SERDE, [("log", "first")], "zzz", "~1")),
        ],
    )

    assert [value for _, _, value in writes] == ["first", "second", "third"]
