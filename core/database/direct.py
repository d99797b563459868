"""Single statements, handed to the driver.

To look a statement up, begin a transaction and convert the rows takes a session four times as long as the trip to
PostgreSQL takes. The statements that every request and every run needs go past all that: written and compiled by
SQLAlchemy as any other, once, and carried out by asyncpg on a connection of the same pool.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

import asyncpg
from sqlalchemy import Dialect, Select, TextClause
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.sql.selectable import TextualSelect

Statement = TextClause | TextualSelect | Select[*tuple[Any, ...]]
Row = Any
"""A named tuple of the statement's columns."""

ALONE: Final = "AUTOCOMMIT"
"""Isolation level of an engine whose statements each stand for themselves."""


class Direct:
    """A statement that needs no transaction, and what it answers.

    Parameters
    ----------
    statement
        Parameters that are not text or numbers have their types, as have columns that are not.
    """

    def __init__(self, statement: Statement) -> None:
        self._statement = statement

    async def all(self, session: AsyncSession, parameters: Mapping[str, Any]) -> Sequence[Row]:
        """Every row.

        Within a transaction, or where somebody listens to the engine's statements, SQLAlchemy carries it out.
        """
        engine = session.bind
        if not isinstance(engine, AsyncEngine) or not _goes_direct(engine):
            return (await session.execute(self._statement, parameters)).all()
        prepared = _prepared(self._statement, engine.dialect)
        return prepared.rows(await _fetched(engine, prepared.sql, prepared.arguments(parameters)))

    async def first(self, session: AsyncSession, parameters: Mapping[str, Any]) -> Row | None:
        """The first row, if there is one."""
        rows = await self.all(session, parameters)
        return rows[0] if rows else None


def _goes_direct(engine: AsyncEngine) -> bool:
    alone = engine.get_execution_options().get("isolation_level") == ALONE
    return alone and not engine.echo and not engine.sync_engine.dispatch.before_cursor_execute


Convert = Callable[[Any], Any]


class _Prepared(NamedTuple):
    sql: str
    parameters: list[tuple[str, Convert | None]]
    """Names in the order of their numbers, and how each is put to the driver."""
    fixed: dict[str, Any]
    """Those that the statement knows by itself."""
    columns: list[Convert | None] | None
    """How what the driver gives is read, column by column; None where all of it is as it should be."""

    def arguments(self, given: Mapping[str, Any]) -> list[Any]:
        values = {**self.fixed, **given}
        return [values[name] if put is None else put(values[name]) for name, put in self.parameters]

    def rows(self, records: Sequence[asyncpg.Record]) -> list[Row]:
        if not records:
            return []
        make = _row_type(tuple(records[0].keys()))
        if self.columns is None:
            return [make(*record) for record in records]
        return [
            make(
                *(
                    value if convert is None else convert(value)
                    for value, convert in zip(record, self.columns, strict=True)
                )
            )
            for record in records
        ]


@lru_cache(maxsize=64)
def _row_type(names: tuple[str, ...]) -> Callable[..., Row]:
    return namedtuple("Row", names)


@lru_cache(maxsize=64)
def _prepared(statement: Statement, dialect: Dialect) -> _Prepared:
    compiled: Any = statement.compile(dialect=dialect)
    types = {name: bound.type.dialect_impl(dialect) for name, bound in compiled.binds.items()}
    # Of a text the driver's own values are right: only what the tables say of a column is to be converted.
    columns = statement.selected_columns if isinstance(statement, Select) else ()
    read: list[Convert | None] = [
        column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns
    ]
    return _Prepared(
        str(compiled),
        [(name, types[name].bind_processor(dialect)) for name in compiled.positiontup],
        {name: bound.value for name, bound in compiled.binds.items() if not bound.required},
        read if any(read) else None,
    )


async def _fetched(engine: AsyncEngine, sql: str, arguments: Sequence[Any]) -> list[asyncpg.Record]:
    proxied = await engine.raw_connection()
    driver: Any = proxied.driver_connection
    try:
        records: list[asyncpg.Record] = await driver.fetch(sql, *arguments)
    except asyncpg.IntegrityConstraintViolationError as error:
        raise IntegrityError(sql, None, error) from error
    except BaseException as error:
        if not isinstance(error, asyncpg.PostgresError) or driver.is_closed():
            proxied.invalidate()  # cut off in mid-statement: nobody knows what it would answer next
        raise
    finally:
        proxied.close()
    return records
