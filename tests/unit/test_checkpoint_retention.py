from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.checkpoint.keys import (
    CheckpointRef,
    blob_field,
    checkpoint_field,
    head_field,
    namespace_digest,
    text,
)
from core.checkpoint.records import Body
from core.checkpoint.retention import keep_latest, keep_other_runs, newest, removal

ROOT = namespace_digest("")
CHILD = namespace_digest("child")


def ref(number: int, namespace: bytes = ROOT) -> CheckpointRef:
    return CheckpointRef(namespace, text(f"{number:04}"))


def stored(
    *digests: bytes, parent: int | None = None, channels: tuple[str, ...] = (), **metadata: Any
) -> tuple[list[bytes], Body]:
    body = Body(
        checkpoint_ns="",
        parent_id=None if parent is None else f"{parent:04}",
        checkpoint={},
        inline={},
        channels=list(channels),
        metadata=metadata,  # type: ignore[arg-type]  # any metadata may have been stored
    )
    return list(digests), body


def fields_of(checkpoints: dict[CheckpointRef, tuple[list[bytes], Body]]) -> list[bytes]:
    """All fields of a thread that holds these checkpoints, with one write at each."""
    fields = {b"t", b"v", b"f"}
    for one, (digests, _) in checkpoints.items():
        fields |= {checkpoint_field(one), head_field(one.namespace), *map(blob_field, digests)}
        fields |= {
            b"n" + one.namespace + one.checkpoint_id,
            b"w" + one.namespace + bytes(4) + one.checkpoint_id,
        }
    return sorted(fields)


def test_the_newest_of_each_namespace_is_kept() -> None:
    checkpoints = {ref(1): stored(), ref(3): stored(), ref(2): stored(), ref(1, CHILD): stored()}

    assert keep_latest(checkpoints) == {ref(3), ref(1, CHILD)}


def test_ancestors_are_kept_back_to_the_last_stored_value_of_a_delta_channel() -> None:
    checkpoints = {
        ref(1): stored(channels=("log",)),
        ref(2): stored(parent=1, channels=("log",)),
        ref(3): stored(parent=2),
        ref(4): stored(parent=3, counters_since_delta_snapshot={"log": (2, 2)}),
    }

    assert keep_latest(checkpoints) == {ref(2), ref(3), ref(4)}


def test_a_delta_channel_that_was_never_stored_keeps_all_ancestors() -> None:
    checkpoints = {ref(1): stored(), ref(2): stored(parent=1), ref(3): stored(parent=2)}
    checkpoints[ref(3)][1].metadata["counters_since_delta_snapshot"] = {"log": (1, 1)}

    assert keep_latest(checkpoints) == {ref(1), ref(2), ref(3)}


def test_checkpoints_of_other_runs_stay() -> None:
    checkpoints = {ref(1): stored(run_id="a"), ref(2): stored(run_id="b"), ref(3): stored()}

    assert keep_other_runs(checkpoints, {"a", "z"}) == {ref(2), ref(3)}


def test_a_namespace_that_loses_everything_loses_its_head() -> None:
    checkpoints = {ref(1): stored(run_id="b"), ref(1, CHILD): stored(run_id="a")}

    plan = removal(fields_of(checkpoints), checkpoints, {ref(1)})

    assert plan is not None
    assert head_field(CHILD) in plan.fields
    assert plan.heads == {head_field(ROOT): ref(1).checkpoint_id}


def test_nothing_to_remove_is_no_change() -> None:
    checkpoints = {ref(1): stored()}

    assert removal(fields_of(checkpoints), checkpoints, {ref(1)}) is None


def test_writes_whose_checkpoint_is_still_on_its_way_stay() -> None:
    checkpoints = {ref(1): stored(), ref(2): stored()}
    early = b"w" + ROOT + bytes(4) + ref(9).checkpoint_id

    plan = removal([*fields_of(checkpoints), early], checkpoints, {ref(2)})

    assert plan is not None
    assert early not in plan.fields


threads = st.dictionaries(
    st.builds(ref, st.integers(0, 9), st.sampled_from([ROOT, CHILD])),
    st.sets(st.sampled_from([bytes([n]) * 8 for n in range(6)])).map(lambda digests: stored(*digests)),
    min_size=1,
    max_size=8,
)


@given(threads, st.data())
def test_what_is_left_is_exactly_what_the_kept_checkpoints_need(
    checkpoints: dict[CheckpointRef, tuple[list[bytes], Body]], data: st.DataObject
) -> None:
    kept = data.draw(st.sets(st.sampled_from(sorted(checkpoints))))
    fields = fields_of(checkpoints)

    plan = removal(fields, checkpoints, kept)

    left = set(fields) - set(plan.fields if plan else ())
    assert left == set(fields_of({one: checkpoints[one] for one in kept}))
    if plan:
        assert plan.heads == {head_field(namespace): head for namespace, head in newest(kept).items()}
