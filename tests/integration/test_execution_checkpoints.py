"""What a run makes of the checkpoint that it finds: one that is older than its job, of another release, or none."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from core.checkpoint.keys import thread_key
from core.climate.resource import ClimateYears
from core.clock import SystemClock
from core.database.models import RunStatus
from graph.build import build_graph
from graph.dependencies import Dependencies
from graph.execution import Execution
from nodes.triage.node import triage
from state.base import JsonObject
from state.job import Report
from state.workflow import JobState
from tests.support.execution_bench import Bench, Counted
from tests.support.fakes import Crew, FineWeather, NoFiles
from tests.support.inputs import sizing_input, triage_input
from tests.support.workflows import asks, reports


async def _copy(bench: Bench, job_id: UUID) -> bytes:
    """The job's thread as Redis holds it now."""
    copy = await bench.redis.dump(thread_key(str(job_id)))
    assert copy is not None
    return copy


async def _come_back(bench: Bench, job_id: UUID, copy: bytes) -> None:
    """Redis restarts with what it had on its disk."""
    await bench.redis.restore(thread_key(str(job_id)), 0, copy, replace=True)


async def _reach_step(bench: Bench, job_id: UUID, step: int) -> None:
    """Until the checkpoint of that step is stored."""
    async with asyncio.timeout(20):
        while True:
            found = await bench.saver.aget_tuple(
                {"configurable": {"thread_id": str(job_id), "checkpoint_ns": ""}}
            )
            if found is not None and found.metadata["step"] >= step:
                return
            await asyncio.sleep(0.01)


async def test_an_answer_counts_although_redis_lost_the_step_that_asked_for_it(bench: Bench) -> None:
    job_id = await bench.start()
    copies: list[bytes] = []

    async def asks_after_a_copy(state: JobState) -> JsonObject:
        if not copies:
            await _reach_step(bench, job_id, 1)
            copies.append(await _copy(bench, job_id))
        return await asks(state)

    execution = bench.execution(clarify=asks_after_a_copy)
    await execution.execute(await bench.run_id(job_id))
    await _come_back(bench, job_id, copies[0])
    await bench.resume(job_id, depth=4)
    await execution.execute(await bench.run_id(job_id))
    assert (await bench.job(job_id)).status is RunStatus.SUCCEEDED
    assert await bench.summaries(job_id) == ["depth 4"]
    assert (await bench.events(job_id)).count("run.rebuilt") == 1


async def test_a_decision_in_a_refresh_counts_although_redis_came_back_from_before_the_refresh(
    bench: Bench,
) -> None:
    job_id = await bench.start()
    await bench.execution().execute(await bench.run_id(job_id))
    copy = await _copy(bench, job_id)
    asking = bench.execution(clarify=asks)
    await bench.refresh(job_id)
    await asking.execute(await bench.run_id(job_id))
    assert (await bench.job(job_id)).status is RunStatus.WAITING
    await _come_back(bench, job_id, copy)
    await bench.resume(job_id, depth=4)
    await asking.execute(await bench.run_id(job_id))
    assert await bench.summaries(job_id) == ["depth 4", "depth unknown"]


async def test_an_answer_given_anew_counts_although_redis_came_back_with_the_old_one(bench: Bench) -> None:
    async def asks_again(state: JobState) -> JsonObject:
        return (
            await asks({**state, "answers": {}}) if state["answers"].get("depth") == 1 else await asks(state)
        )

    job_id = await bench.start()
    execution = bench.execution(clarify=asks)
    await execution.execute(await bench.run_id(job_id))
    await bench.resume(job_id, depth=1)
    await execution.execute(await bench.run_id(job_id))
    copy = await _copy(bench, job_id)
    asking = bench.execution(clarify=asks_again)
    await bench.refresh(job_id)
    await asking.execute(await bench.run_id(job_id))
    await _come_back(bench, job_id, copy)
    await bench.resume(job_id, depth=5)
    await asking.execute(await bench.run_id(job_id))
    assert await bench.summaries(job_id) == ["depth 5", "depth 1"]


async def test_answers_to_several_forms_are_no_reason_to_start_over(bench: Bench) -> None:
    """Of a resume the worker is lost: its successor finds the first answers in the state, the last in the form."""
    job_id = await bench.start()
    intake = Counted(asks)

    async def asks_more(state: JobState) -> JsonObject:
        return await asks({**state, "answers": {}})

    execution = bench.execution(intake=intake, clarify=asks_more)
    await execution.execute(await bench.run_id(job_id))
    await bench.resume(job_id, depth=1)
    await execution.execute(await bench.run_id(job_id))
    await bench.resume(job_id, depth=2)
    await execution.execute(await bench.run_id(job_id))
    assert await bench.summaries(job_id) == ["depth 2"]
    assert intake.calls == 2
    assert "run.rebuilt" not in await bench.events(job_id)


def _product(bench: Bench) -> Execution:
    """The workflow itself, over fakes of what it asks."""
    clock, files = SystemClock(), NoFiles()
    needs = Dependencies(
        forecasts=FineWeather(clock),
        files=files,
        years=ClimateYears(files),
        directory=Crew(),
        clock=clock,
    )
    return Execution(bench.engine, build_graph(needs, bench.saver), bench.saver, clock)


async def _older_triage(state: Any, **needs: Any) -> JsonObject:
    """As a release did that had one field more."""
    written = await triage(state, **needs)
    return {**written, "triage": {**written["triage"], "retired": True}}


async def test_a_state_of_a_release_that_had_a_field_more_is_made_anew(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = await bench.start(triage_input() | sizing_input(kind="full", electrical={}))
    with monkeypatch.context() as older:
        older.setattr("graph.build.triage", _older_triage)
        await _product(bench).execute(await bench.run_id(job_id))
    await bench.resume(job_id, design_temp_min_c=5)
    await _product(bench).execute(await bench.run_id(job_id))
    job = await bench.job(job_id)
    assert (job.status, [question["id"] for question in job.questions]) == (
        RunStatus.WAITING,
        ["safety_release", "dispatch_decision"],
    )
    assert (await bench.events(job_id)).count("run.rebuilt") == 1


async def test_a_result_that_could_not_be_stored_is_made_anew_by_a_retry(bench: Bench) -> None:
    async def reports_more(state: JobState) -> JsonObject:
        reported = await reports(state)
        return {"report": {**reported["report"], "retired": True}}

    job_id = await bench.start()
    await bench.execution(report=reports_more).execute(await bench.run_id(job_id))
    assert (await bench.job(job_id)).status is RunStatus.FAILED
    await bench.retry(job_id)
    await bench.execution().execute(await bench.run_id(job_id))
    assert await bench.summaries(job_id) == ["depth unknown"]


async def test_a_node_that_makes_an_invalid_document_of_a_good_state_fails_its_job(bench: Bench) -> None:
    async def at_fault(state: JobState) -> JsonObject:
        return Report.model_validate({"summary": state["answers"]}).to_json()

    job_id = await bench.start()
    intake = Counted()
    execution = bench.execution(intake=intake, clarify=asks, report=at_fault)
    await execution.execute(await bench.run_id(job_id))
    await bench.resume(job_id, depth=4)
    await execution.execute(await bench.run_id(job_id))
    job = await bench.job(job_id)
    assert job.problem is not None
    assert (job.status, job.problem["status"], intake.calls) == (RunStatus.FAILED, 500, 1)
    assert "run.rebuilt" not in await bench.events(job_id)


async def test_a_job_s_thread_does_not_grow_with_its_refreshes(bench: Bench) -> None:
    job_id = await bench.start()
    product = _product(bench)
    await product.execute(await bench.run_id(job_id))
    fields = []
    for _ in range(3):
        await bench.refresh(job_id)
        await product.execute(await bench.run_id(job_id))
        fields.append(await bench.redis.hlen(thread_key(str(job_id))))
    assert fields == [fields[0]] * 3


async def test_a_form_that_a_refresh_opened_is_answered_after_another_worker_took_it(bench: Bench) -> None:
    """Its first worker is lost when the graph has asked, before the job waits."""
    job_id = await bench.start()
    await bench.execution().execute(await bench.run_id(job_id))
    await bench.refresh(job_id)
    run_id = await bench.run_id(job_id)
    lost = asyncio.Event()

    async def asks_and_is_lost(state: JobState) -> JsonObject:
        lost.set()
        await asyncio.Event().wait()
        return await asks(state)

    dying = asyncio.create_task(bench.execution(clarify=asks_and_is_lost).execute(run_id))
    await lost.wait()
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    asking = bench.execution(clarify=asks)
    await asking.execute(run_id)
    assert [question["id"] for question in (await bench.job(job_id)).questions] == ["depth"]
    await bench.resume(job_id, depth=4)
    await asking.execute(await bench.run_id(job_id))
    assert await bench.summaries(job_id) == ["depth 4", "depth unknown"]
    assert "run.rebuilt" not in await bench.events(job_id)
