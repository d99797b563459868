"""Looking at the weather of every active job again.

Authorities are heard first, and at every look. Cells that are due are fetched in batches and kept, which gives every
job in them its weather. Each is judged once; its jobs are told of alerts that changed, and those whose plan is affected
get a run, as do those whose design rests on a climate that stood in for one which is known by now. Any number of
replicas may do this at the same time: they share the cells out between them.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from core.clock import Clock
from core.database.alerts import AlertNews, Alerts
from core.database.cells import Cell, Fetched, WeatherCells
from core.database.models import RunStatus
from core.database.refreshes import ActiveJob, Refreshes
from core.database.resources import StandIns
from core.database.runs import Runs
from core.database.session import open_session
from core.database.warned_cells import WarnedCells
from core.ports import Authority, Climates, ForecastBatches
from core.queue import enqueue_runs
from graph.cells import Heard, coming, fetch_cells, give_back
from graph.hearing import hear
from graph.outlook import Outlook, alert_news, already_stopped, outlook
from graph.resources import AGAIN, PLACES, revisited
from nodes.weather.thresholds import DEFAULTS, WindowThresholds

log = structlog.get_logger(__name__)

BATCH = 100
"""Cells fetched with one request."""

SIDE_BY_SIDE = 2
"""Batches in hand: one is waited for while the other is judged."""

HOPELESS = 2
"""Batches without a single forecast in a row before the rest is left to the next look."""

SHARE = 0.8
"""Of a provider's daily allowance that goes into looking again; runs and second attempts need the rest."""


@dataclass(frozen=True, slots=True)
class RefreshPlan:
    """How long a cell's forecast lives, and over how long the runs that follow from it are spread."""

    life: timedelta = timedelta(hours=3)
    spread: timedelta = timedelta(0)
    calls_per_day: int = 0
    """What the provider allows; 0 sets no limit."""
    thresholds: WindowThresholds = DEFAULTS

    def life_of(self, cells: int) -> timedelta:
        """Longer than it should be where so many cells would use up the allowance: all a little older, none starved."""
        if not self.calls_per_day:
            return self.life
        return max(self.life, timedelta(days=1) * cells / (SHARE * self.calls_per_day))


class WeatherUpdate:
    """One look. `counts` says what came of it."""

    def __init__(
        self,
        engine: AsyncEngine,
        forecasts: ForecastBatches,
        clock: Clock,
        plan: RefreshPlan,
        authority: Authority | None = None,
        climates: Climates | None = None,
    ) -> None:
        self._engine = engine
        self._forecasts = forecasts
        self._clock = clock
        self._plan = plan
        self._authority = authority
        self._climates = climates
        self._started = clock.now()
        self._life = plan.life
        self._without_any = 0
        self.counts: Counter[str] = Counter()

    async def carry_out(self) -> None:
        refresh = await self._begin()
        if self._authority is not None:
            await self._hear(self._authority)
        side_by_side = [asyncio.create_task(self._fetch_what_is_due()) for _ in range(SIDE_BY_SIDE)]
        try:
            await asyncio.gather(*side_by_side)
        except BaseException:
            for task in side_by_side:
                if not task.cancelling():  # one that is gives its cells back, and is not to be disturbed
                    task.cancel()
            await asyncio.wait(side_by_side)
            raise
        while await self._judge_what_runs_fetched():
            pass
        while await self._close_passed():
            pass
        if self._climates is not None:
            await self._revisit_resources(self._climates)
        async with open_session(self._engine) as session:
            await Refreshes(session).finish(refresh, self._clock.now(), self.counts)
        log.info("graph.refresh.done", **self.counts)

    async def _begin(self) -> UUID:
        filed = 1
        while filed:
            async with open_session(self._engine) as session:
                filed = await WeatherCells(session).file_jobs()
        async with open_session(self._engine) as session:
            await WeatherCells(session).add_missing(self._started)
            self._life = self._plan.life_of(await WeatherCells(session).count_needed())
            return await Refreshes(session).begin(self._started)

    async def _hear(self, authority: Authority) -> None:
        """Before forecasts are judged: they are judged beside what is heard here."""
        heard = await hear(self._engine, authority, self._clock)
        for first in range(0, len(heard.news), BATCH):
            news = heard.news[first : first + BATCH]
            now = self._clock.now()
            async with open_session(self._engine) as session:
                await WarnedCells(session).keep([each.cell for each in news])
                told = {
                    each.cell.name: outlook(None, each.cell.official, now, self._plan.thresholds, each.warned)
                    for each in news
                    if each.warned is not None
                }
                await self._tell(session, told)
        self.counts += Counter(areas=heard.areas, areas_failed=heard.failed, cells_filed=heard.filed)

    async def _fetch_what_is_due(self) -> None:
        while self._without_any < HOPELESS:
            claimed_at = self._clock.now()
            async with open_session(self._engine) as session:
                cells = await WeatherCells(session).claim(self._started, claimed_at, BATCH)
            if not cells:
                return
            try:
                fetched, judged = await self._fetch(cells)
                async with open_session(self._engine) as session:
                    await WeatherCells(session).store(fetched, self._clock.now(), self._life, judged=True)
                    jobs = await self._tell(session, judged)
            except BaseException:
                await give_back(self._engine, cells, claimed_at, self._clock)
                raise
            found = sum(each.content is not None for each in fetched)
            self._without_any = 0 if found else self._without_any + 1
            self.counts += Counter(batches=1, fetched=found, failed=len(cells) - found, jobs=jobs)

    async def _fetch(self, cells: list[Cell]) -> tuple[list[Fetched], dict[str, Outlook]]:
        """What is to be kept and told; the hours themselves, 30 MB of them, are let go before the database is asked."""
        heard = await fetch_cells(cells, self._forecasts)
        judged = await asyncio.to_thread(_judged, heard, self._clock.now(), self._plan.thresholds)
        return [each.fetched for each in heard], judged

    async def _judge_what_runs_fetched(self) -> bool:
        async with open_session(self._engine) as session:
            found = await WeatherCells(session).claim_unjudged(BATCH)
            kept = [Heard(Fetched(cell, None), forecast) for cell, forecast in found]
            judged = await asyncio.to_thread(_judged, kept, self._clock.now(), self._plan.thresholds)
            jobs = await self._tell(session, judged)
        self.counts["jobs"] += jobs
        return bool(found)

    async def _tell(self, session: AsyncSession, outlooks: Mapping[str, Outlook]) -> int:
        """Alerts and runs of the jobs in the cells, in the transaction that keeps the cells; how many jobs."""
        refreshes, now = Refreshes(session), self._clock.now()
        jobs = await refreshes.jobs_in(list(outlooks))
        if not jobs:
            return 0
        known = await Alerts(session).open_of([job.id for job in jobs])
        news = {job.id: alert_news(known.get(job.id, []), outlooks[job.cell], now) for job in jobs}
        await Alerts(session).tell({job: each for job, each in news.items() if each}, now)
        hit = [job for job in jobs if outlooks[job.cell].stops_visit(job, now)]
        searching = [job for job in jobs if job.wants_visit and outlooks[job.cell].usable]
        compared = [job.id for job in (*hit, *searching)]
        windows = await refreshes.known_windows(compared) if compared else {}
        affected = {job.id for job in hit if not already_stopped(job, windows.get(job.id, []))}
        affected |= {job.id for job in searching if outlooks[job.cell].opens(windows.get(job.id, []), now)}
        affected |= {job for job, each in news.items() if each.opened}
        await self._start(session, [job for job in jobs if job.id in affected])
        self._count(news)
        return len(jobs)

    async def _start(self, session: AsyncSession, jobs: list[ActiveJob]) -> None:
        """A refresh run for each that neither runs nor waits."""
        await self._add_runs(session, [job.id for job in jobs if job.status is RunStatus.SUCCEEDED])

    async def _add_runs(self, session: AsyncSession, due: Sequence[UUID]) -> None:
        if due:
            runs = await Runs(session).add_refreshes(due)
            if runs:
                await enqueue_runs(
                    session, [(run, start_within(self._plan.spread, job)) for job, run in runs.items()]
                )
            self.counts["runs"] += len(runs)

    def _count(self, news: Mapping[UUID, AlertNews]) -> None:
        for each in news.values():
            self.counts += Counter(
                alerts_opened=len(each.opened),
                alerts_updated=len(each.updated),
                alerts_closed=len(each.closed),
            )

    async def _revisit_resources(self, climates: Climates) -> None:
        """Jobs that were sized while a provider failed get a run where its climate moves their design."""
        now = self._clock.now()
        async with open_session(self._engine) as session:
            due = await StandIns(session).claim(now, now + AGAIN, PLACES)
        if not due:
            return
        found = await revisited(due, climates)
        async with open_session(self._engine) as session:
            free = set(await StandIns(session).settle([*found.moved, *found.same]))
            await self._add_runs(session, [job for job in found.moved if job in free])
        self.counts += Counter(resources_moved=len(found.moved), resources_same=len(found.same))

    async def _close_passed(self) -> int:
        async with open_session(self._engine) as session:
            closed = await Alerts(session).close_passed(self._clock.now())
            await Alerts(session).close_of_closed_jobs(self._clock.now())
        self.counts["alerts_closed"] += closed
        return closed


async def run_weather_update(
    engine: AsyncEngine,
    forecasts: ForecastBatches,
    clock: Clock,
    plan: RefreshPlan,
    authority: Authority | None = None,
    climates: Climates | None = None,
) -> Counter[str]:
    """Look at the weather of all active jobs; what came of it, by name."""
    update = WeatherUpdate(engine, forecasts, clock, plan, authority, climates)
    await update.carry_out()
    return update.counts


def start_within(spread: timedelta, job_id: UUID) -> timedelta:
    """When in `spread` a job's turn is, in whole milliseconds: by the random end of its id."""
    return timedelta(milliseconds=job_id.int % max(1, spread // timedelta(milliseconds=1)))


def _judged(heard: Sequence[Heard], now: datetime, thresholds: WindowThresholds) -> dict[str, Outlook]:
    """By cell; one of which nothing was heard leaves its jobs as they are."""
    return {
        each.fetched.cell.name: outlook(
            coming(each.forecast, now), each.fetched.cell.official, now, thresholds
        )
        for each in heard
        if each.forecast is not None
    }
