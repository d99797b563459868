from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver

from core.checkpoint import delete_job_state, get_job_state, save_job_state
from core.errors import InvalidInput

JOB = "0190b6a2-0000-7000-8000-000000000001"


class Untouchable(BaseCheckpointSaver[str]):
    """A saver that must not be asked: the base class implements nothing."""


@pytest.mark.parametrize(
    "job_id",
    [
        "",
        "*",
        "job-1",
        "0190b6a2000070008000000000000001",
        "{0190b6a2-0000-7000-8000-000000000001}",
        "0190B6A2-0000-7000-8000-000000000001",
        "0190b6a2-0000-7000-8000-000000000001\n",
        " 0190b6a2-0000-7000-8000-000000000001",
        None,
        7,
        UUID(JOB),
    ],
    ids=repr,
)
async def test_a_job_id_that_is_no_uuid_is_refused_before_the_saver_is_asked(job_id: Any) -> None:
    saver = Untouchable()

    for refused in (
        save_job_state(saver, job_id, {}),
        get_job_state(saver, job_id),
        delete_job_state(saver, job_id),
    ):
        with pytest.raises(InvalidInput) as error:
            await refused
        assert [one.pointer for one in error.value.errors] == ["/job_id"]


@pytest.fixture
def saver() -> InMemorySaver:
    return InMemorySaver()


async def test_a_job_without_a_checkpoint_has_no_state(saver: InMemorySaver) -> None:
    assert await get_job_state(saver, JOB) is None


async def test_a_saved_state_is_found_until_it_is_deleted(saver: InMemorySaver) -> None:
    state = {"kind": "full", "site": {"latitude": -1.27}, "answers": {"a": 1}, "sizing": None}

    await save_job_state(saver, JOB, state)
    assert await get_job_state(saver, JOB) == state

    await delete_job_state(saver, JOB)
    assert await get_job_state(saver, JOB) is None


async def test_a_state_saved_again_is_the_whole_state(saver: InMemorySaver) -> None:
    await save_job_state(saver, JOB, {"a": {"old": True}, "b": 1})
    await save_job_state(saver, JOB, {"a": {"new": True}, "c": 2})

    assert await get_job_state(saver, JOB) == {"a": {"new": True}, "c": 2}


async def test_each_saved_state_is_a_checkpoint_after_the_last(saver: InMemorySaver) -> None:
    for step in range(3):
        await save_job_state(saver, JOB, {"a": step})

    listed = list(saver.list({"configurable": {"thread_id": JOB}}))
    assert [one.metadata["step"] for one in listed] == [2, 1, 0]
    for child, parent in pairwise(listed):
        assert child.parent_config == parent.config
    assert listed[-1].parent_config is None
