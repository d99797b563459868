"""Jobs at one site find each other, whichever side of a cell's edge they were entered on."""

from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from core.database import AsyncSessionLocal
from core.database.models import JobKind, JobRow, Role, RunStatus
from core.database.places import place_of, places_around
from core.database.sites import LATEST, StoredSiteRecords
from core.database.users import Users
from core.ids import new_id
from tests.support.inputs import triage_input

HERE = {"latitude": -1.2704, "longitude": 36.8404}
CLOSED = datetime(2026, 4, 2, tzinfo=UTC)


@pytest.fixture
async def owner(engine: AsyncEngine) -> UUID:
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        return (await Users(session).add(f"tess-{uuid4()}", "hash", Role.TECHNICIAN)).id


OLDER_THAN_NOW = count(UUID("01900000-0000-7000-8000-000000000000").int)
"""Ids in the order of the jobs, which those made within one millisecond are not."""


async def _job(engine: AsyncEngine, owner: UUID, **row: Any) -> str:
    site = row.pop("site", HERE)
    given = {**triage_input(), "site": site}
    values = {"kind": JobKind.TRIAGE, "status": RunStatus.SUCCEEDED, "asset": "inverter", **row}
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        job = JobRow(
            id=UUID(int=next(OLDER_THAN_NOW)),
            created_by=owner,
            input=given,
            failure_mode="inverter_stopped",
            **values,
        )
        session.add(job)
        await session.flush()
        return str(job.id)


async def _found(engine: AsyncEngine, besides: str | None = None) -> tuple[list[str], list[str]]:
    record = await StoredSiteRecords(engine).record(**HERE, besides=besides or str(new_id()))
    return [fault.job_id for fault in record.past], [fault.job_id for fault in record.open]


async def test_closed_jobs_are_history_and_open_ones_may_be_duplicates(
    engine: AsyncEngine, owner: UUID
) -> None:
    closed, open_one = await _job(engine, owner, closed_at=CLOSED), await _job(engine, owner)

    assert await _found(engine) == ([closed], [open_one])


async def test_a_job_finds_older_ones_only_and_never_itself(engine: AsyncEngine, owner: UUID) -> None:
    first, second, third = [await _job(engine, owner) for _ in range(3)]

    assert await _found(engine, besides=second) == ([], [first])
    assert await _found(engine, besides=third) == ([], [second, first])


async def test_cancelled_jobs_and_such_as_found_nothing_are_left_out(
    engine: AsyncEngine, owner: UUID
) -> None:
    await _job(engine, owner, status=RunStatus.CANCELLED, closed_at=CLOSED)
    await _job(engine, owner, asset=None)

    assert await _found(engine) == ([], [])


async def test_other_places_are_other_sites(engine: AsyncEngine, owner: UUID) -> None:
    await _job(engine, owner, site={"latitude": -1.2724, "longitude": 36.8404})

    assert await _found(engine) == ([], [])


async def test_a_neighbour_across_the_edge_of_a_cell_is_the_same_site(
    engine: AsyncEngine, owner: UUID
) -> None:
    across = {"latitude": -1.27045, "longitude": 36.84055}
    assert place_of(**across) != place_of(**HERE)

    job = await _job(engine, owner, site=across)

    assert await _found(engine) == ([], [job])


async def test_only_the_latest_jobs_of_a_busy_place_are_read(engine: AsyncEngine, owner: UUID) -> None:
    jobs = [await _job(engine, owner) for _ in range(LATEST + 2)]

    _, found = await _found(engine)

    assert found == jobs[:1:-1]


def test_a_place_lies_among_the_cells_around_it() -> None:
    assert place_of(**HERE) in places_around(**HERE)
    assert len(places_around(**HERE)) == 4
