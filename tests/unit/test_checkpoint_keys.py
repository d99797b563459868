from hypothesis import given
from hypothesis import strategies as st

from core.checkpoint.keys import (
    PREFIX,
    CheckpointRef,
    blob_digest,
    checkpoint_field,
    namespace_digest,
    parse_checkpoint,
    parse_writes,
    text,
    thread_key,
)

ids = st.text(st.characters(), max_size=40)  # with control characters and lone surrogates


@given(ids, ids)
def test_ids_as_bytes_sort_as_the_ids_do(one: str, other: str) -> None:
    assert (text(one) < text(other)) == (one < other)


@given(ids)
def test_a_threads_key_shows_nothing_of_its_id_and_has_one_hash_tag(thread_id: str) -> None:
    key = thread_key(thread_id)

    assert len(key) == len(thread_key(""))
    assert key.startswith(PREFIX + b"{")
    assert key.endswith(b"}")
    assert key.count(b"{") == key.count(b"}") == 1
    assert not set(key) & set(b"*?[]\\\n")


@given(st.sets(ids, min_size=2, max_size=8))
def test_different_threads_have_different_keys(thread_ids: set[str]) -> None:
    assert len({thread_key(one) for one in thread_ids}) == len(thread_ids)


@given(ids, ids)
def test_a_checkpoint_is_found_again_in_its_field_name(namespace: str, checkpoint_id: str) -> None:
    ref = CheckpointRef(namespace_digest(namespace), text(checkpoint_id))

    assert parse_checkpoint(checkpoint_field(ref)) == ref
    assert parse_writes(checkpoint_field(ref)) is None


@given(ids, st.binary(min_size=4, max_size=4))
def test_writes_and_their_counter_belong_to_their_checkpoint(checkpoint_id: str, number: bytes) -> None:
    ref = CheckpointRef(namespace_digest("a"), text(checkpoint_id))

    assert parse_writes(b"w" + ref.namespace + number + ref.checkpoint_id) == ref
    assert parse_writes(b"n" + ref.namespace + ref.checkpoint_id) == ref
    assert parse_checkpoint(b"n" + ref.namespace + ref.checkpoint_id) is None


def test_names_that_only_look_alike_when_joined_have_different_blobs() -> None:
    namespace = namespace_digest("")

    assert blob_digest(namespace, "a", "b1") != blob_digest(namespace, "ab", "1")
    assert blob_digest(namespace, "a", "1") != blob_digest(namespace, "a", "2")
    assert blob_digest(namespace, "a", "1") != blob_digest(namespace_digest("x"), "a", "1")
