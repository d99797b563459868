"""Runs over real PostgreSQL and Valkey, with small workflows: what is stored, whatever happens."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import TimeoutPolicy
from redis.asyncio import Redis
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from core.checkpoint import RedisSaver
from core.checkpoint.keys import thread_key
from core.clock import SystemClock
from core.database.jobs import Jobs
from core.database.models import JobRow, Role, RunRow, RunStatus
from core.database.runs import Runs
from core.database.session import AsyncSessionLocal
from core.database.users import Users, Viewer
from core.errors import Conflict, DomainError, ProviderUnavailable, StorageUnavailable
from core.queue import queued_runs
from core.queue_worker import TryAgain
from graph.execution import LONGEST_BACKOFF, MAX_ATTEMPTS, MAX_LOSSES, Execution
from graph.reconciliation import requeue_forgotten_runs
from graph.runner import Runner
from state.base import JsonObject
from state.job import JobInput
from state.weather import PeakSunHours, Resource, WeatherResult
from state.workflow import JobState
from tests.support.inputs import sizing_input
from tests.support.workflows import Step, abreast, asks, nothing, only_weather, reports, workflow


class Bench:
    """A job service without HTTP and queue: the test decides when a run is carried out."""

    def __init__(self, engine: AsyncEngine, redis: Redis, viewer: Viewer) -> None:
        self.engine = engine
        self.redis = redis
        self.viewer = viewer
        self.saver = RedisSaver(redis, ttl_seconds=600, fenced=True)
        self.runner = Runner(self.saver, SystemClock(), queue_limit=100)

    def execution(self, **steps: Step) -> Execution:
        return Execution(self.engine, workflow(self.saver, **steps), self.saver, SystemClock())

    async def start(self) -> UUID:
        async with AsyncSessionLocal(bind=self.engine) as session, session.begin():
            return (await self.runner.start(session, self.viewer, JobInput.model_validate(sizing_input()))).id

    async def resume(self, job_id: UUID, **answers: Any) -> None:
        async with AsyncSessionLocal(bind=self.engine) as session, session.begin():
            await self.runner.resume(session, self.viewer, job_id, answers)

    async def cancel(self, job_id: UUID) -> None:
        async with AsyncSessionLocal(bind=self.engine) as session, session.begin():
            await self.runner.cancel(session, self.viewer, job_id)

    async def retry(self, job_id: UUID) -> None:
        async with AsyncSessionLocal(bind=self.engine) as session, session.begin():
            await self.runner.retry(session, self.viewer, job_id)

    async def job(self, job_id: UUID) -> JobRow:
        async with AsyncSessionLocal(bind=self.engine) as session:
            return await Jobs(session).get(job_id)

    async def run_id(self, job_id: UUID) -> UUID:
        """The last run of the job."""
        async with AsyncSessionLocal(bind=self.engine) as session:
            query = select(RunRow.id).where(RunRow.job_id == job_id).order_by(RunRow.id.desc()).limit(1)
            return (await session.scalars(query)).one()

    async def events(self, job_id: UUID) -> list[str]:
        async with AsyncSessionLocal(bind=self.engine) as session:
            return [event.type for event in await Jobs(session).timeline(job_id)]

    async def summaries(self, job_id: UUID) -> list[str]:
        """What each stored result says, newest first."""
        async with AsyncSessionLocal(bind=self.engine) as session:
            return [row.document["report"]["summary"] for row in await Jobs(session).results(job_id)]


@pytest.fixture
async def bench(engine: AsyncEngine, redis: Redis) -> Bench:
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        user = await Users(session).add("tess", "-", Role.TECHNICIAN)
    return Bench(engine, redis, Viewer(user.id, user.username, user.role, None))


class Counted:
    """A node that counts its calls and does as `step` does, or raises what it is told to, once."""

    def __init__(self, step: Step = nothing, *errors: BaseException) -> None:
        self.calls = 0
        self._step = step
        self._errors = list(errors)

    async def __call__(self, state: JobState) -> JsonObject:
        self.calls += 1
        if self._errors:
            raise self._errors.pop(0)
        return await self._step(state)


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


async def test_a_passing_failure_is_tried_again_and_gives_up_in_the_end(bench: Bench) -> None:
    job_id = await bench.start()
    run_id = await bench.run_id(job_id)
    failures = [ProviderUnavailable("weather", "busy") for _ in range(MAX_ATTEMPTS)]
    execution = bench.execution(clarify=Counted(nothing, *failures))
    delays = []
    for _ in range(MAX_ATTEMPTS - 1):
        with pytest.raises(TryAgain) as again:
            await execution.execute(run_id)
        delays.append(again.value.delay)
        assert (await bench.job(job_id)).status is RunStatus.QUEUED
    await execution.execute(run_id)
    assert (await bench.job(job_id)).status is RunStatus.FAILED
    assert delays == sorted(delays)
    assert delays[0] < delays[-1]


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
    for _ in range(MAX_ATTEMPTS - 1):
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
    execution = bench.execution(
        clarify=Counted(nothing, *(StorageUnavailable() for _ in range(MAX_ATTEMPTS)))
    )
    for _ in range(MAX_ATTEMPTS):
        with pytest.raises(TryAgain) as again:
            await execution.execute(run_id)
        assert again.value.delay <= LONGEST_BACKOFF
    await execution.execute(run_id)
    assert (await bench.job(job_id)).status is RunStatus.SUCCEEDED


async def test_a_run_handed_back_is_queued_and_goes_on_from_its_last_checkpoint(bench: Bench) -> None:
    job_id = await bench.start()
    run_id = await bench.run_id(job_id)
    intake, hanging = Counted(), asyncio.Event()

    async def hangs(state: JobState) -> JsonObject:
        hanging.set()
        await asyncio.Event().wait()
        return await nothing(state)

    stopping = asyncio.create_task(bench.execution(intake=intake, clarify=hangs).execute(run_id))
    await hanging.wait()
    stopping.cancel()
    await asyncio.gather(stopping, return_exceptions=True)
    assert (await bench.job(job_id)).status is RunStatus.QUEUED
    await bench.execution(intake=intake).execute(run_id)
    assert intake.calls == 1
    assert await bench.summaries(job_id) == ["depth unknown"]
    assert "run.taken_over" not in await bench.events(job_id)


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
    month = [5.0] * 12
    return WeatherResult(
        resource=Resource(
            ref="screening:0,0,0",
            source="test",
            quality="screening",
            annual_ghi_kwh_m2=1825.0,
            peak_sun_hours=PeakSunHours(annual_mean=5.0, worst_month=5.0, monthly=month),
            monthly_temp_air_c=month,
            uncertainty_percent=9.0,
        ),
        forecast=None,
        forecast_problem=reason,
        windows=[],
        alerts=[],
    ).to_json()


async def test_a_job_holds_the_weather_that_no_result_holds(bench: Bench) -> None:
    first, second, third = map(_weather, ("first", "second", "third"))

    async def refresh(graph: CompiledStateGraph[Any, Any, Any, Any]) -> JobRow:
        async with AsyncSessionLocal(bind=bench.engine) as session, session.begin():
            assert await bench.runner.refresh(session, await Jobs(session).get(job_id))
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
