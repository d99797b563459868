"""What a run stores and tells, whoever else acts on its job."""

import asyncio
from typing import Any

from langgraph.graph.state import CompiledStateGraph

from core.clock import SystemClock
from core.database.jobs import Jobs
from core.database.models import JobRow, RunStatus
from core.database.session import AsyncSessionLocal
from core.errors import Conflict
from core.queue import queued_runs
from graph.execution import Execution
from state.base import JsonObject
from state.weather import WeatherResult
from state.workflow import JobState
from tests.support.execution_bench import Bench, Counted
from tests.support.forecasts import RESOURCE
from tests.support.workflows import asks, nothing, only_weather, reports, workflow


async def test_a_run_that_ends_stores_one_result_and_tells_each_step(bench: Bench) -> None:
    job_id = await bench.start()
    await bench.execution().execute(await bench.run_id(job_id))
    job = await bench.job(job_id)
    assert (job.status, job.result_version, job.progress_node) == (RunStatus.SUCCEEDED, 1, "report")
    assert await bench.summaries(job_id) == ["depth unknown"]
    assert await bench.events(job_id) == [
        "job.created",
        "node.started", "node.finished", "node.started", "node.finished", "node.started", "node.finished",
        "result.stored", "run.succeeded",
    ]  # fmt: skip


async def test_a_run_that_is_delivered_twice_counts_once(bench: Bench) -> None:
    job_id = await bench.start()
    intake = Counted()
    execution, run_id = bench.execution(intake=intake), await bench.run_id(job_id)
    await execution.execute(run_id)
    await execution.execute(run_id)
    assert intake.calls == 1
    assert len(await bench.summaries(job_id)) == 1


async def test_an_answer_continues_where_the_graph_asked(bench: Bench) -> None:
    job_id = await bench.start()
    intake = Counted()
    execution = bench.execution(intake=intake, clarify=asks)
    await execution.execute(await bench.run_id(job_id))
    job = await bench.job(job_id)
    assert (job.status, [question["id"] for question in job.questions]) == (RunStatus.WAITING, ["depth"])
    await bench.resume(job_id, depth=3)
    await execution.execute(await bench.run_id(job_id))
    assert await bench.summaries(job_id) == ["depth 3"]
    assert intake.calls == 1


async def test_a_cancelled_job_takes_no_result(bench: Bench) -> None:
    job_id = await bench.start()
    run_id = await bench.run_id(job_id)

    async def cancelled_meanwhile(state: JobState) -> JsonObject:
        await bench.cancel(job_id)
        return await nothing(state)

    report = Counted(reports)
    await bench.execution(clarify=cancelled_meanwhile, report=report).execute(run_id)
    assert (await bench.job(job_id)).status is RunStatus.CANCELLED
    assert await bench.summaries(job_id) == []


async def test_a_cancelled_job_leaves_the_queue(bench: Bench) -> None:
    job_id = await bench.start()
    await bench.cancel(job_id)
    async with AsyncSessionLocal(bind=bench.engine) as session:
        assert await queued_runs(session, at_most=9) == 0


async def test_of_two_answers_at_once_one_wins(bench: Bench) -> None:
    job_id = await bench.start()
    execution = bench.execution(clarify=asks)
    await execution.execute(await bench.run_id(job_id))
    outcomes = await asyncio.gather(
        *(bench.resume(job_id, depth=depth) for depth in range(8)), return_exceptions=True
    )
    assert sum(outcome is None for outcome in outcomes) == 1
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 7
    await execution.execute(await bench.run_id(job_id))
    assert await bench.summaries(job_id) == [f"depth {outcomes.index(None)}"]


def _weather(reason: str) -> JsonObject:
    return WeatherResult(
        resource=RESOURCE,
        forecast=None,
        forecast_problem=reason,
        windows=[],
        alerts=[],
    ).to_json()


async def test_a_job_holds_the_weather_that_no_result_holds(bench: Bench) -> None:
    first, second, third = map(_weather, ("first", "second", "third"))

    async def refresh(graph: CompiledStateGraph[Any, Any, Any, Any]) -> JobRow:
        await bench.refresh(job_id)
        await Execution(bench.engine, graph, bench.saver, SystemClock()).execute(await bench.run_id(job_id))
        return await bench.job(job_id)

    async def sees(state: JobState) -> JsonObject:
        assert state["previous_weather"] == first
        return {"weather": second}

    async def reports_first(state: JobState) -> JsonObject:
        return {"weather": first, **await reports(state)}

    async def reports_third(state: JobState) -> JsonObject:
        assert state["previous_weather"] == second
        reported = await reports(state)
        return {**reported, "weather": third, "report": {**reported["report"], "warnings": ["planned anew"]}}

    job_id = await bench.start()
    await bench.execution(report=reports_first).execute(await bench.run_id(job_id))
    assert (await bench.job(job_id)).weather is None
    assert (await refresh(only_weather(bench.saver, sees))).weather == second
    assert (await refresh(workflow(bench.saver, report=reports_third))).weather is None
    async with AsyncSessionLocal(bind=bench.engine) as session:
        assert [row.document["weather"] for row in await Jobs(session).results(job_id)] == [third, first]
