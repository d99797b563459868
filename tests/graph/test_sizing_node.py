import json
from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command

from core.calculations import Calculations
from core.errors import InvalidInput
from core.pv.weather_year import WeatherYear
from nodes.clarify.node import clarify
from nodes.sizing.node import SizingReads, sizing
from state.sizing import SizingResult
from state.weather import Resource, WeatherResult
from state.workflow import JobState
from tests.support.sizing import HOME, NAIROBI, nairobi_year, resource_of


class OneYear:
    """A store that has one year and remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def weather_year(self, resource: Resource) -> WeatherYear:
        self.asked.append(resource.ref)
        return nairobi_year()


def reads(answers: dict[str, Any] | None = None, **job: Any) -> SizingReads:
    given = {"kind": "sizing", "site": NAIROBI, "demand": {"daily_kwh": 12}} | job
    weather = WeatherResult(resource=resource_of(nairobi_year()), forecast=None, windows=[], alerts=[])
    return {"job_id": "j", "input": given, "answers": answers or {}, "weather": weather.to_json()}


async def test_a_complete_job_writes_its_result_and_no_question() -> None:
    years = OneYear()
    written = await sizing(reads({"design_temp_min_c": 6}), years=years, calculate=Calculations())
    assert written["open_questions"] == {"sizing": []}
    assert SizingResult.model_validate(written["sizing"]).status == "feasible"
    assert years.asked == ["file:test"]
    json.dumps(written["sizing"], allow_nan=False)


async def test_a_missing_temperature_is_asked_for_beside_the_provisional_result() -> None:
    written = await sizing(reads(), years=OneYear(), calculate=Calculations())
    assert [question["id"] for question in written["open_questions"]["sizing"]] == ["design_temp_min_c"]
    assert written["sizing"]["status"] == "screening"


async def test_where_nothing_can_be_sized_there_is_only_the_question() -> None:
    written = await sizing(reads(demand=None), years=OneYear(), calculate=Calculations())
    assert "sizing" not in written
    assert {question["id"] for question in written["open_questions"]["sizing"]} == {
        "design_temp_min_c", "demand_daily_kwh",
    }  # fmt: skip


async def test_a_replayed_node_says_the_same_line_under_the_same_id() -> None:
    first = await sizing(reads({"design_temp_min_c": 6}), years=OneYear(), calculate=Calculations())
    again = await sizing(reads({"design_temp_min_c": 6}), years=OneYear(), calculate=Calculations())
    (line,), (same) = first["messages"], again["messages"]
    assert line.id == same[0].id == "j:sizing:result"
    assert line.content == same[0].content
    assert str(line.content).startswith("Feasible: ")


async def test_unknown_equipment_is_refused_with_its_place() -> None:
    with pytest.raises(InvalidInput) as refused:
        await sizing(reads(equipment={"module": "Nonesuch 9000"}), years=OneYear(), calculate=Calculations())
    assert [error.pointer for error in refused.value.errors] == ["/equipment/module"]


async def test_a_job_asks_once_and_is_sized_with_the_answers() -> None:
    years = OneYear()

    async def size_it(state: JobState) -> Any:
        return await sizing(
            reads(state["answers"], system_type="hybrid", demand={"appliances": HOME}),
            years=years,
            calculate=Calculations(),
        )

    builder = StateGraph(JobState)
    builder.add_node("sizing", size_it)
    builder.add_node("clarify", clarify)
    builder.add_edge(START, "sizing")
    builder.add_edge("sizing", "clarify")
    builder.add_conditional_edges(
        "clarify", lambda state: "sizing" if state["open_questions"].get("sizing") else END, ["sizing", END]
    )
    graph = builder.compile(checkpointer=InMemorySaver())
    thread: RunnableConfig = {"configurable": {"thread_id": "t"}}
    start: Any = {"job_id": "j", "input": {}, "answers": {}, "open_questions": {}}
    waiting = await graph.ainvoke(start, thread)
    assert [question["id"] for question in waiting["__interrupt__"][0].value["questions"]] == [
        "design_temp_min_c"
    ]
    done = await graph.ainvoke(Command(resume={"design_temp_min_c": 6}), thread)
    assert done["sizing"]["status"] == "feasible"
    assert [message.id for message in done["messages"] if message.name == "sizing"] == [
        "j:sizing:design_temp_min_c", "j:sizing:result",
    ]  # fmt: skip
