from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from core.database import AsyncSessionLocal, create_engine


async def _backend(engine: AsyncEngine) -> int:
    """The server process behind the connection that the pool gives out."""
    async with AsyncSessionLocal(bind=engine) as session:
        pid: int = (await session.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        return pid


async def test_a_connection_that_the_server_closed_is_replaced_before_it_is_used(database_url: str) -> None:
    engine, other = create_engine(database_url, pool_size=1), create_engine(database_url, pool_size=1)
    try:
        first = await _backend(engine)
        async with AsyncSessionLocal(bind=other) as session:
            # Returns when the process has ended.
            await session.execute(text("SELECT pg_terminate_backend(:pid, 10000)"), {"pid": first})
        assert await _backend(engine) != first
    finally:
        await engine.dispose()
        await other.dispose()
