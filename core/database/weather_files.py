"""Typical years that technicians brought, stored as uploaded and read once."""

import asyncio
from collections import OrderedDict
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from core.climate.weather_files import parse_weather_file
from core.database.session import open_session, without_transactions
from core.database.weather_tables import WeatherFileRow
from core.errors import FieldError, InvalidInput
from core.pv.weather_year import WeatherYear

KEPT_YEARS = 16


class WeatherFileRepository:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, name: str, content: bytes, created_by: UUID) -> WeatherFileRow:
        row = WeatherFileRow(name=name, content=content, created_by=created_by)
        self._session.add(row)
        await self._session.flush()
        return row

    async def require(self, weather_file_id: str) -> None:
        """Raise `InvalidInput` where there is no such file."""
        key = _key(weather_file_id)
        if await self._session.scalar(select(WeatherFileRow.id).where(WeatherFileRow.id == key)) is None:
            raise _unknown()


class StoredWeatherFiles:
    """`core.ports.WeatherFiles` over the database; a file never changes, so the last few stay in memory."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = without_transactions(engine)
        self._years: OrderedDict[str, WeatherYear] = OrderedDict()

    async def weather_year(self, weather_file_id: str) -> WeatherYear:
        year = self._years.get(weather_file_id)
        if year is None:
            year = await asyncio.to_thread(parse_weather_file, await self._content(weather_file_id))
            self._years[weather_file_id] = year
            while len(self._years) > KEPT_YEARS:
                self._years.popitem(last=False)
        self._years.move_to_end(weather_file_id)
        return year

    async def _content(self, weather_file_id: str) -> bytes:
        key = _key(weather_file_id)
        async with open_session(self._engine) as session:
            content = await session.scalar(select(WeatherFileRow.content).where(WeatherFileRow.id == key))
        if content is None:
            raise _unknown()
        return content


def _key(weather_file_id: str) -> UUID:
    try:
        return UUID(weather_file_id)
    except ValueError:
        raise _unknown() from None


def _unknown() -> InvalidInput:
    return InvalidInput([FieldError("/resource/weather_file_id", "names no uploaded weather file")])
