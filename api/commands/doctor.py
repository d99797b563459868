"""`solarsync doctor`: every dependency checked, one verdict per line."""

import asyncio
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from core.config import Settings

GOOD, BAD = "ok  ", "FAIL"


def doctor() -> None:
    """Check everything the service needs; exit 1 if it could not work."""
    from api.commands.start import settings_and_log
    from api.servers import with_servers
    from core.config import load_settings
    from core.errors import SolarSyncError

    settings = load_settings().model_copy(update={"log_level": "ERROR"})
    settings_and_log()
    typer.echo(f"{GOOD} settings      {settings.environment}, data in {settings.data_dir.absolute()}")
    try:
        with with_servers(settings) as complete:
            works = asyncio.run(_examine(complete, embedded=complete is not settings))
    except (SolarSyncError, OSError) as error:
        typer.echo(f"{BAD} servers       {error}")
        works = False
    raise typer.Exit(0 if works else 1)


async def _examine(settings: "Settings", *, embedded: bool) -> bool:
    from core.database import opened_engine, schema
    from core.readiness import verdicts
    from core.redis import create_redis

    assert settings.redis_url is not None  # noqa: S101  with_servers has set it
    redis = create_redis(settings.redis_url.get_secret_value())
    try:
        async with opened_engine(settings.database_url, pool_size=2) as engine:
            if embedded:
                await schema.upgrade(engine)
            found = await verdicts(engine, redis)
    finally:
        await redis.aclose()
    for name, verdict in found.items():
        typer.echo(f"{GOOD if verdict.ok else BAD} {name:<13} {verdict.detail}")
    await _forecast(settings)
    llm = (
        f"{settings.openai_model}" if settings.openai_api_key else "not configured; everything works without"
    )
    typer.echo(f"{GOOD} llm           {llm}")
    return all(verdict.ok for verdict in found.values())


async def _forecast(settings: "Settings") -> None:
    """Say whether the forecast can be had; the service works without, and says «unknown»."""
    import httpx

    from core.clients.open_meteo import OpenMeteoClient
    from core.errors import ProviderUnavailable

    async with httpx.AsyncClient(timeout=5) as http:
        client = OpenMeteoClient(settings.open_meteo_url, settings.open_meteo_api_key, http)
        try:
            forecast = await client.forecast(51.48, 0.0)
            typer.echo(f"{GOOD} open_meteo    {len(forecast.hourly)} hours")
        except ProviderUnavailable as error:
            typer.echo(f"warn open_meteo    {error.reason}; visits are planned on `unknown` weather")
