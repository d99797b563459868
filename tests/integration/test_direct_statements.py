"""Single statements that go past the session: what they answer, and what becomes of their connection."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Uuid, bindparam, event, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from core.database import create_engine
from core.database.direct import Direct
from core.database.models import Role, User
from core.database.session import open_session, without_transactions
from core.errors import StorageUnavailable

ECHO = Direct(
    text("SELECT :id AS id, :document AS document, :plain AS plain")
    .bindparams(bindparam("id", type_=Uuid()), bindparam("document", type_=JSONB))
    .columns(id=Uuid(), document=JSONB)
)
GIVEN: dict[str, Any] = {"id": uuid4(), "document": {"a": [1, None, "é"]}, "plain": "text"}
BY_NAME = Direct(select(User.id, User.role).where(User.username == bindparam("username")))
ADD = Direct(
    text(
        "INSERT INTO users (id, username, password_hash, role) VALUES (:id, :username, '', 'admin') RETURNING id"
    ).bindparams(bindparam("id", type_=Uuid()))
)
SLEEP = Direct(text("SELECT pg_sleep(30)"))
BACKEND = Direct(text("SELECT pg_backend_pid() AS pid"))


async def _add(engine: AsyncEngine, username: str) -> UUID:
    async with open_session(engine) as session:
        row = await ADD.first(session, {"id": uuid4(), "username": username})
    assert row is not None
    added: UUID = row.id
    return added


async def test_values_go_and_come_as_through_a_session(engine: AsyncEngine) -> None:
    rows = []
    for each in (engine, without_transactions(engine)):
        async with open_session(each) as session:
            rows += [row._asdict() for row in await ECHO.all(session, GIVEN)]
    assert rows == [GIVEN, GIVEN]


async def test_an_enumeration_is_read_as_its_member(engine: AsyncEngine) -> None:
    added = await _add(without_transactions(engine), "ada")
    async with open_session(without_transactions(engine)) as session:
        row = await BY_NAME.first(session, {"username": "ada"})
    assert row == (added, Role.ADMIN)
    assert row.role is Role.ADMIN


async def test_nothing_found_is_no_row(engine: AsyncEngine) -> None:
    async with open_session(without_transactions(engine)) as session:
        assert await BY_NAME.first(session, {"username": "nobody"}) is None
        assert not session.in_transaction()


async def test_within_a_transaction_it_is_part_of_it(engine: AsyncEngine) -> None:
    async with open_session(engine) as session:
        await ADD.first(session, {"id": uuid4(), "username": "ada"})
        await session.rollback()
    async with open_session(engine) as session:
        assert await BY_NAME.first(session, {"username": "ada"}) is None


async def test_a_broken_rule_is_the_same_error_either_way(engine: AsyncEngine) -> None:
    await _add(engine, "ada")
    for each in (engine, without_transactions(engine)):
        with pytest.raises(IntegrityError) as refused:
            await _add(each, "ada")
        assert getattr(refused.value.orig, "sqlstate", None) == "23505"
    await _add(without_transactions(engine), "bob")  # on the same connection


async def test_whoever_listens_to_statements_hears_of_it(engine: AsyncEngine) -> None:
    heard: list[str] = []
    event.listen(engine.sync_engine, "before_cursor_execute", lambda *told: heard.append(told[2]))
    async with open_session(without_transactions(engine)) as session:
        (row,) = await ECHO.all(session, GIVEN)
    assert row.document == GIVEN["document"]
    assert [statement for statement in heard if "AS document" in statement]


async def test_a_connection_that_its_server_closed_is_replaced(database_url: str) -> None:
    engine = create_engine(database_url, pool_size=1, max_overflow=0)
    alone = without_transactions(engine)
    try:
        first = await _backend(alone)
        other = create_engine(database_url, pool_size=1)
        async with open_session(other) as session:
            await session.execute(text("SELECT pg_terminate_backend(:pid, 10000)"), {"pid": first})
        await other.dispose()
        assert await _backend(alone) != first
    finally:
        await engine.dispose()


async def test_a_connection_cut_off_in_mid_statement_is_not_used_again(database_url: str) -> None:
    engine = create_engine(database_url, pool_size=1, max_overflow=0, statement_seconds=0.3)
    alone = without_transactions(engine)
    try:
        first = await _backend(alone)
        with pytest.raises(StorageUnavailable):  # the statement took too long
            async with open_session(alone) as session:
                await SLEEP.first(session, {})
        second = await _backend(alone)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05), open_session(alone) as session:
                await SLEEP.first(session, {})
        third = await _backend(alone)
    finally:
        await engine.dispose()
    assert len({first, second, third}) == 3


async def _backend(engine: AsyncEngine) -> int:
    async with open_session(engine) as session:
        row = await BACKEND.first(session, {})
    assert row is not None
    pid: int = row.pid
    return pid
