"""What authorities warn of, heard at every look whatever the age of the forecasts: by area, for all cells there."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncEngine

from core.climate.cells import weather_cell
from core.clock import Clock
from core.database.cells import WeatherCells
from core.database.session import open_session, without_transactions
from core.database.warned_cells import Filing, UnfiledCell, WarnedCell, WarnedCells
from core.errors import ProviderUnavailable
from core.ports import AlertProvider, Authority, Bulletin, Warned, WarnedPlace

ASKED = 250
"""Cells that the authority is asked about in one look; the others wait for the next one."""

ZONES_LIFE = timedelta(days=30)
"""An authority draws its zones anew a few times a year."""

AGAIN = timedelta(hours=1)
"""A place that could not be filed is asked about no sooner."""

AT_ONCE = 8

T = TypeVar("T")
Said = TypeVar("Said")


@dataclass(frozen=True, slots=True)
class News:
    """A cell of which something else is to be kept; `warned` is what its jobs are compared with, if with anything."""

    cell: WarnedCell
    warned: Warned | None


@dataclass(frozen=True, slots=True)
class Hearing:
    """What came of asking."""

    news: list[News]
    areas: int
    failed: int
    filed: int


async def hear(engine: AsyncEngine, authority: Authority, clock: Clock) -> Hearing:
    """Ask for the warnings of every area that holds cells of active jobs, and where new cells belong."""
    async with open_session(engine) as session:
        cells = await WarnedCells(session).filed()
    # Those that are filed come first: a service that cannot say where a place belongs may still warn.
    bulletins = await _bulletins(authority, {cell.place.area for cell in cells})
    filed = await _file_new(engine, authority, clock)
    if filed:
        async with open_session(engine) as session:
            cells = await WarnedCells(session).filed()
        bulletins |= await _bulletins(authority, {cell.place.area for cell in cells} - bulletins.keys())
    heard = [each for each in bulletins.values() if isinstance(each, Bulletin)]
    async with open_session(engine) as session:
        listed = [(each.area, track) for each in heard for track in each.listed]
        still_told = await WarnedCells(session).still_told(listed, [each.area for each in heard])
    news = _news(cells, bulletins, still_told, clock.now())
    return Hearing(news, len(bulletins), len(bulletins) - len(heard), filed)


async def _bulletins(authority: Authority, areas: Iterable[str]) -> dict[str, Bulletin | ProviderUnavailable]:
    in_order = sorted(areas)
    answers = await _each(in_order, authority.bulletin)
    return dict(zip(in_order, answers, strict=True))


async def _file_new(engine: AsyncEngine, authority: Authority, clock: Clock) -> int:
    """File cells that are new, or were filed long ago; how many the authority is said to warn of."""
    filed = asked = 0
    while asked < ASKED:
        async with open_session(engine) as session:
            cells = await WarnedCells(session).claim_unfiled(clock.now(), ASKED - asked)
        if not cells:
            break
        answers = await _each(cells, lambda cell: authority.place(cell.latitude, cell.longitude))
        async with open_session(engine) as session:
            now = clock.now()
            await WarnedCells(session).file(
                [_filing(*each, now) for each in zip(cells, answers, strict=True)]
            )
        asked += sum(answer is not None for answer in answers)
        filed += sum(isinstance(answer, WarnedPlace) for answer in answers)
        if any(isinstance(answer, ProviderUnavailable) for answer in answers):
            break
    return filed


def _filing(cell: UnfiledCell, answer: WarnedPlace | ProviderUnavailable | None, now: datetime) -> Filing:
    if isinstance(answer, ProviderUnavailable):
        return Filing(cell.name, None, now + AGAIN, answer.detail)
    return Filing(cell.name, answer, now + ZONES_LIFE)


async def _each(
    questions: Sequence[T], ask: Callable[[T], Awaitable[Said]]
) -> list[Said | ProviderUnavailable]:
    """What is said to each question, or why nothing is."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(question: T) -> Said | ProviderUnavailable:
        async with turns:
            try:
                return await ask(question)
            except ProviderUnavailable as error:
                return error

    return await asyncio.gather(*map(one, questions))


def _news(
    cells: Sequence[WarnedCell],
    bulletins: Mapping[str, Bulletin | ProviderUnavailable],
    still_told: set[str],
    now: datetime,
) -> list[News]:
    """Cells of which the authority says something else than last time, or cannot be asked any more, or can again."""
    said: dict[WarnedPlace, Warned] = {}
    news = []
    for cell in cells:
        bulletin = bulletins[cell.place.area]
        if isinstance(bulletin, ProviderUnavailable):
            if cell.problem != bulletin.detail:
                news.append(News(replace(cell, problem=bulletin.detail), None))
            continue
        if cell.place not in said:
            said[cell.place] = bulletin.at(cell.place.zones, now)
        warned = said[cell.place]
        if warned.alerts != cell.official or cell.problem is not None or cell.name in still_told:
            news.append(News(replace(cell, official=warned.alerts, problem=None), warned))
    return news


class CellWarnings:
    """`core.ports.AlertProvider` for runs: asked for the job's own place, else what was heard of its cell last."""

    def __init__(self, engine: AsyncEngine, authority: AlertProvider) -> None:
        self._reading = without_transactions(engine)
        self._authority = authority

    async def alerts(self, latitude: float, longitude: float) -> Warned:
        """Warnings in force at a place. Raises `ProviderUnavailable` where none can be had and none are known."""
        try:
            return await self._authority.alerts(latitude, longitude)
        except ProviderUnavailable as error:
            name = weather_cell(latitude, longitude)
            async with open_session(self._reading) as session:
                stored = (await WeatherCells(session).stored([name])).get(name)
            if stored is None or not stored.official:
                raise
            return Warned(stored.official, problem=error.detail)
