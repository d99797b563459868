"""What a run survives: workers, checkpoints and stores that are lost."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from core.checkpoint import RedisSaver
from core.checkpoint.keys import thread_key
from core.clock import SystemClock
from core.database.jobs import Jobs
from core.database.models import JobPriority, RunStatus
from core.database.runs import Runs
from core.database.session import AsyncSessionLocal
from core.errors import DomainError, StorageUnavailable
from core.queue import DANGER, NEW_JOB, SCHEDULED
from core.queue_worker import TryAgain
from graph.execution import LONGEST_BACKOFF, MAX_LOSSES, Execution
from graph.reconciliation import requeue_forgotten_runs
from nodes.weather.engine import weather_result
from nodes.weather.thresholds import DEFAULTS
from state.base import JsonObject
from state.workflow import JobState
from tests.support.execution_bench import Bench, Counted
from tests.support.forecasts import MIDNIGHT, NAIROBI, RESOURCE, official
from tests.support.workflows import Step, abreast, asks, nothing, reports, workflow

OUTAGE = 70
"""Tries of which each is a minute after the last: more than an hour."""


async def test_a_flush_while_a_job_waits_loses_nothing(bench: Bench) -> None:
    job_id = await bench.start()
    intake = Counted()
    execution = bench.execution(intake=intake, clarify=asks)
    await execution.execute(await bench.run_id(job_id))
    await bench.redis.flushall()
    await bench.resume(job_id, depth=4)
    await execution.execute(await bench.run_id(job_id))
    assert await bench.summaries(job_id) == ["depth 4"]
    assert intake.calls == 2
    assert "run.rebuilt" in await bench.events(job_id)


async def test_a_flush_in_mid_run_loses_nothing(bench: Bench) -> None:
    async def flushes(state: JobState) -> JsonObject:
        await bench.redis.flushall()
        return await nothing(state)

    job_id = await bench.start()
    first = Counted(nothing)
    flushing = iter([flushes])

    async def once(state: JobState) -> JsonObject:
        return await next(flushing, nothing)(state)

    await bench.execution(intake=first, clarify=once).execute(await bench.run_id(job_id))
    job = await bench.job(job_id)
    assert job.status is RunStatus.SUCCEEDED, job.problem
    assert first.calls == 2
    assert (await bench.events(job_id)).count("run.rebuilt") == 1


async def test_a_step_finished_beside_the_one_that_crashed_is_not_done_again(bench: Bench) -> None:
    job_id = await bench.start()
    run_id = await bench.run_id(job_id)
    hanging, beside = asyncio.Event(), Counted()

    async def hangs(state: JobState) -> JsonObject:
        hanging.set()
        await asyncio.Event().wait()
        return await answers(state)

    async def answers(state: JobState) -> JsonObject:
        return {"answers": state["answers"]}

    def execution(clarify: Step) -> Execution:
        steps = {"intake": beside, "clarify": clarify, "report": reports}
        return Execution(bench.engine, abreast(bench.saver, **steps), bench.saver, SystemClock())

    dying = asyncio.create_task(execution(hangs).execute(run_id))
    await hanging.wait()
    async with asyncio.timeout(20):
        while "node.finished" not in await bench.events(job_id):  # noqa: ASYNC110  a row has no event
            await asyncio.sleep(0.01)
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    await execution(answers).execute(run_id)
    job = await bench.job(job_id)
    assert job.status is RunStatus.SUCCEEDED, job.problem
    assert beside.calls == 1


class DiesBetween(RedisSaver):
    """Keeps what the first node wrote, and never the checkpoint that follows from it."""

    async def aput(self, config: Any, checkpoint: Any, metadata: Any, new_versions: Any) -> Any:
        if metadata["step"] == 1:
            raise StorageUnavailable
        return await super().aput(config, checkpoint, metadata, new_versions)


async def test_a_worker_lost_between_a_node_s_writes_and_their_checkpoint_costs_nothing(bench: Bench) -> None:
    job_id = await bench.start()
    run_id = await bench.run_id(job_id)
    intake = Counted()
    dying = DiesBetween(bench.redis, ttl_seconds=600, fenced=True)
    first = Execution(bench.engine, workflow(dying, intake=intake), dying, SystemClock())
    with pytest.raises(TryAgain):
        await first.execute(run_id)
    await bench.execution(intake=intake).execute(run_id)
    job = await bench.job(job_id)
    assert job.status is RunStatus.SUCCEEDED, job.problem
    assert await bench.summaries(job_id) == ["depth unknown"]
    assert intake.calls == 1


async def test_a_worker_that_lost_its_run_writes_nothing_more(bench: Bench) -> None:
    job_id = await bench.start()
    run_id = await bench.run_id(job_id)
    stalled, wake = asyncio.Event(), asyncio.Event()

    async def stalls(state: JobState) -> JsonObject:
        stalled.set()
        await wake.wait()
        return await nothing(state)

    async def zombie_report(state: JobState) -> JsonObject:
        return (await reports(state)) | {"answers": {"depth": "zombie"}}

    zombie = asyncio.create_task(bench.execution(clarify=stalls, report=zombie_report).execute(run_id))
    await stalled.wait()
    await bench.execution().execute(run_id)
    before = await bench.events(job_id)
    wake.set()
    await zombie
    assert await bench.summaries(job_id) == ["depth unknown"]
    assert await bench.events(job_id) == before


async def test_an_answer_after_weeks_finds_no_checkpoint_and_loses_nothing(bench: Bench) -> None:
    job_id = await bench.start()
    intake = Counted()
    await bench.execution(intake=intake, clarify=asks).execute(await bench.run_id(job_id))
    assert 0 < await bench.redis.pttl(thread_key(str(job_id))) <= 600_000
    await bench.redis.pexpire(thread_key(str(job_id)), 1)
    async with asyncio.timeout(20):
        while await bench.redis.exists(thread_key(str(job_id))):  # noqa: ASYNC110  Redis tells nobody
            await asyncio.sleep(0.1)
    await bench.resume(job_id, depth=6)
    await bench.execution(intake=intake, clarify=asks).execute(await bench.run_id(job_id))
    assert await bench.summaries(job_id) == ["depth 6"]
    assert intake.calls == 2
    assert "run.rebuilt" in await bench.events(job_id)


async def test_a_failed_job_whose_checkpoint_expired_is_retried_from_its_input(bench: Bench) -> None:
    job_id = await bench.start()
    intake, clarify = Counted(), Counted(nothing, DomainError("no such roof"))
    execution = bench.execution(intake=intake, clarify=clarify)
    await execution.execute(await bench.run_id(job_id))
    await bench.redis.delete(thread_key(str(job_id)))
    await bench.retry(job_id)
    await execution.execute(await bench.run_id(job_id))
    assert (await bench.job(job_id)).status is RunStatus.SUCCEEDED
    assert intake.calls == 2


async def test_an_outage_of_the_stores_does_not_end_a_job(bench: Bench) -> None:
    job_id = await bench.start()
    run_id = await bench.run_id(job_id)
    execution = bench.execution(clarify=Counted(nothing, *(StorageUnavailable() for _ in range(OUTAGE))))
    for _ in range(OUTAGE):
        with pytest.raises(TryAgain) as again:
            await execution.execute(run_id)
        assert again.value.delay <= LONGEST_BACKOFF
    await execution.execute(run_id)
    assert (await bench.job(job_id)).status is RunStatus.SUCCEEDED


async def _hand_back(bench: Bench, run_id: UUID, *, intake: Step) -> None:
    """Its worker stops while the step after `intake` is under way."""
    hanging = asyncio.Event()

    async def hangs(state: JobState) -> JsonObject:
        hanging.set()
        await asyncio.Event().wait()
        return await nothing(state)

    stopping = asyncio.create_task(bench.execution(intake=intake, clarify=hangs).execute(run_id))
    await hanging.wait()
    stopping.cancel()
    await asyncio.gather(stopping, return_exceptions=True)


async def test_a_run_handed_back_is_queued_and_goes_on_from_its_last_checkpoint(bench: Bench) -> None:
    job_id = await bench.start()
    run_id = await bench.run_id(job_id)
    intake = Counted()
    await _hand_back(bench, run_id, intake=intake)
    assert (await bench.job(job_id)).status is RunStatus.QUEUED
    await bench.execution(intake=intake).execute(run_id)
    assert intake.calls == 1
    assert await bench.summaries(job_id) == ["depth unknown"]
    assert "run.taken_over" not in await bench.events(job_id)


async def test_a_run_handed_back_tells_what_its_worker_had_done(bench: Bench) -> None:
    job_id = await bench.start()
    await _hand_back(bench, await bench.run_id(job_id), intake=nothing)
    assert await bench.events(job_id) == [
        "job.created", "node.started", "node.finished", "node.started", "run.postponed",
    ]  # fmt: skip
    job = await bench.job(job_id)
    assert (job.progress_node, job.progress_done) == ("intake", 1)


async def test_a_start_whose_worker_was_lost_before_it_did_anything_is_not_called_rebuilt(
    bench: Bench,
) -> None:
    job_id = await bench.start()
    run_id = await bench.run_id(job_id)
    async with AsyncSessionLocal(bind=bench.engine) as session, session.begin():
        await Runs(session).claim(run_id)
    await bench.execution().execute(run_id)
    assert (await bench.job(job_id)).status is RunStatus.SUCCEEDED
    assert "run.rebuilt" not in await bench.events(job_id)


async def test_a_start_handed_back_after_its_weather_tells_what_that_warns_of(bench: Bench) -> None:
    job_id = await bench.start()
    run_id = await bench.run_id(job_id)
    stormy = weather_result(NAIROBI, RESOURCE, None, "closed", MIDNIGHT, DEFAULTS, [official()])

    async def looks(state: JobState) -> JsonObject:
        return {"input": state["input"], "weather": stormy.to_json()}

    await _hand_back(bench, run_id, intake=looks)
    await bench.execution(intake=looks).execute(run_id)
    assert (await bench.events(job_id)).count("alert.opened") == 1


async def _answered_in_danger(bench: Bench) -> UUID:
    async def finds(state: JobState) -> JsonObject:
        found: JsonObject = {
            "asset": None,
            "failure_mode": None,
            "priority": "P1",
            "stop_work": False,
            "hazards": [],
        }
        return {"input": state["input"], "triage": found | {"diagnosis": "a fire"}}

    job_id = await bench.start()
    await bench.execution(intake=finds, clarify=asks).execute(await bench.run_id(job_id))
    assert (await bench.job(job_id)).priority is JobPriority.P1
    await bench.resume(job_id, depth=4)
    return job_id


async def _priorities(bench: Bench) -> dict[str, int]:
    """Of the runs in the queue."""
    async with AsyncSessionLocal(bind=bench.engine) as session:
        rows = await session.execute(text("SELECT dedupe_key, priority FROM pgqueuer"))
        return {row.dedupe_key: row.priority for row in rows}


async def test_a_job_in_danger_goes_before_others_once_it_is_answered(bench: Bench) -> None:
    job_id = await _answered_in_danger(bench)
    assert (await _priorities(bench))[str(await bench.run_id(job_id))] == DANGER


async def test_a_run_that_loses_every_worker_is_given_up(bench: Bench) -> None:
    job_id = await bench.start()
    run_id = await bench.run_id(job_id)
    for _ in range(MAX_LOSSES + 1):  # claimed, and never heard of again
        async with AsyncSessionLocal(bind=bench.engine) as session, session.begin():
            await Runs(session).claim(run_id)
    intake = Counted()
    await bench.execution(intake=intake).execute(run_id)
    assert (await bench.job(job_id)).status is RunStatus.FAILED
    assert intake.calls == 0
    assert (await bench.events(job_id)).count("run.taken_over") == MAX_LOSSES + 1


async def test_an_active_run_that_the_queue_forgot_is_queued_again(bench: Bench) -> None:
    job_id = await bench.start()
    ended = await bench.start()
    await bench.execution().execute(await bench.run_id(ended))
    async with AsyncSessionLocal(bind=bench.engine) as session, session.begin():
        await session.execute(text("DELETE FROM pgqueuer"))
    assert await requeue_forgotten_runs(bench.engine) == 1
    assert await requeue_forgotten_runs(bench.engine) == 0
    async with AsyncSessionLocal(bind=bench.engine) as session:
        queued = await session.scalar(text("SELECT dedupe_key FROM pgqueuer"))
    assert queued == str(await bench.run_id(job_id))


async def test_runs_that_the_queue_forgot_go_in_the_order_they_would_have_gone(bench: Bench) -> None:
    await bench.start()
    await _answered_in_danger(bench)
    refreshed = await bench.start()
    await bench.execution().execute(await bench.run_id(refreshed))
    async with AsyncSessionLocal(bind=bench.engine) as session, session.begin():
        assert await bench.runner.refresh(session, await Jobs(session).get(refreshed, lock=True))
    before = await _priorities(bench)
    async with AsyncSessionLocal(bind=bench.engine) as session, session.begin():
        await session.execute(text("DELETE FROM pgqueuer"))
    await requeue_forgotten_runs(bench.engine)
    after = await _priorities(bench)
    assert after.items() <= before.items()
    assert set(after.values()) == {DANGER, NEW_JOB, SCHEDULED}
