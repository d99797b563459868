from typing import Any
from uuid import UUID

import pytest
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from core.errors import InvalidInput
from nodes.intake.node import intake
from state.job import JobInput
from state.workflow import JobRequest, JobState

NAIROBI = {"kind": "sizing", "system_type": "pure", "site": {"latitude": -1.27, "longitude": 36.84}}


def graph_of_intake() -> CompiledStateGraph[JobState, None, JobRequest, JobState]:
    builder = StateGraph(JobState, input_schema=JobRequest)
    builder.add_node("intake", intake)
    builder.add_edge(START, "intake")
    builder.add_edge("intake", END)
    return builder.compile()


async def test_a_job_that_is_not_under_its_key_is_refused_with_the_place() -> None:
    with pytest.raises(InvalidInput) as refused:
        await intake({"answers": {}})  # type: ignore[typeddict-item, typeddict-unknown-key]
    assert [error.pointer for error in refused.value.errors] == ["/input"]


async def test_a_bare_input_becomes_a_job_with_everything_the_next_nodes_read() -> None:
    state: dict[str, Any] = await graph_of_intake().ainvoke({"input": NAIROBI})
    assert UUID(state["job_id"]).version == 7
    assert state["trigger"] == "start"
    assert state["answers"] == {}
    assert state["open_questions"] == {"sizing": [], "triage": []}
    site = JobInput.model_validate(state["input"]).site
    assert site.timezone == "Africa/Nairobi"
    [message] = state["messages"]
    assert message.content == (
        f"Accepted: size a system (grid-tied) at {site.elevation_m:.0f} m above the sea,"
        " time zone Africa/Nairobi."
    )


async def test_a_jobs_own_id_and_recorded_answers_are_kept() -> None:
    given: JobRequest = {"input": NAIROBI, "job_id": "j-1", "answers": {"design_temp_min_c": 5}}
    state: dict[str, Any] = await graph_of_intake().ainvoke(given)
    assert state["job_id"] == "j-1"
    assert state["answers"] == {"design_temp_min_c": 5}
    assert [message.id for message in state["messages"]] == ["j-1:intake"]


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({**NAIROBI, "colour": "red"}, "/colour"),
        ({**NAIROBI, "demand": {"monthly_kwh": [0] * 12}}, "/demand/monthly_kwh"),
        ("a text", ""),
    ],
)
async def test_studio_is_refused_like_everybody_else(document: Any, pointer: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        await graph_of_intake().ainvoke({"input": document})
    assert [error.pointer for error in caught.value.errors] == [pointer]
