"""Two looks at the weather of all jobs in a process of their own; prints one JSON document for each."""

import asyncio
import json
import time

import psutil

from core.config import load_settings
from graph.dependencies import open_infrastructure
from graph.refresh import run_weather_update
from graph.tasks import refresh_plan

MEGABYTE = 1_000_000


async def _look() -> None:
    settings = load_settings(env_file=None)
    process = psutil.Process()
    async with open_infrastructure(settings) as opened:
        for _ in range(2):
            before, peak = process.memory_info().rss, [process.memory_info().rss]
            watch = asyncio.create_task(_watch(process, peak))
            wall, cpu = time.perf_counter(), time.process_time()
            counts = await run_weather_update(
                opened.engine, opened.forecasts, opened.dependencies.clock, refresh_plan(settings)
            )
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
    asyncio.run(_look())
