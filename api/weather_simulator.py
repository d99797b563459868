"""A server on loopback that speaks Open-Meteo's protocol, with plausible weather from today on.

For the demo where no provider can be reached, and for tests. The weather is invented, and the same for the same
seed, place and day. The sun is real, and so is the season: mean temperatures are the screening model's.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from socket import AF_INET, SOCK_STREAM, socket

import numpy as np
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from core.clients.open_meteo import VARIABLES
from core.climate.interpolation import climate_at
from core.climate.terrain import lookup_elevation
from core.clock import Clock, SystemClock
from core.pv.atmosphere import erbs, ineichen
from core.pv.solar_position import solar_position
from core.pv.weather_year import FloatArray

START_SECONDS = 10.0
MOST_LOCATIONS = 1000
MOST_DAYS = 16

LINKE_TURBIDITY = 3.5
"""A mid-latitude mean; the simulator's clear sky is the same everywhere. [unitless]"""

UNITS = {
    "temperature_2m": "°C",
    "relative_humidity_2m": "%",
    "precipitation": "mm",
    "weather_code": "wmo code",
    "shortwave_radiation": "W/m²",
    "direct_normal_irradiance": "W/m²",
    "diffuse_radiation": "W/m²",
    "cape": "J/kg",
}
WIND_UNITS = {
    "kmh": ("km/h", 3.6),
    "ms": ("m/s", 1.0),
    "mph": ("mp/h", 1 / 0.44704),
    "kn": ("kn", 3600 / 1852),
}


@dataclass(frozen=True, slots=True)
class _Day:
    """What kind of day it is."""

    cloud: float
    rain_mm: float
    rain_hour: int
    wind: float
    warmer: float


class BadRequest(Exception):
    """What the real service would answer with 400."""


def simulator_app(seed: int = 1, clock: Clock | None = None) -> Starlette:
    """The application; one seed is one course of the weather."""
    clock = clock or SystemClock()

    def forecast(request: Request) -> JSONResponse:
        try:
            return JSONResponse(_answer(dict(request.query_params), seed, clock.now()))
        except BadRequest as error:
            return JSONResponse({"error": True, "reason": str(error)}, status_code=400)

    return Starlette(routes=[Route("/v1/forecast", forecast)])


@contextmanager
def running_simulator(seed: int = 1, clock: Clock | None = None) -> Iterator[str]:
    """Serve on a free port of loopback for as long as the context lasts; gives the base address."""
    with socket(AF_INET, SOCK_STREAM) as listening:
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(simulator_app(seed, clock), log_config=None, access_log=False, lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(
            target=server.run, args=([listening],), name="weather-simulator", daemon=True
        )
        thread.start()
        try:
            deadline = time.monotonic() + START_SECONDS
            while not server.started:
                if not thread.is_alive() or time.monotonic() > deadline:
                    raise RuntimeError("the weather simulator did not start")
                time.sleep(0.01)
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(START_SECONDS)


def _answer(query: dict[str, str], seed: int, now: datetime) -> object:
    north, east = _floats(query, "latitude"), _floats(query, "longitude")
    if not north or len(north) != len(east):
        raise BadRequest("Parameter 'latitude' and 'longitude' must have the same number of elements")
    if len(north) > MOST_LOCATIONS:
        raise BadRequest(f"Only up to {MOST_LOCATIONS} locations can be requested at once")
    for name, values, limit in (("Latitude", north, 90.0), ("Longitude", east, 180.0)):
        wrong = next((value for value in values if not abs(value) <= limit), None)
        if wrong is not None:
            raise BadRequest(f"{name} must be in range of -{limit:.0f} to {limit:.0f}°. Given: {wrong}.")
    names = [name for name in query.get("hourly", "").split(",") if name]
    unknown = next((name for name in names if name not in VARIABLES), None)
    if unknown is not None:
        raise BadRequest(f"Data corrupted at path ''. Cannot initialize from invalid String value {unknown}.")
    days = query.get("forecast_days", "7")
    if not days.isdigit() or int(days) > MOST_DAYS:
        raise BadRequest(f"Forecast days is invalid. Allowed range 0 to {MOST_DAYS}. Given {days}.")
    if query.get("timezone", "GMT") not in {"UTC", "GMT"}:
        raise BadRequest("Invalid timezone")
    wind = WIND_UNITS.get(query.get("wind_speed_unit", "kmh"))
    if wind is None:
        raise BadRequest(
            f"Cannot initialize WindspeedUnit from invalid String value {query['wind_speed_unit']}."
        )
    answers = [
        _location(latitude, longitude, names, int(days), wind, seed, now)
        | ({"location_id": index} if index else {})
        for index, (latitude, longitude) in enumerate(zip(north, east, strict=True))
    ]
    return answers if len(answers) > 1 else answers[0]


def _floats(query: dict[str, str], name: str) -> list[float]:
    try:
        return [float(part) for part in query.get(name, "").split(",") if part]
    except ValueError:
        raise BadRequest(f"Value of type 'Float' required for key '{name}'.") from None


def _location(
    latitude: float,
    longitude: float,
    names: list[str],
    days: int,
    wind: tuple[str, float],
    seed: int,
    now: datetime,
) -> dict[str, object]:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    stamps = [midnight + timedelta(hours=hour) for hour in range(days * 24)]
    elevation = lookup_elevation(latitude, longitude)
    series = simulate(stamps, latitude, longitude, elevation, seed)
    unit, factor = wind
    for name in ("wind_speed_10m", "wind_gusts_10m"):
        series[name] = series[name] * factor
    units = UNITS | {"wind_speed_10m": unit, "wind_gusts_10m": unit}
    return {
        "latitude": round(latitude, 4),
        "longitude": round(longitude, 4),
        "generationtime_ms": 0.1,
        "utc_offset_seconds": 0,
        "timezone": "GMT",
        "timezone_abbreviation": "GMT",
        "elevation": elevation,
        "hourly_units": {"time": "iso8601"} | {name: units[name] for name in names},
        "hourly": {"time": [stamp.isoformat(timespec="minutes") for stamp in stamps]}
        | {name: _rounded(name, series[name]) for name in names},
    }


def _rounded(name: str, values: FloatArray) -> list[float] | list[int]:
    whole = {"weather_code", "relative_humidity_2m"}
    return [int(v) for v in values] if name in whole else [round(float(v), 1) for v in values]


def simulate(
    stamps: list[datetime], latitude: float, longitude: float, elevation: float, seed: int
) -> dict[str, FloatArray]:
    """Hourly weather at those instants (UTC), in SI units and with Open-Meteo's meaning of a stamp.

    Most days are fair. Of the first three at least one is, so that there is a window to work in.
    """
    solar_hour = np.array([(s.hour + longitude / 15.0) % 24.0 for s in stamps])
    index = np.array([(s.date() - stamps[0].date()).days for s in stamps])
    days = _days(stamps, latitude, longitude, seed)
    cloud, wind, warmer, rain_mm, rain_hour = (
        np.array([getattr(days[i], field) for i in index])
        for field in ("cloud", "wind", "warmer", "rain_mm", "rain_hour")
    )
    # Radiation belongs to the hour before its stamp, so the sun stands at half past.
    middle = np.array([s - timedelta(minutes=30) for s in stamps], dtype="datetime64[us]")
    sun = solar_position(middle, latitude, longitude)
    clear, _, _ = ineichen(sun.apparent_zenith, sun.dni_extra, LINKE_TURBIDITY, elevation)
    ghi = clear * (1.0 - 0.75 * cloud**3.4)
    dni, dhi = erbs(ghi, sun.zenith, sun.dni_extra)

    climate = climate_at(latitude, longitude, elevation)
    month = stamps[0].month - 1
    swing = climate.temp_range[month] / 2.0 * (1.0 - 0.5 * cloud)
    afternoon = np.cos(2.0 * np.pi * (solar_hour - 15.0) / 24.0)
    temp_air = climate.temp_air[month] + warmer + swing * afternoon
    raining = (rain_mm > 0.0) & (np.floor(solar_hour) >= rain_hour) & (np.floor(solar_hour) < rain_hour + 3)
    thunder = raining & (rain_mm > 4.0)
    wind_speed = wind * (1.0 + 0.4 * afternoon) + 2.0 * thunder
    return {
        "temperature_2m": temp_air,
        "relative_humidity_2m": np.clip(60.0 + 25.0 * cloud - 18.0 * afternoon, 15.0, 98.0),
        "precipitation": np.where(raining, rain_mm / 3.0, 0.0),
        "weather_code": np.select([thunder, raining, cloud > 0.8, cloud > 0.4], [95.0, 61.0, 3.0, 2.0], 1.0),
        "wind_speed_10m": wind_speed,
        "wind_gusts_10m": wind_speed * 1.6,
        "shortwave_radiation": ghi,
        "direct_normal_irradiance": dni,
        "diffuse_radiation": dhi,
        "cape": np.where(thunder, 1200.0, 50.0),
    }


def _days(stamps: list[datetime], latitude: float, longitude: float, seed: int) -> list[_Day]:
    dates = sorted({stamp.date() for stamp in stamps})
    place = (int((latitude + 90) * 10), int((longitude + 180) * 10))
    days = [_day(np.random.default_rng((seed, *place, date.toordinal()))) for date in dates]
    if all(day.rain_mm > 0.0 for day in days[:3]) and len(days) > 1:
        days[1] = _Day(cloud=0.3, rain_mm=0.0, rain_hour=0, wind=2.5, warmer=days[1].warmer)
    return days


def _day(draw: np.random.Generator) -> _Day:
    wet = draw.random() < 0.25
    return _Day(
        cloud=float(draw.uniform(0.8, 1.0) if wet else draw.beta(1.6, 2.4)),
        rain_mm=float(draw.gamma(1.5, 2.5)) if wet else 0.0,
        rain_hour=int(draw.integers(11, 19)),
        wind=float(draw.gamma(6.0, 0.5)),
        warmer=float(draw.normal(0.0, 1.5)),
    )
