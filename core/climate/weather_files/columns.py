"""From the columns of a file to a `WeatherYear`, with every check a file has to pass."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

import numpy as np

from core.errors import FieldError, InvalidInput
from core.pv.weather_year import HOURS, FloatArray, WeatherYear

DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a column may hold; anything else is a sentinel for «missing», a wrong unit, or damage."""

    lowest: float
    highest: float
    unit: str


# Irradiance: one hour above the extraterrestrial 1361 W/m² happens under broken clouds, not far above it.
# Temperature and wind: the records on land are −89.2 and 56.7 °C, and 113 m/s in gusts (WMO archive of extremes).
LIMITS: dict[str, Limits] = {
    "ghi": Limits(0, 1600, "W/m²"),
    "dni": Limits(0, 1400, "W/m²"),
    "dhi": Limits(0, 1200, "W/m²"),
    "temp_air": Limits(-90, 60, "°C"),
    "wind_speed": Limits(0, 113, "m/s"),
}
LEAST_ANNUAL_GHI = 300.0  # kWh/m²; the poles have about 600 to 1000, a column in kJ or full of zeros does not


def refuse(reason: str) -> NoReturn:
    """Refuse the file."""
    raise InvalidInput([FieldError("/file", reason)])


@dataclass(frozen=True, slots=True)
class Place:
    """Where the file is from; `utc_offset` is that of its clock. [°, °, m, h]"""

    latitude: float
    longitude: float
    elevation: float
    utc_offset: float

    def __post_init__(self) -> None:
        if not (-90 <= self.latitude <= 90 and -180 <= self.longitude <= 180):
            refuse(f"its place, {self.latitude}, {self.longitude}, is not on Earth")
        if not (-14 <= self.utc_offset <= 14):
            refuse(f"its time zone, UTC{self.utc_offset:+g}, does not exist")


@dataclass(frozen=True, slots=True)
class Row:
    """One hour: the line it stands on, its month, day and first hour (0 to 23), and its cells."""

    line: int
    month: int
    day: int
    hour: int
    cells: Mapping[str, str | float]


def csv_rows(lines: Sequence[str]) -> Iterable[list[str]]:
    """The cells of each line."""
    return csv.reader(lines)


def number(text: str | float, line: int, column: str) -> float:
    """The number in a cell."""
    try:
        value = float(text)
    except ValueError:
        refuse(f"line {line}, column {column!r}: {text!r} is not a number")
    if not np.isfinite(value):
        refuse(f"line {line}, column {column!r}: {text!r} is not a finite number")
    return value


def whole(text: str, line: int, column: str) -> int:
    """The whole number in a cell."""
    value = number(text, line, column)
    if value != int(value):
        refuse(f"line {line}, column {column!r}: {text!r} is not a whole number")
    return int(value)


def columns_of(header: Sequence[str], wanted: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Where each wanted column stands; `wanted` gives the names it may bear, of which case does not matter."""
    present = {name.strip().lower(): position for position, name in enumerate(header)}
    found = {}
    for column, names in wanted.items():
        position = next((present[name.lower()] for name in names if name.lower() in present), None)
        if position is None:
            refuse(f"has no column {' or '.join(repr(name) for name in names)}")
        found[column] = position
    return found


def cell(row: Sequence[str], position: int, line: int) -> str:
    """A cell that has to be there."""
    if position >= len(row) or not row[position].strip():
        refuse(f"line {line}: column {position + 1} is empty")
    return row[position].strip()


def weather_year(rows: Iterable[Row], place: Place, *, minute: float, source: str) -> WeatherYear:
    """The year, where every hour of 365 days is there once, in order, and possible."""
    values = {column: np.empty(HOURS) for column in LIMITS}
    count = 0
    for row in rows:
        if (row.month, row.day) == (2, 29):
            refuse(
                f"line {row.line}: holds the 29th of February; a typical year has {HOURS} hours, without it"
            )
        if count >= HOURS:
            refuse(f"has more than {HOURS} hours; one year of hourly values is wanted")
        if (row.month, row.day, row.hour) != _CALENDAR[count]:
            month, day, hour = _CALENDAR[count]
            refuse(
                f"line {row.line}: expected {day}.{month}. from {hour}:00, found {row.day}.{row.month}. from "
                f"{row.hour}:00; the hours of one year are wanted, in order and without gaps"
            )
        for column, limits in LIMITS.items():
            value = number(row.cells[column], row.line, column)
            if not limits.lowest <= value <= limits.highest:
                refuse(f"line {row.line}: {column} of {value:g} {limits.unit} is missing or impossible")
            values[column][count] = value
        count += 1
    if count < HOURS:
        refuse(f"has {count} hours; a year of {HOURS} is wanted")
    return _plausible(values, place, minute=minute, source=source)


def _plausible(values: Mapping[str, FloatArray], place: Place, *, minute: float, source: str) -> WeatherYear:
    annual = float(values["ghi"].sum()) / 1000
    if annual < LEAST_ANNUAL_GHI:
        refuse(f"its global irradiation, {annual:.0f} kWh/m² a year, is too low for any place")
    return WeatherYear(
        latitude=place.latitude,
        longitude=place.longitude,
        elevation=place.elevation,
        utc_offset=place.utc_offset,
        source=source,
        minute=minute,
        **values,
    )


_CALENDAR = [
    (month, day, hour)
    for month, days in enumerate(DAYS, start=1)
    for day in range(1, days + 1)
    for hour in range(24)
]
