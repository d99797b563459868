"""What each provider allows in a minute, an hour and a day: rows with a source each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

WINDOWS: Final = {"minute": 60, "hour": 3600, "day": 86_400}
"""Fixed windows in UTC, as the providers count. [s]"""


@dataclass(frozen=True, slots=True)
class Limits:
    """Calls allowed in each window; 0 sets no limit. [calls]"""

    minute: int = 0
    hour: int = 0
    day: int = 0


LIMITS: Final[Mapping[str, Limits]] = {
    # open-meteo.com/en/pricing, free: by address, weighted
    "open_meteo": Limits(600, 5_000, 10_000),
    # openweathermap.org/price, free: 60 a minute and 1 000 000 a month
    "openweathermap": Limits(60, 0, 32_000),
    # api.met.no terms of service: 20 a second for an application is the most without an agreement; we stay far below
    "met_no": Limits(300, 5_000, 0),
    # api.weather.gov names no figure; alerts are fetched by area, points once a month for each cell, 250 in one look
    "nws": Limits(400, 1_000, 0),
    # PVGIS API: 30 a second for an address
    "pvgis": Limits(600, 0, 0),
    # power.larc.nasa.gov asks for few requests at a time and names no figure
    "nasa_power": Limits(60, 1_000, 0),
    # operations.osmfoundation.org/policies/nominatim: at most one a second
    "geocoder": Limits(30, 0, 0),
}


def parse_limits(texts: list[str]) -> dict[str, Limits]:
    """From `name=minute/hour/day`; raises `ValueError` naming what is wrong."""
    limits = {}
    for text in texts:
        name, _, figures = text.partition("=")
        parts = figures.split("/")
        if name not in LIMITS or len(parts) != len(WINDOWS) or not all(part.isdecimal() for part in parts):
            raise ValueError(
                f"{text!r} is not name=minute/hour/day with a name of: {', '.join(sorted(LIMITS))}"
            )
        limits[name] = Limits(*(int(part) for part in parts))
    return limits
