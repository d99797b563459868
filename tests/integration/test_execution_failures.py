"""How a run fails: at once, after further tries, or for want of time."""

import asyncio

import pytest
from langgraph.types import TimeoutPolicy

from core.clock import SystemClock
from core.database.models import RunStatus
from core.database.session import AsyncSessionLocal
from core.errors import Conflict, DomainError, ProviderUnavailable, StorageUnavailable
from core.queue_worker import TryAgain
from graph.decisions import Decisions
from graph.execution import MAX_FAILURES, Execution
from nodes.triage.settings import TriageSettings
from state.base import JsonObject
from state.completion import Completion
from state.workflow import JobState
from tests.support.execution_bench import Bench, Counted
from tests.support.workflows import nothing, workflow


async def test_a_domain_error_fails_the_job_with_its_problem(bench: Bench) -> None:
    job_id = await bench.start()
    await bench.execution(clarify=Counted(nothing, DomainError("no such roof"))).execute(
        await bench.run_id(job_id)
    )
    job = await bench.job(job_id)
    assert job.status is RunStatus.FAILED
    assert job.problem is not None
    assert (job.problem["status"], job.problem["detail"]) == (400, "no such roof")


async def test_an_unexpected_error_fails_the_job_without_telling_its_insides(bench: Bench) -> None:
    job_id = await bench.start()
    await bench.execution(clarify=Counted(nothing, KeyError("marker"))).execute(await bench.run_id(job_id))
    job = await bench.job(job_id)
    assert job.problem is not None
    assert job.problem["status"] == 500
    assert "marker" not in str(job.problem)


async def test_a_failed_job_is_retried_from_its_last_checkpoint(bench: Bench) -> None:
    job_id = await bench.start()
    intake, clarify = Counted(), Counted(nothing, DomainError("no such roof"))
    execution = bench.execution(intake=intake, clarify=clarify)
    await execution.execute(await bench.run_id(job_id))
    await bench.retry(job_id)
    await execution.execute(await bench.run_id(job_id))
    assert (intake.calls, clarify.calls) == (1, 2)
    assert (await bench.job(job_id)).status is RunStatus.SUCCEEDED


async def test_a_failed_job_that_was_completed_is_not_retried(bench: Bench) -> None:
    job_id = await bench.start()
    await bench.execution(clarify=Counted(nothing, DomainError("no such roof"))).execute(
        await bench.run_id(job_id)
    )
    repaired = Completion(outcome="resolved")
    decisions = Decisions(bench.saver, SystemClock(), TriageSettings())
    async with AsyncSessionLocal(bind=bench.engine) as session, session.begin():
        await decisions.complete(session, bench.viewer, job_id, repaired)
    with pytest.raises(Conflict, match="the job is closed"):
        await bench.retry(job_id)
    assert (await bench.events(job_id))[-1] == "job.completed"


async def test_a_passing_failure_is_tried_again_and_gives_up_in_the_end(bench: Bench) -> None:
    job_id = await bench.start()
    run_id = await bench.run_id(job_id)
    failures = [ProviderUnavailable("weather", "busy") for _ in range(MAX_FAILURES)]
    execution = bench.execution(clarify=Counted(nothing, *failures))
    delays = []
    for _ in range(MAX_FAILURES - 1):
        with pytest.raises(TryAgain) as again:
            await execution.execute(run_id)
        delays.append(again.value.delay)
        assert (await bench.job(job_id)).status is RunStatus.QUEUED
    await execution.execute(run_id)
    assert (await bench.job(job_id)).status is RunStatus.FAILED
    assert delays == sorted(delays)
    assert delays[0] < delays[-1]


async def test_an_outage_uses_up_no_attempt_of_a_run_that_fails_later(bench: Bench) -> None:
    job_id = await bench.start()
    run_id = await bench.run_id(job_id)
    away = [StorageUnavailable() for _ in range(MAX_FAILURES)]
    busy = [ProviderUnavailable("weather", "busy") for _ in range(MAX_FAILURES - 1)]
    execution = bench.execution(clarify=Counted(nothing, *away, *busy))
    for _ in [*away, *busy]:
        with pytest.raises(TryAgain):
            await execution.execute(run_id)
    await execution.execute(run_id)
    assert (await bench.job(job_id)).status is RunStatus.SUCCEEDED


async def _hangs(state: JobState) -> JsonObject:
    await asyncio.Event().wait()
    return await nothing(state)


async def test_a_step_that_takes_too_long_is_tried_again_and_those_before_it_are_not(bench: Bench) -> None:
    job_id = await bench.start()
    run_id = await bench.run_id(job_id)
    intake, hanging = Counted(), Counted(_hangs)
    slow = workflow(bench.saver, TimeoutPolicy(run_timeout=0.2), intake=intake, clarify=hanging)
    with pytest.raises(TryAgain):
        await Execution(bench.engine, slow, bench.saver, SystemClock()).execute(run_id)
    assert (await bench.job(job_id)).status is RunStatus.QUEUED
    await bench.execution(intake=intake).execute(run_id)
    assert (await bench.job(job_id)).status is RunStatus.SUCCEEDED
    assert (intake.calls, hanging.calls) == (1, 1)


async def test_a_step_that_always_takes_too_long_fails_the_job_in_the_end(bench: Bench) -> None:
    job_id = await bench.start()
    run_id = await bench.run_id(job_id)
    slow = workflow(bench.saver, TimeoutPolicy(run_timeout=0.05), clarify=_hangs)
    execution = Execution(bench.engine, slow, bench.saver, SystemClock())
    for _ in range(MAX_FAILURES - 1):
        with pytest.raises(TryAgain):
            await execution.execute(run_id)
    await execution.execute(run_id)
    job = await bench.job(job_id)
    assert job.status is RunStatus.FAILED
    assert job.problem is not None
    assert (job.problem["type"], job.problem["status"]) == ("urn:solarsync:problem:node-timed-out", 504)
    assert "clarify" in job.problem["detail"]


async def test_a_run_that_takes_too_long_is_tried_again_from_where_it_was(bench: Bench) -> None:
    job_id = await bench.start()
    run_id = await bench.run_id(job_id)
    intake = Counted()
    endless = workflow(bench.saver, intake=intake, clarify=_hangs)
    with pytest.raises(TryAgain):
        await Execution(bench.engine, endless, bench.saver, SystemClock(), run_seconds=0.5).execute(run_id)
    assert "run.postponed" in await bench.events(job_id)
    await bench.execution(intake=intake).execute(run_id)
    assert (await bench.job(job_id)).status is RunStatus.SUCCEEDED
    assert intake.calls == 1
