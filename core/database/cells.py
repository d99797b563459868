"""Forecasts by cell: who fetches which, and what came of it.

One column says from when on a cell may be fetched. A claim moves it ahead in the statement that finds the cell, past
rows that another has locked: of two replicas one fetches. A claim that nothing comes of ends by itself. It is
given back where the fetch is stopped, and a run that another worker takes over has it still.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import zstandard
from sqlalchemy import bindparam, func, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, TEXT, insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.database.direct import Direct
from core.database.places import job_cell
from core.database.weather_tables import WeatherCellRow
from state.weather import Alert, Forecast

LEASE = timedelta(minutes=4)
"""How long a cell that is being fetched is nobody else's: longer than a batch may take, with its two waits for the next
minute of a provider."""

RETRY = timedelta(minutes=1)
"""After a fetch that failed: as long as a provider's breaker stays open."""

ACTIVE = "jobs.closed_at IS NULL AND jobs.status IN ('succeeded', 'waiting', 'failed')"
"""Jobs whose weather is looked at until somebody closes them: a run in progress looks for itself."""

PAGE = 100

_WITHOUT_CELL = text(
    f"SELECT id, input FROM jobs WHERE {ACTIVE} AND weather_cell IS NULL AND input #> '{{site,latitude}}' IS NOT NULL"  # noqa: S608
    " LIMIT :page FOR NO KEY UPDATE SKIP LOCKED"
)
_FILE = text(
    "UPDATE jobs SET weather_cell = filed.cell"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:cells AS text[])) AS filed (id, cell) WHERE jobs.id = filed.id"
)
# The position is read of one job per new cell; all others are told apart by the index.
_ADD_MISSING = text(
    f"""
    INSERT INTO weather_cells (cell, latitude, longitude, due_at)
    SELECT new.cell, CAST(job.input #>> '{{site,latitude}}' AS float8),
           CAST(job.input #>> '{{site,longitude}}' AS float8), :now
    FROM (
        SELECT DISTINCT weather_cell AS cell FROM jobs WHERE {ACTIVE} AND weather_cell IS NOT NULL
        EXCEPT SELECT cell FROM weather_cells
    ) AS new, LATERAL (
        SELECT input FROM jobs WHERE jobs.weather_cell = new.cell AND {ACTIVE} LIMIT 1
    ) AS job
    ON CONFLICT DO NOTHING
    """  # noqa: S608
)
NEEDED = f"EXISTS (SELECT FROM jobs WHERE jobs.weather_cell = weather_cells.cell AND {ACTIVE})"
_CLAIM = text(
    f"""
    WITH due AS (
        SELECT cell FROM weather_cells WHERE due_at <= :started AND {NEEDED}
        ORDER BY due_at LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    UPDATE weather_cells SET due_at = :until, held_by = NULL FROM due WHERE weather_cells.cell = due.cell
    RETURNING weather_cells.cell, latitude, longitude, official
    """  # noqa: S608
)
_CLAIM_UNJUDGED = text(
    """
    WITH unjudged AS (
        SELECT cell FROM weather_cells WHERE NOT judged AND content IS NOT NULL
        ORDER BY cell LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    UPDATE weather_cells SET judged = true FROM unjudged WHERE weather_cells.cell = unjudged.cell
    RETURNING weather_cells.cell, latitude, longitude, official, content
    """
)
_STORED = Direct(
    select(
        WeatherCellRow.cell,
        WeatherCellRow.content,
        WeatherCellRow.fetched_at,
        WeatherCellRow.due_at,
        WeatherCellRow.held_by,
        WeatherCellRow.problem,
        WeatherCellRow.official,
        WeatherCellRow.official_problem,
    ).where(WeatherCellRow.cell == func.any(bindparam("names", type_=ARRAY(TEXT))))
)
# Rows are locked in the order of their names by whoever changes several, so that two looks never wait for each other.
_STORE = text(
    """
    WITH locked AS (SELECT cell FROM weather_cells WHERE cell = ANY(:cells) ORDER BY cell FOR NO KEY UPDATE)
    UPDATE weather_cells SET
        content = coalesce(new.content, weather_cells.content),
        fetched_at = CASE WHEN new.content IS NULL THEN weather_cells.fetched_at ELSE CAST(:now AS timestamptz) END,
        due_at = CASE WHEN new.content IS NULL THEN CAST(:retry_at AS timestamptz)
                      ELSE CAST(:due_at AS timestamptz) END,
        judged = CAST(:judged AS boolean) OR new.content IS NULL AND weather_cells.judged,
        problem = new.problem,
        held_by = NULL
    FROM locked JOIN unnest(:cells, :contents, :problems) AS new (cell, content, problem) USING (cell)
    WHERE weather_cells.cell = new.cell
    """
).bindparams(
    bindparam("cells", type_=ARRAY(TEXT)),
    bindparam("contents", type_=ARRAY(BYTEA)),
    bindparam("problems", type_=ARRAY(TEXT)),
)


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell, and the place in it that is asked about."""

    name: str
    latitude: float
    longitude: float
    official: list[Alert]
    """What the authorities said when they were last heard."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of fetching a cell: a forecast, or why there is none."""

    cell: Cell
    content: bytes | None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class StoredForecast:
    """A cell as it is stored; `forecast` may be old, and is None where there never was one."""

    forecast: Forecast | None
    fetched_at: datetime | None
    due_at: datetime
    held_by: UUID | None
    problem: str | None
    official: list[Alert]
    official_problem: str | None
    """Why nothing newer of the authorities was heard."""


class WeatherCells:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def file_jobs(self) -> int:
        """Find the cells of jobs that were stored before there were any; how many, at most a page."""
        rows = (await self._session.execute(_WITHOUT_CELL, {"page": PAGE})).all()
        if rows:
            cells = [job_cell(row.input) for row in rows]
            await self._session.execute(_FILE, {"ids": [row.id for row in rows], "cells": cells})
        return len(rows)

    async def add_missing(self, now: datetime) -> None:
        """Add the cells of active jobs that nobody has asked about yet."""
        await self._session.execute(_ADD_MISSING, {"now": now})

    async def claim(self, started: datetime, now: datetime, limit: int) -> list[Cell]:
        """Take cells that active jobs need and that were due at `started`, the oldest first."""
        found = await self._session.execute(
            _CLAIM, {"started": started, "until": now + LEASE, "limit": limit}
        )
        return [_cell(row) for row in found]

    async def claim_unjudged(self, limit: int) -> list[tuple[Cell, Forecast]]:
        """Take cells that a run has fetched; they count as judged when the transaction commits."""
        found = await self._session.execute(_CLAIM_UNJUDGED, {"limit": limit})
        return [(_cell(row), unpacked(row.content)) for row in found]

    async def claim_one(
        self, name: str, latitude: float, longitude: float, now: datetime, *, run_id: UUID | None
    ) -> Cell | None:
        """Take one cell for a run, added where it is new; None where it is neither due nor held by that run."""
        taken = {"due_at": now + LEASE, "held_by": run_id}
        free = WeatherCellRow.due_at <= now
        if run_id is not None:
            free |= WeatherCellRow.held_by == run_id
        new = insert(WeatherCellRow).values(cell=name, latitude=latitude, longitude=longitude, **taken)
        row = (
            await self._session.execute(
                new.on_conflict_do_update(
                    index_elements=["cell"],
                    set_=taken,
                    where=free,
                ).returning(
                    WeatherCellRow.cell,
                    WeatherCellRow.latitude,
                    WeatherCellRow.longitude,
                    WeatherCellRow.official,
                )
            )
        ).one_or_none()
        return None if row is None else _cell(row)

    async def give_back(self, names: Sequence[str], claimed_at: datetime, now: datetime) -> None:
        """Let others fetch cells that were taken at `claimed_at`, those that nobody has taken since."""
        taken = (WeatherCellRow.cell.in_(names), WeatherCellRow.due_at == claimed_at + LEASE)
        await self._session.execute(update(WeatherCellRow).where(*taken).values(due_at=now, held_by=None))

    async def store(
        self, fetched: Sequence[Fetched], now: datetime, life: timedelta, *, judged: bool
    ) -> None:
        """Keep what was fetched, in one statement: all jobs of the cells have their weather with it."""
        await self._session.execute(
            _STORE,
            {
                "cells": [each.cell.name for each in fetched],
                "contents": [each.content for each in fetched],
                "problems": [each.problem for each in fetched],
                "now": now,
                "due_at": now + life,
                "retry_at": now + RETRY,
                "judged": judged,
            },
        )

    async def stored(self, names: Sequence[str]) -> dict[str, StoredForecast]:
        """The cells of these names that there are."""
        rows = await _STORED.all(self._session, {"names": names})
        return {
            row.cell: StoredForecast(
                unpacked(row.content) if row.content is not None else None,
                row.fetched_at,
                row.due_at,
                row.held_by,
                row.problem,
                [Alert.model_validate(each) for each in row.official],
                row.official_problem,
            )
            for row in rows
        }

    async def count_needed(self) -> int:
        """How many cells active jobs need."""
        counted = await self._session.scalar(
            text(f"SELECT count(DISTINCT weather_cell) FROM jobs WHERE {ACTIVE}")  # noqa: S608
        )
        return counted or 0


def packed(forecast: Forecast) -> bytes:
    """A tenth of its JSON, 4 kB for a week."""
    return zstandard.compress(forecast.model_dump_json().encode())


@lru_cache(maxsize=64)
def unpacked(content: bytes) -> Forecast:
    """The runs of a cell read the same forecast, and to validate a week takes longer than anything a node does."""
    return Forecast.model_validate_json(zstandard.decompress(content))


def _cell(row: Any) -> Cell:  # noqa: ANN401  a row of any of the statements above
    return Cell(row.cell, row.latitude, row.longitude, [Alert.model_validate(each) for each in row.official])
