"""The look at the weather of all active jobs: what is fetched, who is told, whose plan is looked at again."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from core.checkpoint import run_in_hand
from core.climate.cells import weather_cell
from core.clock import FixedClock
from core.database import create_engine
from core.database.cells import WeatherCells
from core.database.jobs import Jobs
from core.database.models import JobRow, RunRow, RunStatus
from core.database.session import AsyncSessionLocal
from core.database.weather_tables import AlertRow, WeatherCellRow
from core.errors import ProviderUnavailable
from core.ids import new_id
from graph.cells import LOOK_AGAIN_SECONDS, CellForecasts
from graph.refresh import RefreshPlan, run_weather_update
from state.weather import Alert
from tests.support.cells import NOW, PLAN, Batches, Silent, jobs_at, refreshing
from tests.support.fakes import Authority, FineWeather, NoWeather, Storm

NAIROBI, NEXT_DOOR, ELSEWHERE = (-1.29, 36.82), (-1.291, 36.822), (-3.39, 37.0)


@pytest.fixture
async def replica(database_url: str) -> AsyncIterator[AsyncEngine]:
    """Another process's connections to the same database."""
    engine = create_engine(database_url, pool_size=5)
    yield engine
    await engine.dispose()


async def _finish_runs(engine: AsyncEngine) -> None:
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        await session.execute(update(RunRow).values(status=RunStatus.SUCCEEDED))


async def _told(engine: AsyncEngine, job_id: UUID) -> list[str]:
    async with AsyncSessionLocal(bind=engine) as session:
        return [event.type for event in await Jobs(session).timeline(job_id)]


async def _cells(engine: AsyncEngine) -> list[WeatherCellRow]:
    async with AsyncSessionLocal(bind=engine) as session:
        return list(await session.scalars(select(WeatherCellRow).order_by(WeatherCellRow.cell)))


async def test_neighbours_share_a_forecast_and_a_second_look_within_its_life_asks_nobody(
    engine: AsyncEngine, batches: Batches, clock: FixedClock
) -> None:
    await jobs_at(engine, NAIROBI, NEXT_DOOR, ELSEWHERE)
    counts = await run_weather_update(engine, batches, clock, PLAN)
    assert (counts["fetched"], counts["jobs"], counts["runs"]) == (2, 3, 0)
    assert (batches.requests, batches.asked.total()) == (1, 2)
    clock.move_to(NOW + timedelta(hours=2, minutes=59))
    await run_weather_update(engine, batches, clock, PLAN)
    assert batches.requests == 1
    clock.move_to(NOW + timedelta(hours=3))
    await run_weather_update(engine, batches, clock, PLAN)
    assert batches.asked.total() == 4


async def test_only_jobs_that_are_open_and_not_at_work_have_their_weather_looked_at(
    engine: AsyncEngine, batches: Batches, clock: FixedClock
) -> None:
    for number, status in enumerate(RunStatus):
        await jobs_at(engine, (10.0 + number, 20.0), status=status, user=f"user {number}")
    closed = await jobs_at(engine, (0.0, 20.0), user="closed")
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        await session.execute(update(JobRow).where(JobRow.id == closed[0]).values(closed_at=NOW))
    await run_weather_update(engine, batches, clock, PLAN)
    looked_at = (RunStatus.WAITING, RunStatus.SUCCEEDED, RunStatus.FAILED)
    assert set(batches.asked) == {(10.0 + list(RunStatus).index(each), 20.0) for each in looked_at}


async def test_two_replicas_that_refresh_together_fetch_no_cell_twice(
    engine: AsyncEngine, replica: AsyncEngine, batches: Batches, clock: FixedClock
) -> None:
    places = [(-10.0 + number / 5, 30.0) for number in range(260)]
    await jobs_at(engine, *places)
    counted = await asyncio.gather(
        *(run_weather_update(each, batches, clock, PLAN) for each in (engine, replica, engine, replica))
    )
    assert batches.asked.total() == len(places)
    assert set(batches.asked.values()) == {1}
    assert sum(counts["jobs"] for counts in counted) == len(places)
    assert all(cell.fetched_at == NOW and cell.judged for cell in await _cells(engine))


async def test_a_place_without_a_forecast_spoils_no_other_and_is_asked_about_again(
    engine: AsyncEngine, batches: Batches, clock: FixedClock
) -> None:
    await jobs_at(engine, NAIROBI, ELSEWHERE)
    batches.fails = lambda place: place == ELSEWHERE
    counts = await run_weather_update(engine, batches, clock, PLAN)
    assert (counts["fetched"], counts["failed"]) == (1, 1)
    assert sorted(bool(cell.problem) for cell in await _cells(engine)) == [False, True]
    clock.move_to(NOW + timedelta(minutes=30))
    batches.fails = lambda _: False
    assert (await run_weather_update(engine, batches, clock, PLAN))["fetched"] == 1
    assert {cell.problem for cell in await _cells(engine)} == {None}


async def test_a_provider_that_is_down_is_not_asked_about_every_cell(
    engine: AsyncEngine, clock: FixedClock
) -> None:
    await jobs_at(engine, *((-20.0 + number / 5, 30.0) for number in range(450)))
    down = Batches(NoWeather())
    await run_weather_update(engine, down, clock, PLAN)
    assert down.requests <= 3
    clock.move_to(NOW + timedelta(minutes=30))
    well = Batches(FineWeather(clock))
    assert (await run_weather_update(engine, well, clock, PLAN))["fetched"] == 450


async def test_a_storm_is_told_once_until_it_changes_or_ends(engine: AsyncEngine, clock: FixedClock) -> None:
    [job] = await jobs_at(engine, NAIROBI)
    [waiting] = await jobs_at(engine, NEXT_DOOR, status=RunStatus.WAITING, user="waits")
    storm = Batches(Storm(clock, until=NOW + timedelta(hours=20)))
    await run_weather_update(engine, storm, clock, PLAN)
    assert "alert.opened" in await _told(engine, job)
    assert "alert.opened" in await _told(engine, waiting)
    assert await refreshing(engine) == [job]  # a person is not disturbed while they think
    told = len(await _told(engine, job))
    await _finish_runs(engine)
    clock.move_to(NOW + timedelta(hours=3))
    await run_weather_update(engine, storm, clock, PLAN)
    assert len(await _told(engine, job)) == told
    assert await refreshing(engine) == [job]
    clock.move_to(NOW + timedelta(hours=6))
    storm.weather = Storm(clock, until=NOW + timedelta(hours=30))
    await run_weather_update(engine, storm, clock, PLAN)
    assert (await _told(engine, job))[told:] == ["alert.updated"]
    clock.move_to(NOW + timedelta(hours=9))
    storm.weather = FineWeather(clock)
    await run_weather_update(engine, storm, clock, PLAN)
    assert (await _told(engine, job))[-1] == "alert.closed"
    async with AsyncSessionLocal(bind=engine) as session:
        assert None not in list(await session.scalars(select(AlertRow.closed_at)))


async def test_what_has_passed_is_closed_though_nobody_gives_a_forecast_any_more(
    engine: AsyncEngine, clock: FixedClock
) -> None:
    [job] = await jobs_at(engine, NAIROBI)
    batches = Batches(Storm(clock, until=NOW + timedelta(hours=5)))
    await run_weather_update(engine, batches, clock, PLAN)
    batches.fails = lambda _: True
    clock.move_to(NOW + timedelta(hours=4))
    await run_weather_update(engine, batches, clock, PLAN)
    assert "alert.closed" not in await _told(engine, job)
    clock.move_to(NOW + timedelta(days=1))
    await run_weather_update(engine, batches, clock, PLAN)
    assert (await _told(engine, job))[-1] == "alert.closed"


def _warning(track: str, *, hours: float = 20.0, area: str = Authority.AREA) -> Alert:
    return Alert(
        kind="other",
        severity="stop",
        start=NOW,
        end=NOW + timedelta(hours=hours),
        detail="until the evening",
        rule="severe",
        source="authority",
        track=track,
        area=area,
    )


async def test_a_warning_is_closed_once_when_its_authority_lists_it_no_more(
    engine: AsyncEngine, batches: Batches, clock: FixedClock
) -> None:
    [job] = await jobs_at(engine, NAIROBI)
    authority = Authority(_warning("dust"), _warning("border", area="authority:elsewhere"))
    told = []
    for hours, listed in ((0, authority.warnings), (3, None), (6, ()), (9, ())):
        clock.move_to(NOW + timedelta(hours=hours))
        authority.warnings = listed
        await run_weather_update(engine, batches, clock, PLAN, authority)
        await _finish_runs(engine)
        told.append([kind for kind in await _told(engine, job) if kind.startswith("alert.")])
    opened = ["alert.opened"] * 2
    assert told == [opened, opened, [*opened, "alert.closed"], [*opened, "alert.closed"]]
    async with AsyncSessionLocal(bind=engine) as session:
        [closing] = [e for e in await Jobs(session).timeline(job) if e.type == "alert.closed"]
        assert (closing.data["track"], closing.data["reason"]) == ("dust", "withdrawn")


async def test_a_warning_is_told_though_nobody_gives_a_forecast(
    engine: AsyncEngine, clock: FixedClock
) -> None:
    [job] = await jobs_at(engine, NAIROBI)
    storm = Batches(Storm(clock, until=NOW + timedelta(hours=20)))
    await run_weather_update(engine, storm, clock, PLAN, Authority())
    storm.fails = lambda _: True
    clock.move_to(NOW + timedelta(hours=3))
    await run_weather_update(engine, storm, clock, PLAN, Authority(_warning("dust")))
    told = [kind for kind in await _told(engine, job) if kind.startswith("alert.")]
    assert told == ["alert.opened"] * 2  # and the storm that was foreseen is not taken back


async def test_a_run_shares_the_forecast_of_its_cell_and_its_neighbours_hear_of_what_it_fetched(
    engine: AsyncEngine, clock: FixedClock
) -> None:
    storm = Batches(Storm(clock, until=NOW + timedelta(hours=20)))
    cells = CellForecasts(engine, storm, clock, life=PLAN.life)
    first, second = await asyncio.gather(cells.forecast(*NAIROBI), cells.forecast(*NEXT_DOOR))
    assert first == second
    assert storm.requests == 1
    [job] = await jobs_at(engine, NEXT_DOOR)
    counts = await run_weather_update(engine, storm, clock, PLAN)
    assert (storm.requests, counts["jobs"]) == (1, 1)
    assert "alert.opened" in await _told(engine, job)


async def test_a_run_taken_over_fetches_the_cell_that_its_lost_worker_held_and_its_neighbours_wait_for_it(
    engine: AsyncEngine, batches: Batches, clock: FixedClock
) -> None:
    cells, run, other = CellForecasts(engine, batches, clock, life=PLAN.life), new_id(), new_id()
    async with AsyncSessionLocal(bind=engine) as session, session.begin():  # and then its worker was killed
        name = weather_cell(*NAIROBI)
        assert await WeatherCells(session).claim_one(name, *NAIROBI, NOW, run_id=run) is not None
    with run_in_hand("a neighbour", str(other), 1):
        waiting = asyncio.create_task(cells.forecast(*NEXT_DOOR))
    await asyncio.sleep(2 * LOOK_AGAIN_SECONDS)
    assert batches.requests == 0
    with run_in_hand("the job", str(run), 2):
        forecast = await cells.forecast(*NAIROBI)
    assert await waiting == forecast
    assert batches.requests == 1


async def test_a_fetch_that_is_stopped_keeps_nobody_waiting(
    engine: AsyncEngine, batches: Batches, clock: FixedClock
) -> None:
    silent = Silent()
    stopped = asyncio.create_task(CellForecasts(engine, silent, clock, life=PLAN.life).forecast(*NAIROBI))
    await silent.heard.wait()
    stopped.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stopped
    await CellForecasts(engine, batches, clock, life=PLAN.life).forecast(*NAIROBI)
    assert batches.requests == 1


async def test_a_look_that_is_stopped_leaves_its_cells_to_the_next(
    engine: AsyncEngine, batches: Batches, clock: FixedClock
) -> None:
    await jobs_at(engine, NAIROBI, ELSEWHERE)
    silent = Silent()
    stopped = asyncio.create_task(run_weather_update(engine, silent, clock, PLAN))
    await silent.heard.wait()
    stopped.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stopped
    assert (await run_weather_update(engine, batches, clock, PLAN))["fetched"] == 2


async def test_a_run_makes_do_with_an_older_forecast_and_says_so_but_not_with_yesterdays(
    engine: AsyncEngine, batches: Batches, clock: FixedClock
) -> None:
    cells = CellForecasts(engine, batches, clock, life=PLAN.life)
    await cells.forecast(*NAIROBI)
    batches.fails = lambda _: True
    clock.move_to(NOW + timedelta(hours=5))
    older = await cells.forecast(*NAIROBI)
    assert older.fallback
    assert "2026-06-02 06:00" in older.warnings[0]
    clock.move_to(NOW + timedelta(hours=25))
    with pytest.raises(ProviderUnavailable):
        await cells.forecast(*NAIROBI)
    asked = batches.requests
    with pytest.raises(ProviderUnavailable):  # and not again at once
        await cells.forecast(*NAIROBI)
    assert batches.requests == asked


async def test_jobs_stored_before_there_were_cells_are_filed(
    engine: AsyncEngine, batches: Batches, clock: FixedClock
) -> None:
    await jobs_at(engine, NAIROBI, ELSEWHERE)
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        await session.execute(update(JobRow).values(weather_cell=None))
    assert (await run_weather_update(engine, batches, clock, PLAN))["jobs"] == 2


async def test_runs_that_follow_start_spread_out(engine: AsyncEngine, clock: FixedClock) -> None:
    spread = timedelta(minutes=10)
    await jobs_at(engine, *[NAIROBI] * 20)
    storm = Batches(Storm(clock, until=NOW + timedelta(hours=20)))
    await run_weather_update(engine, storm, clock, RefreshPlan(spread=spread))
    async with AsyncSessionLocal(bind=engine) as session:
        delays = list(await session.scalars(text("SELECT execute_after - now() FROM pgqueuer")))
    assert len(delays) == 20
    assert max(delays) <= spread
    assert len({delay // timedelta(seconds=1) for delay in delays}) > 5


def test_cells_live_longer_where_there_are_more_than_the_allowance_pays_for() -> None:
    plan = RefreshPlan(life=timedelta(hours=3), calls_per_day=10_000)
    assert plan.life_of(1000) == timedelta(hours=3)
    assert plan.life_of(4200) == timedelta(hours=12.6)
    assert RefreshPlan(life=timedelta(hours=3)).life_of(10**6) == timedelta(hours=3)
