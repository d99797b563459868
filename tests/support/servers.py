"""The processes behind the addresses of real servers."""

import psutil
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine


async def redis_process(redis: Redis) -> psutil.Process:
    return psutil.Process((await redis.info("server"))["process_id"])


async def postgres_process(engine: AsyncEngine) -> psutil.Process:
    """The one that started all others of its server."""
    async with engine.connect() as connection:
        server = psutil.Process(await connection.scalar(text("SELECT pg_backend_pid()")) or 0).parent()
    assert server is not None
    return server
