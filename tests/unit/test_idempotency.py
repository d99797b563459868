"""What counts as the same request, and what counts as a key."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.idempotency import LONGEST, key_fault
from core.database.idempotency import fingerprint
from core.errors import InvalidInput

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
documents = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)


def _turned(document: Any) -> Any:
    """The same document with the members of every object in the opposite order."""
    if isinstance(document, dict):
        return {key: _turned(value) for key, value in reversed(document.items())}
    return [_turned(item) for item in document] if isinstance(document, list) else document


@given(documents)
def test_the_order_of_members_makes_no_other_request(document: Any) -> None:
    assert fingerprint("POST", "/jobs", document) == fingerprint("POST", "/jobs", _turned(document))


@given(documents, documents)
def test_two_documents_make_two_requests(one: Any, other: Any) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (fingerprint("POST", "/jobs", one) == fingerprint("POST", "/jobs", other)) is same


def test_method_and_path_belong_to_the_request() -> None:
    assert len({fingerprint(m, p, {}) for m in ("POST", "PUT") for p in ("/jobs", "/jobs/1/resume")}) == 4


def test_a_bottomless_document_is_refused() -> None:
    document: list[Any] = []
    for _ in range(200_000):
        document = [document]
    with pytest.raises(InvalidInput):
        fingerprint("POST", "/jobs", document)
    while document:  # taken apart by hand: freeing it whole recurses as deep
        document = document.pop()


@pytest.mark.parametrize(
    ("given_values", "fault"),
    [
        (["8c5f-42"], None),
        (['"quoted as a structured field"'], None),
        (["x" * LONGEST], None),
        (["x" * (LONGEST + 1)], "255"),
        ([""], "empty"),
        (["  "], "empty"),
        (["a\tb"], "printable"),
        (["a\x00b"], "printable"),
        (["a\x85b"], "printable"),
        (["one", "other"], "once"),
    ],
)
def test_a_key_is_a_short_visible_text_given_once(given_values: list[str], fault: str | None) -> None:
    found = key_fault(given_values)
    assert found is None if fault is None else fault in str(found)
