"""A forecast provider that takes its time: simulated weather, reckoned beforehand, sent after a fifth of a second."""

import asyncio
import sys
import time

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.weather_simulator import UNITS, answer_place, read_question
from core.clients.open_meteo import FORECAST_DAYS, PAST_DAYS
from core.clock import SystemClock

LATENCY_SECONDS = 0.2
CELLS, COLUMNS = 4200, 100


def place(number: int) -> tuple[float, float]:
    """A place in the cell of this number; no two are in one cell."""
    row, column = divmod(number % CELLS, COLUMNS)
    return round(-4.0 + row * 0.2, 3), round(20.0 + column * 0.2, 3)


def create_provider() -> Starlette:
    """One answer per cell, in Open-Meteo's form; `/stats` says what was asked and how long it took."""
    known: dict[tuple[str, str], dict[str, object]] = {}
    midnight = SystemClock().now().replace(hour=0, minute=0, second=0, microsecond=0)
    for number in range(CELLS):
        latitude, longitude = (f"{value:.3f}" for value in place(number))
        params = {
            "latitude": latitude,
            "longitude": longitude,
            "hourly": ",".join(UNITS),
            "wind_speed_unit": "ms",
            "past_days": str(PAST_DAYS),
            "forecast_days": str(FORECAST_DAYS),
        }
        question = read_question(params)
        known[latitude, longitude] = answer_place(20, question, question.places[0], 0, midnight)
    stats = {"requests": 0, "places": 0, "seconds": 0.0}

    async def forecast(request: Request) -> Response:
        began = time.perf_counter()
        await asyncio.sleep(LATENCY_SECONDS)
        latitudes, longitudes = (request.query_params[name].split(",") for name in ("latitude", "longitude"))
        asked = zip(latitudes, longitudes, strict=True)
        answers = [known[each] | ({"location_id": n} if n else {}) for n, each in enumerate(asked)]
        content = orjson.dumps(answers if len(answers) > 1 else answers[0])
        stats["requests"] += 1
        stats["places"] += len(answers)
        stats["seconds"] += time.perf_counter() - began
        return Response(content, media_type="application/json")

    async def told(_: Request) -> JSONResponse:
        return JSONResponse(stats)

    return Starlette(routes=[Route("/v1/forecast", forecast), Route("/stats", told)])


if __name__ == "__main__":
    uvicorn.run(create_provider(), port=int(sys.argv[1]), log_level="warning", access_log=False)
