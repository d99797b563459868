"""The plans PostgreSQL makes for the statements that an engine sends."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

TIMES = 10
"""More than any list is asked for with other values of the same filter."""
EXPLAINED = ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "(")


@dataclass(slots=True)
class Statements:
    """What was sent, each with the parameters of its first times."""

    seen: dict[str, list[Any]] = field(default_factory=dict)

    def take(self, _c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip().upper().startswith(EXPLAINED):
            times = self.seen.setdefault(statement, [])
            if len(times) < TIMES:
                times.append(parameters)


@contextmanager
def recorded(engine: AsyncEngine) -> Iterator[Statements]:
    """The statements that are sent while it is entered."""
    statements = Statements()
    event.listen(engine.sync_engine, "before_cursor_execute", statements.take)
    try:
        yield statements
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", statements.take)


async def full_scans(engine: AsyncEngine, statements: Statements, tables: set[str]) -> list[str]:
    """Of the statements, those whose plan reads one of these tables from end to end."""
    found = []
    async with engine.connect() as connection:
        for statement, parameters in _each(statements):
            answer = await connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
            plans = answer.scalar_one()
            plans = json.loads(plans) if isinstance(plans, str) else plans
            found += [
                f"{node['Relation Name']}: {statement} {parameters}"
                for node in _nodes(plans[0]["Plan"])
                if node["Node Type"] == "Seq Scan" and node["Relation Name"] in tables
            ]
        await connection.rollback()
    return found


def _each(statements: Statements) -> Iterator[tuple[str, Any]]:
    return ((statement, one) for statement, times in statements.seen.items() for one in times)


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)
