"""A stand-in for Open-Meteo on loopback: its protocol, with invented weather from today on.

It answers what our client and its like ask: hourly values for one place (an object) or several (a list). A parameter
that it does not know is an error, never silently ignored.
"""

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from api.simulated_weather import simulated_hours
from core.climate.terrain import lookup_elevation
from core.clock import Clock, SystemClock

SEED = 20
START_SECONDS = 10
STOP_SECONDS = 5

UNITS: Mapping[str, str] = {
    "temperature_2m": "°C",
    "relative_humidity_2m": "%",
    "precipitation": "mm",
    "weather_code": "wmo code",
    "wind_speed_10m": "",
    "wind_gusts_10m": "",
    "shortwave_radiation": "W/m²",
    "direct_normal_irradiance": "W/m²",
    "diffuse_radiation": "W/m²",
    "cape": "J/kg",
}
"""Of every variable it knows; wind has the unit that was asked for."""

WIND_UNITS: Mapping[str, tuple[str, float]] = {
    "kmh": ("km/h", 3.6),
    "ms": ("m/s", 1.0),
    "mph": ("mp/h", 3600 / 1609.344),
    "kn": ("kn", 3600 / 1852),
}
"""By the value of `wind_speed_unit`: the unit as answers spell it, and how many of it are 1 m/s."""

KNOWN = frozenset(
    {"latitude", "longitude", "hourly", "wind_speed_unit", "past_days", "forecast_days", "timezone", "apikey"}
)
MOST_DAYS = 16
MOST_PAST_DAYS = 92


class _Refused(Exception):
    """What the service would answer with 400; the message is the reason."""


@dataclass(frozen=True, slots=True)
class Question:
    places: list[tuple[float, float]]
    variables: list[str]
    wind_unit: str
    past_days: int
    days: int
    timezone: str


def create_simulator(seed: int = SEED, clock: Clock | None = None) -> Starlette:
    """The application. The same seed, place and day always give the same weather."""
    now = (clock or SystemClock()).now

    async def forecast(request: Request) -> JSONResponse:
        try:
            question = read_question(request.query_params)
        except _Refused as refused:
            return JSONResponse({"error": True, "reason": str(refused)}, status_code=400)
        midnight = now().replace(hour=0, minute=0, second=0, microsecond=0)
        answers = [
            answer_place(seed, question, place, number, midnight)
            for number, place in enumerate(question.places)
        ]
        return JSONResponse(answers[0] if len(answers) == 1 else answers)

    return Starlette(routes=[Route("/v1/forecast", forecast)])


def read_question(params: Mapping[str, str]) -> Question:
    for name in params:
        if name not in KNOWN:
            raise _Refused(f"The simulator does not know the parameter '{name}'.")
    latitudes = _coordinates(params, "latitude", 90)
    longitudes = _coordinates(params, "longitude", 180)
    if len(latitudes) != len(longitudes):
        raise _Refused("There must be as many latitudes as longitudes.")
    return Question(
        places=list(zip(latitudes, longitudes, strict=True)),
        variables=[_one_of(UNITS, name, "hourly") for name in params.get("hourly", "").split(",") if name],
        wind_unit=_one_of(WIND_UNITS, params.get("wind_speed_unit", "kmh"), "wind_speed_unit"),
        past_days=_days(params.get("past_days", "0"), "past_days", 0, MOST_PAST_DAYS),
        days=_days(params.get("forecast_days", "7"), "forecast_days", 1, MOST_DAYS),
        timezone=_one_of({"UTC": None, "GMT": None}, params.get("timezone", "GMT"), "timezone"),
    )


def _coordinates(params: Mapping[str, str], name: str, limit: int) -> list[float]:
    if name not in params:
        raise _Refused(f"The parameter '{name}' is required.")
    try:
        values = [float(text) for text in params[name].split(",")]
    except ValueError:
        raise _Refused(f"'{name}' is not a number.") from None
    for value in values:
        if not -limit <= value <= limit:
            raise _Refused(f"{name.capitalize()} must be in range of -{limit} to {limit}°. Given: {value}.")
    return values


def _one_of(known: Mapping[str, object], value: str, name: str) -> str:
    if value not in known:
        raise _Refused(f"'{name}' has the invalid value '{value}'.")
    return value


def _days(text: str, name: str, least: int, most: int) -> int:
    if not text.isdecimal() or not least <= int(text) <= most:
        raise _Refused(f"'{name}' must be in range of {least} to {most}.")
    return int(text)


def answer_place(
    seed: int, question: Question, place: tuple[float, float], number: int, midnight: datetime
) -> dict[str, Any]:
    began = time.perf_counter()
    latitude, longitude = (round(value, 2) for value in place)
    elevation = lookup_elevation(latitude, longitude)
    first = midnight - timedelta(question.past_days)
    hours = (question.past_days + question.days) * 24
    values = simulated_hours(seed, latitude, longitude, elevation, first, hours)
    wind_unit, per_m_s = WIND_UNITS[question.wind_unit]
    hourly: dict[str, list[Any]] = {
        "time": [f"{first + timedelta(hours=hour):%Y-%m-%dT%H:%M}" for hour in range(hours)]
    }
    for name in question.variables:
        is_wind = not UNITS[name]
        hourly[name] = [round(value * per_m_s, 2) for value in values[name]] if is_wind else values[name]
    return {
        "latitude": latitude,
        "longitude": longitude,
        "generationtime_ms": (time.perf_counter() - began) * 1000,
        "utc_offset_seconds": 0,
        "timezone": question.timezone,
        "timezone_abbreviation": question.timezone,
        "elevation": elevation,
        **({"location_id": number} if number else {}),
        "hourly_units": {
            "time": "iso8601",
            **{name: UNITS[name] or wind_unit for name in question.variables},
        },
        "hourly": hourly,
    }


@contextmanager
def running_simulator(seed: int = SEED, clock: Clock | None = None) -> Iterator[str]:
    """The simulator on a free port of loopback, for as long as the context lasts; yields its base address."""
    with serving(create_simulator(seed, clock)) as url:
        yield url


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """An application on loopback, in a thread of its own that takes no signals."""
    config = uvicorn.Config(
        app,
        loop="asyncio",
        lifespan="off",
        ws="none",
        log_config=None,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(
            target=server.run, kwargs={"sockets": [listener]}, name="serving-on-loopback", daemon=True
        )
        thread.start()
        try:
            deadline = time.monotonic() + START_SECONDS
            while not server.started:
                if not thread.is_alive() or time.monotonic() > deadline:
                    raise RuntimeError("the server on loopback did not start")
                time.sleep(0.005)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(STOP_SECONDS)
