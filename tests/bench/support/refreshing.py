"""Looks at the weather of all jobs in a process of their own; prints one JSON document for each that is measured.

All hear an authority whose country holds every cell. Two come first; when it has filed all cells there is one in which
it has nothing new, and one in which it warns a fiftieth of them.
"""

import asyncio
import json
import time
from datetime import timedelta

import psutil

from core.clock import Clock
from core.config import load_settings
from core.memory import keep_what_is_loaded
from core.ports import Authority, Bulletin, Warned, WarnedPlace
from graph.dependencies import Infrastructure, open_infrastructure
from graph.refresh import run_weather_update
from graph.tasks import refresh_plan
from state.weather import Alert

MEGABYTE = 1_000_000
AREAS, LISTED = 50, 20
"""As many as there are states; warnings in each for other zones."""


class Country:
    """An authority whose country is everywhere; files by latitude and longitude, and answers at once."""

    def __init__(self, clock: Clock) -> None:
        self._now = clock.now()
        self.warned: set[str] = set()

    async def alerts(self, latitude: float, longitude: float) -> Warned:
        place = await self.place(latitude, longitude)
        return (await self.bulletin(place.area)).at(place.zones, self._now)

    async def place(self, latitude: float, longitude: float) -> WarnedPlace:
        area = f"country:{round(longitude * 5) % AREAS}"
        return WarnedPlace(area, frozenset({area, f"{latitude:.0f}", f"{longitude:.0f}"}))

    async def bulletin(self, area: str) -> Bulletin:
        elsewhere = [(self._warning(area, number), frozenset({"elsewhere"})) for number in range(LISTED)]
        here = [(self._warning(area, LISTED), frozenset({area}))] if area in self.warned else []
        return Bulletin(area, elsewhere + here)

    def _warning(self, area: str, number: int) -> Alert:
        return Alert(
            kind="wind", severity="stop", start=self._now, end=self._now + timedelta(days=1), detail="High wind",
            rule="severe", source="country", track=f"{area}.{number}", area=area,
        )  # fmt: skip


async def _looks() -> None:
    async with open_infrastructure(load_settings(env_file=None)) as opened:
        keep_what_is_loaded()  # as every process of the service does
        country = Country(opened.dependencies.clock)
        for _ in range(2):
            await _measured(opened, country)
        filed = 1
        while filed:
            filed = (await _look(opened, country))["cells_filed"]
        await _measured(opened, country)
        country.warned.add("country:7")
        await _measured(opened, country)


async def _look(opened: Infrastructure, authority: Authority) -> dict[str, int]:
    plan, clock = refresh_plan(opened.settings), opened.dependencies.clock
    return await run_weather_update(opened.engine, opened.forecasts, clock, plan, authority)


async def _measured(opened: Infrastructure, authority: Authority) -> None:
    process = psutil.Process()
    before, peak = process.memory_info().rss, [process.memory_info().rss]
    watch = asyncio.create_task(_watch(process, peak))
    wall, cpu = time.perf_counter(), time.process_time()
    counts = await _look(opened, authority)
    watch.cancel()
    told = {
        "wall_s": time.perf_counter() - wall,
        "cpu_s": time.process_time() - cpu,
        "grown_mb": (max(peak) - before) / MEGABYTE,
        "counts": counts,
    }
    print(json.dumps(told), flush=True)


async def _watch(process: psutil.Process, peak: list[int]) -> None:
    while True:
        await asyncio.sleep(0.05)
        peak.append(process.memory_info().rss)


if __name__ == "__main__":
    asyncio.run(_looks())
