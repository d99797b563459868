"""LangGraph over the saver, with LangGraph's own in-memory saver as the reference."""

import operator
from typing import Annotated, Any

import pytest
from langchain_core.messages import AnyMessage, HumanMessage
from langchain_core.runnables import RunnableConfig
from langgraph.channels.delta import DeltaChannel
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph, add_messages
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command, Durability, Interrupt, Send, StateSnapshot, interrupt
from redis.asyncio import Redis as AsyncRedis
from typing_extensions import TypedDict

from core.checkpoint import RedisSaver, delete_job_state, get_job_state, save_job_state
from core.errors import StaleAttempt

JOB = "0190b6a2-0000-7000-8000-000000000001"
CONFIG: RunnableConfig = {"configurable": {"thread_id": JOB}}
Graph = CompiledStateGraph[Any, Any, Any, Any]


class State(TypedDict, total=False):
    kind: str
    answers: dict[str, Any]
    log: Annotated[list[str], operator.add]
    sizing: dict[str, Any]
    triage: dict[str, Any]
    messages: Annotated[list[AnyMessage], add_messages]


def intake(state: State) -> State:
    return {"log": ["intake"], "messages": [HumanMessage("size this", id="m1")]}


def sizing(state: State) -> State:
    return {"log": ["sizing"], "sizing": {"pdc0_w": 5000.0, "text": "x" * 200}}


def triage(state: State) -> State:
    return {"log": ["triage"], "triage": {"priority": "P2"}}


def clarify(state: State) -> State:
    return {"log": ["clarify"], "answers": interrupt({"questions": ["design_temp_min_c"]})}


def part(state: dict[str, int]) -> State:
    return {"log": [f"part {state['number']}"]}


def report(state: State) -> State:
    return {"log": ["report"]}


def fan_out(state: State) -> list[Send]:
    return [Send("part", {"number": number}) for number in range(3)]


def workflow(saver: BaseCheckpointSaver[str]) -> Graph:
    """Two branches in parallel, a question, sends, an end."""
    builder = StateGraph(State)
    for node in (intake, sizing, triage, clarify, part, report):
        builder.add_node(node.__name__, node)
    builder.add_edge(START, "intake")
    builder.add_edge("intake", "sizing")
    builder.add_edge("intake", "triage")
    builder.add_edge(["sizing", "triage"], "clarify")
    builder.add_conditional_edges("clarify", fan_out, ["part"])
    builder.add_edge("part", "report")
    builder.add_edge("report", END)
    return builder.compile(checkpointer=saver)


def told(snapshot: StateSnapshot) -> tuple[Any, ...]:
    """What of a snapshot does not depend on ids and times."""
    metadata = {key: value for key, value in (snapshot.metadata or {}).items() if key in ("source", "step")}
    tasks = [
        (task.name, task.path, [one.value for one in task.interrupts], task.result) for task in snapshot.tasks
    ]
    return snapshot.values, snapshot.next, metadata, tasks


async def story(saver: BaseCheckpointSaver[str], durability: Durability) -> list[Any]:
    """All that can be seen of a run with a question in it."""
    graph = workflow(saver)
    asked = await graph.ainvoke({"kind": "full", "log": []}, CONFIG, durability=durability)
    waiting = await graph.aget_state(CONFIG)
    ended = await graph.ainvoke(Command(resume={"a": 1}), CONFIG, durability=durability)
    history = [told(one) async for one in graph.aget_state_history(CONFIG)]
    asked["__interrupt__"] = [one.value for one in asked["__interrupt__"]]
    return [asked, told(waiting), ended, history]


@pytest.mark.parametrize("durability", ["sync", "async", "exit"])
async def test_a_run_with_a_question_is_the_same_as_in_memory(
    saver: RedisSaver, durability: Durability
) -> None:
    assert await story(saver, durability) == await story(InMemorySaver(), durability)


def test_a_graph_runs_without_an_event_loop(saver: RedisSaver) -> None:
    graph, reference = workflow(saver), workflow(InMemorySaver())

    for one in (graph, reference):
        one.invoke({"kind": "full", "log": []}, CONFIG)
        one.invoke(Command(resume={"a": 1}), CONFIG)

    assert [told(one) for one in graph.get_state_history(CONFIG)] == [
        told(one) for one in reference.get_state_history(CONFIG)
    ]


async def test_a_question_survives_the_process_that_asked_it(saver: RedisSaver, client: AsyncRedis) -> None:
    await workflow(saver).ainvoke({"kind": "full", "log": []}, CONFIG)

    another = workflow(RedisSaver(client, ttl_seconds=60))
    waiting = await another.aget_state(CONFIG)
    ended = await another.ainvoke(Command(resume={"a": 1}), CONFIG)

    assert [type(one) for one in waiting.interrupts] == [Interrupt]
    assert waiting.interrupts[0].value == {"questions": ["design_temp_min_c"]}
    assert ended["answers"] == {"a": 1}
    assert ended["messages"] == [HumanMessage("size this", id="m1")]


async def test_a_fork_of_an_old_checkpoint_leaves_the_other_branch_alone(saver: RedisSaver) -> None:
    graph = workflow(saver)
    await graph.ainvoke({"kind": "full", "log": []}, CONFIG)
    before = [one async for one in graph.aget_state_history(CONFIG)]
    old = next(one for one in before if one.next == ("intake",))

    forked = await graph.aupdate_state(old.config, {"kind": "sizing"})

    assert (await graph.aget_state(forked)).values["kind"] == "sizing"
    after = [one async for one in graph.aget_state_history(CONFIG)]
    assert [told(one) for one in after[1:]] == [told(one) for one in before]


def appended(state: list[str], writes: list[list[str]]) -> list[str]:
    return [*state, *(entry for write in writes for entry in write)]


class Deltas(TypedDict, total=False):
    round: int
    log: Annotated[list[str], DeltaChannel(appended, snapshot_frequency=5)]


def rounds(saver: BaseCheckpointSaver[str]) -> Graph:
    def left(state: Deltas) -> Deltas:
        return {"log": [f"left {state['round']}"]}

    def right(state: Deltas) -> Deltas:
        return {"log": [f"right {state['round']}"]}

    builder = StateGraph(Deltas)
    builder.add_node("right", right)
    builder.add_node("left", left)
    for node in ("left", "right"):
        builder.add_edge(START, node)
        builder.add_edge(node, END)
    return builder.compile(checkpointer=saver)


@pytest.mark.parametrize("durability", ["sync", "async", "exit"])
async def test_a_delta_channel_is_rebuilt_as_in_memory_and_after_pruning(
    saver: RedisSaver, durability: Durability
) -> None:
    graph, reference = rounds(saver), rounds(InMemorySaver())
    for number in range(12):
        for one in (graph, reference):
            await one.ainvoke({"round": number}, CONFIG, durability=durability)
        expected = (await reference.aget_state(CONFIG)).values
        assert (await graph.aget_state(CONFIG)).values == expected
        if number % 4 == 3:
            await saver.aprune([JOB])
            assert (await graph.aget_state(CONFIG)).values == expected

    assert len((await graph.aget_state(CONFIG)).values["log"]) == 24


async def test_pruning_shortens_a_history_with_a_delta_channel(saver: RedisSaver) -> None:
    graph = rounds(saver)
    for number in range(12):
        await graph.ainvoke({"round": number}, CONFIG)

    await saver.aprune([JOB])

    assert len([one async for one in graph.aget_state_history(CONFIG)]) < 18


async def test_a_state_of_an_older_schema_is_read_by_a_newer_graph(saver: RedisSaver) -> None:
    class Older(TypedDict, total=False):
        kind: str
        dropped: dict[str, int]

    builder = StateGraph(Older)
    builder.add_node("intake", lambda _: {"kind": "triage", "dropped": {"a": 1}})
    builder.add_edge(START, "intake")
    builder.add_edge("intake", END)
    await builder.compile(checkpointer=saver).ainvoke({"kind": "full"}, CONFIG)

    newer = workflow(saver)

    assert (await newer.aget_state(CONFIG)).values["kind"] == "triage"
    assert (await newer.ainvoke({"log": ["again"]}, CONFIG))["kind"] == "triage"


# The state of a job.


async def test_the_state_of_a_job_is_what_the_graph_left(saver: RedisSaver) -> None:
    graph = workflow(saver)
    await graph.ainvoke({"kind": "full", "log": []}, CONFIG)

    assert await get_job_state(saver, JOB) == (await graph.aget_state(CONFIG)).values


@pytest.mark.parametrize("state", [{"kind": "triage", "log": ["rebuilt"]}, {}], ids=["some", "empty"])
async def test_a_saved_state_is_the_graphs_state_and_leaves_nothing_to_run(
    saver: RedisSaver, state: dict[str, Any]
) -> None:
    graph = workflow(saver)
    await graph.ainvoke({"kind": "full", "log": []}, CONFIG)

    await save_job_state(saver, JOB, state)

    snapshot = await graph.aget_state(CONFIG)
    assert snapshot.values == {"log": [], "messages": [], **state}
    assert snapshot.next == ()
    again = await graph.ainvoke({"log": ["more"]}, CONFIG)
    assert again["log"] == [*state.get("log", []), "more", "intake", "sizing", "triage"]


async def test_a_closed_jobs_state_is_gone_with_everything_it_owned(
    saver: RedisSaver, client: AsyncRedis
) -> None:
    await workflow(saver).ainvoke({"kind": "full", "log": []}, CONFIG)

    await delete_job_state(saver, JOB)

    assert await get_job_state(saver, JOB) is None
    assert await client.dbsize() == 0


async def test_a_worker_runs_a_whole_graph_under_its_claim(workers_saver: RedisSaver) -> None:
    graph = workflow(workers_saver)
    mine: RunnableConfig = {"configurable": {"thread_id": JOB, "attempt": 1}}
    with pytest.raises(StaleAttempt):
        await graph.ainvoke({"kind": "full", "log": []}, mine)

    await workers_saver.claim(JOB, 1)
    await graph.ainvoke({"kind": "full", "log": []}, mine)
    ended = await graph.ainvoke(Command(resume={"a": 1}), mine)

    assert ended["answers"] == {"a": 1}
    assert await get_job_state(workers_saver, JOB) == {
        key: ended[key] for key in ended if key != "__interrupt__"
    }
