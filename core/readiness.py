"""Whether what the service stands on can be reached, with a limit to how long the question may take."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from core.database import schema
from state.base import Model

PATIENCE_SECONDS = 2.0
MEGABYTE = 1024 * 1024


class Verdict(Model):
    ok: bool
    detail: str


async def verdicts(engine: AsyncEngine, stores: Mapping[str, Redis]) -> dict[str, Verdict]:
    """One verdict per dependency, asked side by side; each Redis by its name in `stores`."""

    async def postgres() -> str:
        async with engine.connect() as connection:
            return f"PostgreSQL {await connection.scalar(text('SHOW server_version'))}"

    async def migrations() -> str:
        found, wanted = await schema.current(engine), schema.head()
        if found == wanted:
            return f"current at {found}"
        if found is None or schema.knows(found):
            raise RuntimeError(
                f"the database is at {found}, this version needs {wanted}: solarsync db upgrade"
            )
        # A newer version has migrated already, and its migrations only expand: this process goes on working.
        return f"at {found}, newer than this version's {wanted}"

    async def server(redis: Redis) -> str:
        info = await redis.info("server", "memory")
        told = f"{info.get('server_name', 'redis')} {info.get('valkey_version', info['redis_version'])}"
        used, limit = info["used_memory"], info["maxmemory"]
        if not limit:
            return told
        told = f"{told}, {used / limit:.0%} of {limit / MEGABYTE:.0f} MB in use"
        if used >= limit and info["maxmemory_policy"] == "noeviction":
            raise RuntimeError(f"{told}: it takes nothing more, see its maxmemory")
        return told

    asked: dict[str, Callable[[], Awaitable[str]]] = {"postgres": postgres, "migrations": migrations}
    asked |= {name: partial(server, redis) for name, redis in stores.items()}
    answers = await asyncio.gather(*(_verdict(question) for question in asked.values()))
    return dict(zip(asked, answers, strict=True))


async def _verdict(question: Callable[[], Awaitable[str]]) -> Verdict:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return Verdict(ok=True, detail=await question())
    except TimeoutError:
        return Verdict(ok=False, detail=f"no answer within {PATIENCE_SECONDS:g} s")
    except Exception as error:  # noqa: BLE001  whatever it is, it is the verdict
        # A driver's message may hold the address with its password; its first line and type do not.
        return Verdict(
            ok=False, detail=str(error) if isinstance(error, RuntimeError) else type(error).__name__
        )
