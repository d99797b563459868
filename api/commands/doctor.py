"""`solarsync doctor`: every dependency checked, one verdict per line."""

import asyncio
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from redis.asyncio import Redis
    from sqlalchemy.ext.asyncio import AsyncEngine

    from core.clients.budget import Budget
    from core.config import Settings

GOOD, WARN, BAD = "ok  ", "warn", "FAIL"
PATIENCE_SECONDS = 5.0
"""For one provider."""


def doctor() -> None:
    """Check everything the service needs; exit 1 if it could not work."""
    from api.servers import with_servers
    from core.config import load_settings
    from core.errors import SolarSyncError
    from core.logging import configure_logging

    settings = load_settings().model_copy(update={"log_level": "ERROR"})
    configure_logging(settings.log_level, "console")
    typer.echo(f"{GOOD} settings      {settings.environment}, data in {settings.data_dir.absolute()}")
    try:
        with with_servers(settings) as complete:
            works = asyncio.run(_examine(complete, embedded=complete is not settings))
    except (SolarSyncError, OSError) as error:
        typer.echo(f"{BAD} servers       {error}")
        works = False
    raise typer.Exit(0 if works else 1)


async def _examine(settings: "Settings", *, embedded: bool) -> bool:
    from contextlib import AsyncExitStack

    from core.database import opened_engine, schema
    from core.readiness import verdicts
    from core.redis import create_redis

    stores = {name: create_redis(url.get_secret_value()) for name, url in settings.redis_urls.items()}
    async with AsyncExitStack() as ending:
        for redis in stores.values():
            ending.push_async_callback(redis.aclose)
        async with opened_engine(settings.database_url, pool_size=2) as engine:
            if embedded:
                await schema.upgrade(engine)
            found = await verdicts(engine, stores)
            for name, verdict in found.items():
                typer.echo(f"{GOOD if verdict.ok else BAD} {name:<13} {verdict.detail}")
            if all(verdict.ok for verdict in found.values()):
                await _given_up(engine)
        await _providers(settings, stores["redis"])
    configured = settings.openai_api_key or settings.openai_base_url
    llm = settings.openai_model if configured else "not configured; everything works without"
    typer.echo(f"{GOOD} llm           {llm}")
    return all(verdict.ok for verdict in found.values())


async def _given_up(engine: "AsyncEngine") -> None:
    """Say what failed for good and waits for somebody; the service works on meanwhile."""
    from core.database.dead_letters import dead_letters
    from core.database.session import AsyncSessionLocal

    async with AsyncSessionLocal(bind=engine) as session:
        found = await dead_letters(session)
    messages = f"{found.deliveries} messages to webhooks or people"
    counted = f"{found.jobs} jobs, {found.refreshes} refreshes, {messages} failed"
    hint = "; GET /system/dead-letters lists them" if found else ""
    typer.echo(f"{WARN if found else GOOD} {'given_up':<13} {counted}{hint}")


async def _providers(settings: "Settings", redis: "Redis") -> None:
    """Say of each provider whether it answers and what of its budget is used; the service works without any."""
    import httpx

    from core.clients.budget import Budget
    from core.clients.limits import parse_limits
    from core.clock import SystemClock
    from graph.providers import Providers

    budget = Budget(redis, parse_limits(settings.provider_budgets))
    async with httpx.AsyncClient(timeout=PATIENCE_SECONDS) as http:
        providers = Providers(settings, http, SystemClock(), budget)
        states = await providers.states(PATIENCE_SECONDS)
    for name, state in states.items():
        typer.echo(
            f"{GOOD if state.answers else WARN} {name:<13} {state.detail}; {await _spent(budget, name)}"
        )


async def _spent(budget: "Budget", provider: str) -> str:
    """Of each window that has a limit what was used, and how long nobody asks."""
    from core.clock import SystemClock
    from core.errors import StorageUnavailable

    try:
        usage = await budget.usage(provider, SystemClock().now())
        paused = await budget.paused(provider)
    except StorageUnavailable as error:
        return error.detail
    used = [f"{each.used:g} of {each.limit} this {window}" for window, each in usage.items() if each.limit]
    told = f"used {', '.join(used)}" if used else "no limit is set"
    return f"{told}, paused for {paused:.0f} s" if paused else told
