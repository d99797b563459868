"""What providers said about the climate of places, kept for good."""

import asyncio
import io
from typing import cast

import numpy as np
import zstandard
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from core.database.session import open_session
from core.database.weather_tables import ClimateYearRow, DesignTemperatureRow
from core.ports import ProvidedYear
from core.pv.weather_year import WeatherYear
from state.weather import DesignTemperatures, Quality

_SERIES = ("ghi", "dni", "dhi", "temp_air", "wind_speed")
_PLACE = ("latitude", "longitude", "elevation", "utc_offset", "minute")


class StoredClimates:
    """`core.ports.ClimateStore`. What is stored first stays: a name always gives the same year."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def year(self, ref: str) -> ProvidedYear | None:
        async with open_session(self._engine) as session:
            row = await session.get(ClimateYearRow, ref)
        if row is None:
            return None
        year = await asyncio.to_thread(_unpacked, row.content, row.source)
        return ProvidedYear(
            year,
            cast("Quality", row.quality),
            row.uncertainty_percent,
            row.attribution,
            list(row.notes),
            row.created_at,
        )

    async def keep_year(self, ref: str, provided: ProvidedYear) -> None:
        content = await asyncio.to_thread(_packed, provided.year)
        values = {
            "ref": ref,
            "source": provided.year.source,
            "quality": provided.quality,
            "uncertainty_percent": provided.uncertainty_percent,
            "attribution": provided.attribution,
            "notes": provided.notes,
            "content": content,
        }
        await self._insert(insert(ClimateYearRow).values(values).on_conflict_do_nothing())

    async def temperatures(self, cell: str) -> DesignTemperatures | None:
        async with open_session(self._engine) as session:
            found = await session.scalar(
                select(DesignTemperatureRow.document).where(DesignTemperatureRow.cell == cell)
            )
        return None if found is None else DesignTemperatures.model_validate(found)

    async def keep_temperatures(self, cell: str, known: DesignTemperatures) -> None:
        values = {"cell": cell, "document": known.to_json()}
        await self._insert(insert(DesignTemperatureRow).values(values).on_conflict_do_nothing())

    async def _insert(self, statement: object) -> None:
        async with open_session(self._engine) as session:
            await session.execute(statement)  # type: ignore[call-overload]


def _packed(year: WeatherYear) -> bytes:
    """Single precision keeps seven digits, more than any source has."""
    place = np.array([getattr(year, name) for name in _PLACE])
    file = io.BytesIO()
    np.savez(file, place=place, **{name: getattr(year, name).astype(np.float32) for name in _SERIES})
    return zstandard.compress(file.getvalue())


def _unpacked(content: bytes, source: str) -> WeatherYear:
    arrays = np.load(io.BytesIO(zstandard.decompress(content)), allow_pickle=False)
    series = {name: arrays[name].astype(np.float64) for name in _SERIES}
    for values in series.values():
        values.setflags(write=False)
    place = dict(zip(_PLACE, arrays["place"].tolist(), strict=True))
    return WeatherYear(source=source, **place, **series)
