from itertools import pairwise

from core.ids import new_id


def test_ids_are_uuid_version_7() -> None:
    identifier = new_id()
    assert identifier.version == 7
    assert identifier.variant == "specified in RFC 4122"


def test_ids_grow_with_time_to_the_millisecond() -> None:
    stamps = [new_id().int >> 80 for _ in range(2000)]
    assert all(earlier <= later for earlier, later in pairwise(stamps))


def test_ids_do_not_repeat() -> None:
    assert len({new_id() for _ in range(20_000)}) == 20_000
