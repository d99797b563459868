"""What authorities warn of reaches jobs at every look, whatever the age of the forecasts, by area and within budget."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from core.clock import FixedClock
from core.database.jobs import Jobs
from core.database.models import RunStatus
from core.database.session import AsyncSessionLocal
from core.database.weather_tables import WeatherCellRow
from core.errors import ProviderUnavailable
from core.ports import Bulletin, Warned, WarnedPlace
from graph.hearing import ASKED, CellWarnings
from graph.refresh import run_weather_update
from state.weather import Alert
from tests.support.cells import NOW, PLAN, Batches, Place, jobs_at, refreshing
from tests.support.fakes import Storm

PORTLAND, SALEM, SEATTLE, NAIROBI = (45.52, -122.68), (44.94, -123.04), (47.61, -122.33), (-1.29, 36.82)
AREAS = {PORTLAND: ("or", "multnomah"), SALEM: ("or", "marion"), SEATTLE: ("wa", "king")}


class Country:
    """Two states of a few counties. Keeps what it is asked; cannot be asked about what is in `silent`."""

    def __init__(self) -> None:
        self.warnings: dict[str, list[tuple[Alert, frozenset[str]]]] = {"or": [], "wa": []}
        self.places: list[Place] = []
        self.areas: list[str] = []
        self.silent: set[str] = set()

    def warn(self, area: str, county: str, **changes: Any) -> None:
        self.warnings[area].append((warning(area, **changes), frozenset({county})))

    async def alerts(self, latitude: float, longitude: float) -> Warned:
        place = await self.place(latitude, longitude)
        if place is None:
            return Warned([])
        return (await self.bulletin(place.area)).at(place.zones, NOW)

    async def place(self, latitude: float, longitude: float) -> WarnedPlace | None:
        if latitude < 0:
            return None
        self.places.append((latitude, longitude))
        if "places" in self.silent:
            raise ProviderUnavailable("country", "HTTP 503")
        area, county = AREAS.get((latitude, longitude), ("or", "elsewhere"))
        return WarnedPlace(area, frozenset({county}))

    async def bulletin(self, area: str) -> Bulletin:
        self.areas.append(area)
        if area in self.silent:
            raise ProviderUnavailable("country", "HTTP 503")
        return Bulletin(area, self.warnings[area])


def warning(area: str, *, track: str = "wind", hours: float = 20.0, severity: Any = "stop") -> Alert:
    return Alert(
        kind="wind",
        severity=severity,
        start=NOW,
        end=NOW + timedelta(hours=hours),
        detail="High Wind Warning",
        rule="severe",
        source="country",
        track=track,
        area=area,
    )


@pytest.fixture
def country() -> Country:
    return Country()


class Looks:
    """Looks at the weather on a clock that the test moves; runs that follow are taken to be done."""

    def __init__(self, engine: AsyncEngine, batches: Batches, clock: FixedClock, country: Country) -> None:
        self.engine, self.batches, self.clock, self.country = engine, batches, clock, country

    async def __call__(self, *, minutes: float = 0.0) -> dict[str, int]:
        self.clock.move_to(NOW + timedelta(minutes=minutes))
        return await run_weather_update(self.engine, self.batches, self.clock, PLAN, self.country)

    async def told(self, job: UUID) -> list[str]:
        async with AsyncSessionLocal(bind=self.engine) as session:
            return [each.type for each in await Jobs(session).timeline(job) if each.type.startswith("alert.")]

    async def refreshing(self) -> list[UUID]:
        return await refreshing(self.engine)

    async def cell(self, place: Place) -> WeatherCellRow:
        async with AsyncSessionLocal(bind=self.engine) as session:
            rows = select(WeatherCellRow).where(WeatherCellRow.latitude == place[0])
            return (await session.scalars(rows)).one()


@pytest.fixture
def look(engine: AsyncEngine, batches: Batches, clock: FixedClock, country: Country) -> Looks:
    return Looks(engine, batches, clock, country)


async def test_a_warning_is_heard_at_the_next_look_while_the_forecast_is_still_young(
    look: Looks, engine: AsyncEngine, country: Country, batches: Batches
) -> None:
    [job] = await jobs_at(engine, PORTLAND)
    [waiting] = await jobs_at(engine, PORTLAND, status=RunStatus.WAITING, user="waits")
    await look()
    assert await look.told(job) == []
    country.warn("or", "multnomah")
    counts = await look(minutes=30)
    assert await look.told(job) == await look.told(waiting) == ["alert.opened"]
    assert await look.refreshing() == [job]  # a person is not disturbed while they think
    assert (batches.requests, counts["areas"], counts["alerts_opened"]) == (1, 1, 2)
    await look(minutes=60)
    assert await look.told(job) == ["alert.opened"]
    country.warnings["or"] = []
    await look(minutes=90)
    assert await look.told(job) == await look.told(waiting) == ["alert.opened", "alert.closed"]
    assert batches.requests == 1


async def test_a_look_asks_once_for_each_area_and_once_a_month_where_a_cell_belongs(
    look: Looks, engine: AsyncEngine, country: Country
) -> None:
    await jobs_at(engine, PORTLAND, PORTLAND, SALEM, SEATTLE, NAIROBI)
    await look()
    assert (sorted(country.areas), len(country.places)) == (["or", "wa"], 3)
    await look(minutes=30)
    assert (sorted(country.areas), len(country.places)) == (["or", "or", "wa", "wa"], 3)
    await look(minutes=60 * 24 * 30)
    assert len(country.places) == 6


async def test_only_jobs_in_the_zone_are_told(look: Looks, engine: AsyncEngine, country: Country) -> None:
    warned, spared = await jobs_at(engine, PORTLAND, SALEM)
    country.warn("or", "multnomah")
    await look()
    assert (await look.told(warned), await look.told(spared)) == (["alert.opened"], [])
    assert await look.refreshing() == [warned]


async def test_a_state_that_cannot_be_asked_withdraws_nothing_and_says_so_while_another_is_heard(
    look: Looks, engine: AsyncEngine, country: Country
) -> None:
    oregon, washington = await jobs_at(engine, PORTLAND, SEATTLE)
    country.warn("or", "multnomah")
    await look()
    country.silent.add("or")
    country.warn("wa", "king")
    counts = await look(minutes=30)
    assert (counts["areas"], counts["areas_failed"]) == (2, 1)
    assert await look.told(oregon) == await look.told(washington) == ["alert.opened"]
    cell = await look.cell(PORTLAND)
    assert (cell.official_problem, len(cell.official)) == ("country: HTTP 503", 1)
    country.silent.clear()
    await look(minutes=60)
    assert (await look.cell(PORTLAND)).official_problem is None


async def test_what_a_forecast_foresees_stays_told_beside_a_warning(
    look: Looks, engine: AsyncEngine, country: Country, clock: FixedClock
) -> None:
    look.batches.weather = Storm(clock, until=NOW + timedelta(hours=20))
    [job] = await jobs_at(engine, PORTLAND)
    await look()
    country.warn("or", "multnomah")
    await look(minutes=30)
    country.warnings["or"] = []
    await look(minutes=60)
    assert await look.told(job) == ["alert.opened", "alert.opened", "alert.closed"]
    await look(minutes=180)  # the forecast is fetched again, and does not bring the warning back
    assert (await look.told(job)).count("alert.opened") == 2


async def test_a_warning_that_another_zone_of_the_cell_was_told_is_withdrawn_too(
    look: Looks, engine: AsyncEngine, country: Country
) -> None:
    [job] = await jobs_at(engine, PORTLAND)
    country.warn("or", "multnomah")
    await look()
    country.warnings["or"] = [(country.warnings["or"][0][0], frozenset({"marion"}))]
    await look(minutes=30)
    assert await look.told(job) == ["alert.opened"]
    assert (await look.cell(PORTLAND)).official == []
    country.warnings["or"] = []
    await look(minutes=60)
    assert await look.told(job) == ["alert.opened", "alert.closed"]


async def test_a_place_that_cannot_be_filed_is_asked_about_again_and_spoils_no_warning(
    look: Looks, engine: AsyncEngine, country: Country
) -> None:
    filed = await jobs_at(engine, PORTLAND)
    await look()
    country.silent.add("places")
    [new] = await jobs_at(engine, SALEM, user="new")
    country.warn("or", "multnomah")
    country.warn("or", "marion", track="dust")
    await look(minutes=30)
    assert (await look.told(filed[0]), await look.told(new)) == (["alert.opened"], [])
    assert (await look.cell(SALEM)).official_problem == "country: HTTP 503"
    country.silent.clear()
    await look(minutes=90)
    assert await look.told(new) == ["alert.opened"]
    assert (await look.cell(SALEM)).official_problem is None


async def test_many_new_cells_are_filed_over_several_looks(
    look: Looks, engine: AsyncEngine, country: Country
) -> None:
    await jobs_at(engine, *((30.0 + number / 5, -100.0) for number in range(ASKED + 30)))
    await jobs_at(engine, *((-10.0 - number / 5, -70.0) for number in range(ASKED)), user="south")
    counts = await look()
    assert (len(country.places), counts["cells_filed"]) == (ASKED, ASKED)
    await look(minutes=30)
    assert len(country.places) == len(set(country.places)) == ASKED + 30


async def test_two_replicas_that_listen_together_tell_each_job_once_and_file_no_cell_twice(
    look: Looks, engine: AsyncEngine, country: Country
) -> None:
    jobs = await jobs_at(engine, PORTLAND, SALEM, SEATTLE)
    for area, county in AREAS.values():
        country.warn(area, county, track=county)
    await asyncio.gather(*(look() for _ in range(4)))
    assert [await look.told(job) for job in jobs] == [["alert.opened"]] * 3
    assert len(country.places) == 3


async def test_a_run_falls_back_on_what_its_cell_heard_last_and_says_why(
    look: Looks, engine: AsyncEngine, country: Country
) -> None:
    await jobs_at(engine, PORTLAND)
    country.warn("or", "multnomah")
    await look()
    country.silent.update({"places", "or"})
    warnings = CellWarnings(engine, country)
    found = await warnings.alerts(45.521, -122.681)
    assert ([each.track for each in found.alerts], found.problem) == (["wind"], "country: HTTP 503")
    with pytest.raises(ProviderUnavailable):
        await warnings.alerts(*SEATTLE)
