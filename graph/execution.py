"""One run, from the worker's claim to the rows it leaves: row → state → graph → rows."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing, suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from langchain_core.runnables import RunnableConfig
from langgraph.errors import GraphRecursionError, NodeTimeoutError
from langgraph.graph.state import CompiledStateGraph
from sqlalchemy.ext.asyncio import AsyncEngine

from core.checkpoint import RedisSaver, run_in_hand
from core.clock import Clock
from core.database.events import Event
from core.database.jobs import Jobs
from core.database.models import ResultRow, RunKind
from core.database.runs import Claim, Runs
from core.database.session import open_session, without_transactions
from core.errors import (
    CheckpointUnreadable,
    DomainError,
    NodeTimedOut,
    RunTimedOut,
    SolarSyncError,
    StaleAttempt,
    StorageUnavailable,
    TransientError,
    VisitTaken,
)
from core.metrics import ATTEMPT_SECONDS, RUNS
from core.queue_worker import TryAgain
from graph.batches import batches
from graph.entry import (
    BEFORE_DISPATCH,
    Entry,
    answers_for,
    refresh_state,
    start_state,
)
from graph.news import held_by
from graph.outcome import Outcome
from graph.policies import RECURSION_LIMIT, RUN_SECONDS
from graph.recovery import refuse_unusable
from graph.steps import STEPS
from graph.storing import OutcomeStore
from graph.turns import PlanningTurns
from state.base import JsonObject

log = structlog.get_logger(__name__)

MAX_FAILURES = 5
"""Passing failures of one run, of which the last is its end."""
MAX_RACES = 60
"""Claims of one run before other jobs being faster is its end; stores that are away never are."""
MAX_LOSSES = 5
"""Workers lost over one run before it is suspected of ending them."""
MAX_PLANS = 10
"""Visits planned anew and lost to other jobs before the run is put back into the queue."""
PROGRESS_SECONDS = 0.1
"""How often all runs of a worker together tell of progress; one that ends sooner tells it with its result."""
LOST_AGAIN = "The checkpoints were lost more than once."
BACKOFF, LONGEST_BACKOFF = timedelta(seconds=2), timedelta(minutes=1)


class Execution:
    """Runs claimed from the queue; any number may be under way."""

    def __init__(
        self,
        engine: AsyncEngine,
        graph: CompiledStateGraph[Any, Any, Any, Any],
        saver: RedisSaver,
        clock: Clock,
        *,
        run_seconds: float = RUN_SECONDS,
    ) -> None:
        self._engine = engine
        self._single = without_transactions(engine)
        self._graph = graph
        self._saver = saver
        self._outcomes = OutcomeStore(engine, clock)
        self._run_seconds = run_seconds
        self._planning = PlanningTurns(engine)
        self._under_way: dict[Claim, Outcome] = {}
        """Of each run in hand what the graph has made of it, which may hold events that nobody was told of."""

    async def execute(self, run_id: UUID) -> None:
        """Carry out a run. Raises `TryAgain` where the queue should deliver it once more."""
        async with open_session(self._single) as session:
            claim = await Runs(session).claim(run_id)
        if claim is None:
            return
        with (
            ATTEMPT_SECONDS.labels(claim.kind.value).time(),
            structlog.contextvars.bound_contextvars(job_id=str(claim.job_id), run_id=str(run_id)),
            run_in_hand(str(claim.job_id), str(run_id), claim.fence),
        ):
            self._begin(claim)
            try:
                await self._in_time(claim)
            except asyncio.CancelledError:
                await self._hand_back(claim)
                raise
            except StaleAttempt:
                await self._lost(claim)
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
            finally:
                del self._under_way[claim]

    async def _in_time(self, claim: Claim) -> None:
        limit = asyncio.timeout(self._run_seconds)
        try:
            async with limit:
                await self._carry_out(claim)
        except TimeoutError as error:
            if limit.expired():
                raise RunTimedOut(f"The run took longer than {self._run_seconds:g} s.") from error
            raise

    async def _carry_out(self, claim: Claim) -> None:
        log.info("graph.run.started", kind=claim.kind, attempt=claim.attempt)
        if claim.losses > MAX_LOSSES:
            raise SolarSyncError("Every worker that took this run was lost.")
        # A refresh goes on from a result: what earlier runs left in the thread would only grow with each.
        await self._saver.claim(str(claim.job_id), claim.fence, anew=claim.kind is RunKind.REFRESH)
        latest = await self._latest(claim)
        outcome = await self._outcome(claim, latest)
        if outcome.visit_begins_before(claim.created_at) and claim.kind is not RunKind.REFRESH:
            # The answer came after the visit, and after its weather.
            await self._tell(claim, Event("visit.taken", outcome.visit()))
            outcome = await self._start_over(claim, latest)
        try:
            await self._outcomes.store(claim, outcome, latest)
        except VisitTaken:
            async with self._planning.turn():
                outcome = await self._planned_again(claim, latest, outcome)
        _count(claim, "succeeded" if outcome.questions is None else "waiting")
        log.info("graph.run.ended", waiting=outcome.questions is not None)

    async def _latest(self, claim: Claim) -> ResultRow | None:
        """The result that a refresh goes on from."""
        if claim.kind is not RunKind.REFRESH:
            return None
        async with open_session(self._engine) as session:
            return await Jobs(session).latest_result(claim.job_id)

    async def _outcome(self, claim: Claim, latest: ResultRow | None) -> Outcome:
        """What the graph makes of the run, from its last checkpoint or, where that is lost, from the start."""
        try:
            return await self._continued(claim, latest)
        except (StaleAttempt, CheckpointUnreadable) as error:
            # Only PostgreSQL knows who holds a run: a flushed store has forgotten its claims as well.
            await self._tell(claim, Event("run.rebuilt", {"reason": error.detail}))
            return await self._start_over(claim, latest)

    async def _planned_again(self, claim: Claim, latest: ResultRow | None, outcome: Outcome) -> Outcome:
        """Plan and store until no other job was faster; a refresh from its start, as it keeps a plan that it finds."""
        for _ in range(MAX_PLANS):
            await self._tell(claim, Event("visit.taken", outcome.visit()))
            if claim.kind is RunKind.REFRESH:
                outcome = await self._start_over(claim, latest)
            else:
                await self._graph.aupdate_state(self._config(claim), None, as_node=BEFORE_DISPATCH)
                outcome = await self._follow(claim, None)
            with suppress(VisitTaken):
                await self._outcomes.store(claim, outcome, latest)
                return outcome
        raise VisitTaken

    async def _start_over(self, claim: Claim, latest: ResultRow | None) -> Outcome:
        await self._saver.claim(str(claim.job_id), claim.fence, anew=True)
        return await self._follow(claim, _first_state(claim, latest))

    async def _continued(self, claim: Claim, latest: ResultRow | None) -> Outcome:
        """Enter the graph where this run has to: anew, at its open form, or at its last checkpoint."""
        if claim.kind is RunKind.REFRESH or (claim.kind is RunKind.START and claim.attempt == 1):
            return await self._follow(claim, _first_state(claim, latest))
        snapshot = await self._graph.aget_state(self._config(claim))
        if not snapshot.values:
            if claim.job.progress_done:  # where nothing was done yet, there may never have been one
                gone = "The checkpoint is gone; input and answers are not."
                await self._tell(claim, Event("run.rebuilt", {"reason": gone}))
            return await self._follow(claim, start_state(claim.job))
        refuse_unusable(claim.job, snapshot)
        # Not `next`: it leaves out tasks that have written, though no checkpoint holds what they wrote yet.
        if not snapshot.tasks:  # an earlier attempt ended the graph and died before it could store the result
            outcome = self._begin(claim)
            outcome.state = snapshot.values
            outcome.finished(STEPS[claim.job.kind][-1])
            return outcome
        return await self._follow(claim, answers_for(claim.job, snapshot))

    async def _follow(self, claim: Claim, entry: Entry) -> Outcome:
        """Run the graph, recording each node as it starts and finishes."""
        outcome = self._begin(claim)
        stream = self._graph.astream(entry, self._config(claim), stream_mode=["tasks", "updates", "values"])
        # The busier the worker, the longer a run takes and the less often it tells: no load of its own making.
        pause = PROGRESS_SECONDS * len(self._under_way)
        async with aclosing(batches(outcome.taking(stream), pause=pause)) as batched:
            async for _ in batched:
                # Between two steps nothing is under way: what ended is told with what starts next, or with the end.
                if outcome.under_way and outcome.untold:
                    await self._tell(claim)
        return outcome

    def _begin(self, claim: Claim) -> Outcome:
        """Nothing of the run yet, which is held for whoever has to end it."""
        kind = None if claim.kind is RunKind.REFRESH else claim.job.kind.value
        outcome = Outcome(kind, claim.job.progress_done, held=held_by(claim.job))
        self._under_way[claim] = outcome
        return outcome

    async def _tell(self, claim: Claim, *events: Event) -> None:
        """What is untold of the run so far, and `events`."""
        outcome = self._under_way[claim]
        told = outcome.untold.copy()  # more may come meanwhile
        async with open_session(self._engine) as session:
            await Runs(session).progress(claim, [*told, *events], outcome.progress())
        del outcome.untold[: len(told)]

    async def _lost(self, claim: Claim) -> None:
        """Somebody else has the run, and this worker is done with it; or the checkpoints were lost again."""
        try:
            await self._tell(claim, Event("run.rebuilt", {"reason": LOST_AGAIN}))
        except StaleAttempt:
            _count(claim, "lost")
            log.info("graph.run.lost", attempt=claim.attempt)
        else:
            await self._postpone(claim, StorageUnavailable(LOST_AGAIN))

    async def _hand_back(self, claim: Claim) -> None:
        """The worker stops, or the run is no longer its own, which the fence then says."""
        _count(claim, "stopped")
        log.info("graph.run.stopped", attempt=claim.attempt)
        with suppress(StorageUnavailable):
            await self._release(claim, "Its worker stopped.")

    async def _postpone(self, claim: Claim, error: TransientError) -> None:
        beaten = isinstance(error, VisitTaken)
        blameless = beaten or isinstance(error, StorageUnavailable)
        if (beaten and claim.attempt >= MAX_RACES) or (not blameless and claim.failures + 1 >= MAX_FAILURES):
            await self._fail(claim, error)
            return
        _count(claim, "postponed")
        log.warning("graph.run.postponed", reason=error.detail, attempt=claim.attempt)
        await self._release(claim, error.detail, failed=not blameless)
        raise TryAgain(min(BACKOFF * 2 ** min(claim.attempt - 1, 10), LONGEST_BACKOFF))

    async def _fail(self, claim: Claim, error: SolarSyncError) -> None:
        _count(claim, "failed")
        log.warning("graph.run.failed", reason=error.detail)
        outcome = self._under_way[claim]
        await self._unless_stale(
            lambda runs: runs.fail(claim, error.problem(), told=outcome.untold, job=outcome.progress())
        )

    async def _release(self, claim: Claim, reason: str, *, failed: bool = False) -> None:
        outcome = self._under_way[claim]
        told, job = outcome.untold, outcome.progress()
        await self._unless_stale(lambda runs: runs.release(claim, reason, failed=failed, told=told, job=job))

    async def _unless_stale(self, change: Callable[[Runs], Any]) -> None:
        try:
            async with open_session(self._engine) as session:
                await change(Runs(session))
        except StaleAttempt:
            log.info("graph.run.lost")

    def _config(self, claim: Claim) -> RunnableConfig:
        return {
            "configurable": {"thread_id": str(claim.job_id), "attempt": claim.fence},
            "recursion_limit": RECURSION_LIMIT,
        }


def _count(claim: Claim, outcome: str) -> None:
    RUNS.labels(claim.kind.value, outcome).inc()


def _first_state(claim: Claim, latest: ResultRow | None) -> JsonObject:
    return refresh_state(claim.job, latest) if claim.kind is RunKind.REFRESH else start_state(claim.job)
