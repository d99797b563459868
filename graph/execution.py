"""One run, from the worker's claim to the rows it leaves: row → state → graph → rows."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

import structlog
from langchain_core.runnables import RunnableConfig
from langgraph.errors import GraphRecursionError, NodeTimeoutError
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command, StateSnapshot
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from core.checkpoint import RedisSaver
from core.clock import Clock
from core.database.errors import storage_errors
from core.database.jobs import Jobs
from core.database.models import JobPriority, JobRow, ResultRow, RunKind
from core.database.runs import Claim, Runs
from core.database.session import AsyncSessionLocal
from core.errors import DomainError, NodeTimedOut, SolarSyncError, StaleAttempt, TransientError
from core.queue import TryAgain
from graph.policies import RECURSION_LIMIT
from graph.views import STEPS, steps_done
from nodes.intake.engine import complete_site
from state.base import JsonObject
from state.job import JobInput, JobResult, Report
from state.workflow import JobState

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 5
"""Claims of one run, whether lost to a crash or handed back after a transient failure."""
BACKOFF = timedelta(seconds=2)
CARRIED_OVER = ("weather", "sizing", "triage", "dispatch", "report")
"""What a refresh takes over from the latest result."""


Entry = JsonObject | Command[Any] | None
"""What the graph is given: a fresh state, the answers to its open form, or nothing, to go on."""


@dataclass(slots=True)
class Outcome:
    """What the graph left behind: its last state, or the questions it stopped at."""

    state: JsonObject = field(default_factory=dict)
    nodes: list[str] = field(default_factory=list)
    questions: list[JsonObject] | None = None


class Execution:
    """Runs claimed from the queue. Holds no state between runs; any number may be under way."""

    def __init__(
        self,
        engine: AsyncEngine,
        graph: CompiledStateGraph[Any, Any, Any, Any],
        saver: RedisSaver,
        clock: Clock,
    ) -> None:
        self._engine = engine
        self._graph = graph
        self._saver = saver
        self._clock = clock

    async def execute(self, run_id: UUID) -> None:
        """Carry out a run. Raises `TryAgain` where the queue should deliver it once more."""
        with storage_errors():
            async with self._transaction() as session:
                claim = await Runs(session).claim(run_id)
        if claim is None:
            return
        with structlog.contextvars.bound_contextvars(job_id=str(claim.job_id), run_id=str(run_id)):
            try:
                await self._carry_out(claim)
            except StaleAttempt:
                log.info("graph.run.lost", attempt=claim.attempt)
            except TransientError as error:
                await self._postpone(claim, error)
            except SolarSyncError as error:
                await self._fail(claim, error)
            except NodeTimeoutError as error:
                await self._postpone(claim, NodeTimedOut(f"The step {error.node!r} took too long."))
            except GraphRecursionError:
                await self._fail(
                    claim, DomainError(f"The workflow did not end within {RECURSION_LIMIT} steps.")
                )
            except Exception:
                log.exception("graph.run.crashed")
                await self._fail(claim, SolarSyncError())

    async def _carry_out(self, claim: Claim) -> None:
        log.info("graph.run.started", kind=claim.kind, attempt=claim.attempt)
        await self._saver.claim(str(claim.job_id), claim.fence)
        with storage_errors():
            async with self._transaction() as session:
                job = await Jobs(session).get(claim.job_id)
                latest = await Jobs(session).latest_result(claim.job_id)
        outcome = await self._outcome(claim, job, latest)
        with storage_errors():
            async with self._transaction() as session:
                if outcome.questions is not None:
                    await Runs(session).wait(claim, outcome.questions)
                else:
                    await Runs(session).succeed(claim, self._document(claim, outcome), _job_values(outcome))
        log.info("graph.run.ended", waiting=outcome.questions is not None)

    async def _outcome(self, claim: Claim, job: JobRow, latest: ResultRow | None) -> Outcome:
        """Enter the graph where this run has to: anew, at its open form, or at its last checkpoint."""
        if claim.kind is RunKind.REFRESH:
            return await self._follow(claim, job, _refresh_state(job, latest))
        if claim.kind is RunKind.START and claim.attempt == 1:
            return await self._follow(claim, job, _start_state(job))
        snapshot = await self._graph.aget_state(self._config(claim))
        if not snapshot.values:
            await self._note(claim, "run.rebuilt", reason="the checkpoint is gone; input and answers are not")
            return await self._follow(claim, job, _start_state(job))
        if not snapshot.next:  # an earlier attempt ended the graph and died before it could store the result
            return Outcome(state=snapshot.values, nodes=list(STEPS[job.kind]))
        return await self._follow(claim, job, _answers(job, snapshot))

    async def _follow(self, claim: Claim, job: JobRow, entry: Entry) -> Outcome:
        """Run the graph, recording each node as it finishes."""
        outcome = Outcome()
        async for mode, chunk in self._graph.astream(
            entry, self._config(claim), stream_mode=["updates", "values"]
        ):
            content = cast("JsonObject", chunk)
            if mode == "values":
                outcome.state = content
                continue
            for node, update in content.items():
                if node == "__interrupt__":
                    outcome.questions = [q for interrupt in update for q in interrupt.value["questions"]]
                else:
                    outcome.nodes.append(node)
                    await self._progress(claim, job, node)
        return outcome

    async def _progress(self, claim: Claim, job: JobRow, node: str) -> None:
        with storage_errors():
            async with self._transaction() as session:
                await Runs(session).progress(claim, node, steps_done(job.kind.value, node))

    async def _note(self, claim: Claim, event: str, **data: object) -> None:
        with storage_errors():
            async with self._transaction() as session:
                await Runs(session).note(claim, event, **data)

    async def _postpone(self, claim: Claim, error: TransientError) -> None:
        if claim.attempt >= MAX_ATTEMPTS:
            await self._fail(claim, error)
            return
        log.warning("graph.run.postponed", reason=error.detail, attempt=claim.attempt)
        await self._unless_stale(lambda runs: runs.release(claim, error.detail))
        raise TryAgain(BACKOFF * 2 ** (claim.attempt - 1))

    async def _fail(self, claim: Claim, error: SolarSyncError) -> None:
        log.warning("graph.run.failed", reason=error.detail)
        await self._unless_stale(lambda runs: runs.fail(claim, error.problem()))

    async def _unless_stale(self, change: Callable[[Runs], Any]) -> None:
        try:
            with storage_errors():
                async with self._transaction() as session:
                    await change(Runs(session))
        except StaleAttempt:
            log.info("graph.run.lost")

    def _document(self, claim: Claim, outcome: Outcome) -> JsonObject | None:
        """The result as it is stored; None where a refresh changed nothing that was decided."""
        if claim.kind is RunKind.REFRESH and outcome.nodes == ["weather"]:
            return None
        state = outcome.state
        return JobResult(
            job_id=claim.job_id,
            version=1,  # numbered where it is stored
            produced_at=self._clock.now(),
            weather=state.get("weather"),
            sizing=state.get("sizing"),
            triage=state.get("triage"),
            dispatch=state.get("dispatch"),
            report=Report.model_validate(state["report"]),
        ).to_json()

    def _config(self, claim: Claim) -> RunnableConfig:
        return {
            "configurable": {"thread_id": str(claim.job_id), "attempt": claim.fence},
            "recursion_limit": RECURSION_LIMIT,
        }

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncSession]:
        async with AsyncSessionLocal(bind=self._engine) as session, session.begin():
            yield session


def _start_state(job: JobRow) -> JsonObject:
    state = JobState(
        job_id=str(job.id),
        trigger="start",
        input=job.input,
        answers=job.answers,
        open_questions={},
        messages=[],
    )
    return dict(state)


def _answers(job: JobRow, snapshot: StateSnapshot) -> Command[Any] | None:
    """The recorded answers to the form the graph stopped at; None where it did not stop to ask."""
    asked = {q["id"] for interrupt in snapshot.interrupts for q in interrupt.value["questions"]}
    if not asked or not asked <= job.answers.keys():
        return None
    return Command(resume={key: job.answers[key] for key in asked})


def _refresh_state(job: JobRow, latest: ResultRow | None) -> JsonObject:
    document = latest.document if latest is not None else {}
    carried = {key: document[key] for key in CARRIED_OVER if document.get(key) is not None}
    completed = complete_site(JobInput.model_validate(job.input))
    previous = job.weather or document.get("weather") or {}
    return {
        **_start_state(job),
        **carried,
        "trigger": "refresh",
        "input": completed.to_json(),
        "previous_weather": previous,
    }


def _job_values(outcome: Outcome) -> JsonObject:
    """What the job's row repeats of the result, so that lists and plans need not open documents."""
    state, values = outcome.state, {}
    if weather := state.get("weather"):
        values["weather"] = weather
    if triage := state.get("triage"):
        values["priority"] = JobPriority(triage["priority"])
    if dispatch := state.get("dispatch"):
        technician, visit = dispatch.get("technician"), dispatch.get("visit")
        values["technician_id"] = UUID(technician["id"]) if technician else None
        values["visit_start"] = datetime.fromisoformat(visit["start"]) if visit else None
        values["visit_end"] = datetime.fromisoformat(visit["end"]) if visit else None
    return values
