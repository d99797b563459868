"""A database of a rival's own beside ours, on the same server."""

import asyncpg


async def own_database(url: str, name: str) -> str:
    """Make the database; its address for libpq."""
    libpq = url.replace("+asyncpg", "")
    connection = await asyncpg.connect(libpq)
    try:
        await connection.execute(f"CREATE DATABASE {name}")
    finally:
        await connection.close()
    address, query = libpq.split("?")
    return f"{address.rsplit('/', 1)[0]}/{name}?{query}"
