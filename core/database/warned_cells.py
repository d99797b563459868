"""What authorities say of cells: where they file each, and the warnings that were heard of it last.

A cell keeps the zones of the place that is asked about, so a look needs one question for each area and none for a job.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TEXT, TIMESTAMP
from sqlalchemy.ext.asyncio import AsyncSession

from core.database.cells import ACTIVE, NEEDED
from core.ports import WarnedPlace
from state.weather import Alert

LEASE = timedelta(minutes=3)
"""How long a cell that is being filed is nobody else's."""

_CLAIM_UNFILED = text(
    f"""
    WITH due AS (
        SELECT cell FROM weather_cells WHERE (zones_due_at IS NULL OR zones_due_at <= :now) AND {NEEDED}
        ORDER BY zones_due_at NULLS FIRST, cell LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    UPDATE weather_cells SET zones_due_at = :until FROM due WHERE weather_cells.cell = due.cell
    RETURNING weather_cells.cell, latitude, longitude
    """  # noqa: S608
)
# Rows are locked in the order of their names by whoever changes several, so that two looks never wait for each other.
_FILE = text(
    """
    WITH locked AS (SELECT cell FROM weather_cells WHERE cell = ANY(:cells) ORDER BY cell FOR NO KEY UPDATE)
    UPDATE weather_cells SET
        warned_as = CASE WHEN new.problem IS NULL THEN NULLIF(new.place, 'null') ELSE weather_cells.warned_as END,
        zones_due_at = new.due_at,
        official_problem = new.problem
    FROM locked JOIN unnest(:cells, :places, :dues, :problems) AS new (cell, place, due_at, problem) USING (cell)
    WHERE weather_cells.cell = new.cell
    """
).bindparams(
    bindparam("cells", type_=ARRAY(TEXT)),
    bindparam("places", type_=ARRAY(JSONB, dimensions=1)),
    bindparam("dues", type_=ARRAY(TIMESTAMP(timezone=True))),
    bindparam("problems", type_=ARRAY(TEXT)),
)
_FILED = text(
    f"SELECT cell, warned_as, official, official_problem FROM weather_cells WHERE warned_as IS NOT NULL AND {NEEDED}"  # noqa: S608
)
_STILL_TOLD = text(
    f"""
    SELECT DISTINCT jobs.weather_cell AS cell FROM alerts JOIN jobs ON jobs.id = alerts.job_id
    WHERE alerts.closed_at IS NULL AND {ACTIVE} AND document ->> 'area' = ANY(:areas)
        AND NOT concat_ws(' ', document ->> 'area', document ->> 'track') = ANY(:listed)
    """  # noqa: S608
).bindparams(bindparam("areas", type_=ARRAY(TEXT)), bindparam("listed", type_=ARRAY(TEXT)))
_KEEP = text(
    """
    WITH locked AS (SELECT cell FROM weather_cells WHERE cell = ANY(:cells) ORDER BY cell FOR NO KEY UPDATE)
    UPDATE weather_cells SET official = new.official, official_problem = new.problem
    FROM locked JOIN unnest(:cells, :official, :problems) AS new (cell, official, problem) USING (cell)
    WHERE weather_cells.cell = new.cell
    """
).bindparams(
    bindparam("cells", type_=ARRAY(TEXT)),
    bindparam("official", type_=ARRAY(JSONB, dimensions=1)),
    bindparam("problems", type_=ARRAY(TEXT)),
)


@dataclass(frozen=True, slots=True)
class UnfiledCell:
    """A cell, and the place in it that is asked about."""

    name: str
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Filing:
    """Where an authority files a cell: nowhere outside of its country. With a problem it stays where it was."""

    cell: str
    place: WarnedPlace | None
    due_at: datetime
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class WarnedCell:
    """A filed cell with what was heard of it last; `problem` is why nothing newer was."""

    name: str
    place: WarnedPlace
    official: list[Alert]
    problem: str | None = None


class WarnedCells:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def claim_unfiled(self, now: datetime, limit: int) -> list[UnfiledCell]:
        """Take cells that active jobs need and of which it is not known where they belong, or not any more."""
        found = await self._session.execute(
            _CLAIM_UNFILED, {"now": now, "until": now + LEASE, "limit": limit}
        )
        return [UnfiledCell(row.cell, row.latitude, row.longitude) for row in found]

    async def file(self, filings: Sequence[Filing]) -> None:
        await self._session.execute(
            _FILE,
            {
                "cells": [each.cell for each in filings],
                "places": [_document(each.place) for each in filings],
                "dues": [each.due_at for each in filings],
                "problems": [each.problem for each in filings],
            },
        )

    async def filed(self) -> list[WarnedCell]:
        """Cells of active jobs of which an authority warns."""
        return [
            WarnedCell(
                row.cell,
                WarnedPlace(row.warned_as["area"], frozenset(row.warned_as["zones"])),
                [Alert.model_validate(each) for each in row.official],
                row.official_problem,
            )
            for row in await self._session.execute(_FILED)
        ]

    async def still_told(self, listed: Sequence[tuple[str, str]], areas: Sequence[str]) -> set[str]:
        """Cells with jobs that were told of something in these areas that is not `listed`, by area and track."""
        given = {"areas": list(areas), "listed": [" ".join(each) for each in listed]}
        return {row.cell for row in await self._session.execute(_STILL_TOLD, given)}

    async def keep(self, heard: Sequence[WarnedCell]) -> None:
        """Keep what was heard of cells; their forecasts stay as they are."""
        await self._session.execute(
            _KEEP,
            {
                "cells": [each.name for each in heard],
                "official": [[alert.to_json() for alert in each.official] for each in heard],
                "problems": [each.problem for each in heard],
            },
        )


def _document(place: WarnedPlace | None) -> dict[str, object] | None:
    return None if place is None else {"area": place.area, "zones": sorted(place.zones)}
