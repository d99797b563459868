"""Where the demo's forecast comes from: the provider if it answers, else a simulator on loopback."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from rich.console import Console

from api.weather_simulator import running_simulator
from core.clients.open_meteo import OpenMeteoClient
from core.config import Settings
from core.errors import ProviderUnavailable

PATIENCE_SECONDS = 5.0
GREENWICH = (51.48, 0.0)


@contextmanager
def forecast_url(settings: Settings, console: Console) -> Iterator[str]:
    """The base address of a forecast service that answers."""
    problem = asyncio.run(_problem(settings))
    if problem is None:
        yield settings.open_meteo_url
        return
    with running_simulator() as url:
        console.print(
            f"[yellow]No forecast can be had ({problem}).[/] A weather simulator on this machine stands in:"
        )
        console.print("its weather is plausible, from today on, and invented.")
        yield url


async def _problem(settings: Settings) -> str | None:
    async with httpx.AsyncClient(timeout=PATIENCE_SECONDS) as http:
        client = OpenMeteoClient(settings.open_meteo_url, settings.open_meteo_api_key, http)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await client.forecast(*GREENWICH)
        except ProviderUnavailable as error:
            return error.detail
        except TimeoutError:
            return "no answer"
        return None
