"""The typical year that PVGIS serves, as JSON and as CSV (JRC, PVGIS API non-interactive service, tool `tmy`)."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from core.climate.weather_files.columns import (
    Place,
    Row,
    columns_of,
    csv_rows,
    number,
    refuse,
    weather_year,
    whole,
)
from core.pv.weather_year import WeatherYear

COLUMNS = {
    "time": ("time(UTC)",),
    "ghi": ("G(h)",),
    "dni": ("Gb(n)",),
    "dhi": ("Gd(h)",),
    "temp_air": ("T2m",),
    "wind_speed": ("WS10m",),
}
PLACE = {
    "latitude": "Latitude (decimal degrees):",
    "longitude": "Longitude (decimal degrees):",
    "elevation": "Elevation (m):",
}
WEATHER = tuple(column for column in COLUMNS if column != "time")


def is_json(text: str) -> bool:
    """Whether this can only be JSON."""
    return text.lstrip().startswith("{")


def is_csv(text: str) -> bool:
    """Whether the first line gives the place as PVGIS does."""
    return text.startswith(PLACE["latitude"])


def read_json(text: str) -> WeatherYear:
    """The year in PVGIS's JSON."""
    try:
        document = json.loads(text)
        location = document["inputs"]["location"]
        hours = document["outputs"]["tmy_hourly"]
        place = {name: number(location[name], 1, name) for name in PLACE}
    except json.JSONDecodeError as error:
        refuse(f"line {error.lineno}: {error.msg}")
    except (KeyError, TypeError):
        refuse("is JSON, but not PVGIS's typical year: inputs.location and outputs.tmy_hourly are wanted")
    if not isinstance(hours, list):
        refuse("is JSON, but outputs.tmy_hourly is not a list")
    rows = (
        (position, {name: _given(values, names[0], position) for name, names in COLUMNS.items()})
        for position, values in enumerate(hours, start=1)
    )
    return _local_year(rows, place)


def read_csv(text: str) -> WeatherYear:
    """The year in PVGIS's CSV."""
    lines = text.splitlines()
    place = {}
    for name, label in PLACE.items():
        given = next((line for line in lines[:10] if line.startswith(label)), None)
        if given is None:
            refuse(f"has no line {label!r}")
        place[name] = number(given.removeprefix(label).strip(), 1, name)
    first = next((at for at, line in enumerate(lines) if line.startswith("time(UTC)")), None)
    if first is None:
        refuse("has no header that starts with 'time(UTC)'")
    positions = columns_of(next(iter(csv_rows([lines[first]]))), COLUMNS)

    def rows() -> Iterator[tuple[int, dict[str, Any]]]:
        for line, row in enumerate(csv_rows(lines[first + 1 :]), start=first + 2):
            if not row:
                return  # the descriptions of the columns follow
            if len(row) <= max(positions.values()):
                refuse(f"line {line}: has {len(row)} columns")
            yield line, {name: row[position] for name, position in positions.items()}

    return _local_year(rows(), place)


def _local_year(rows: Iterable[tuple[int, Mapping[str, Any]]], place: Mapping[str, float]) -> WeatherYear:
    """PVGIS counts in UTC; the year is turned so that it starts with the solar day of the place."""
    minutes: set[int] = set()

    def hours() -> Iterator[Row]:
        for line, cells in rows:
            stamp = str(cells["time"])
            if len(stamp) != 13 or stamp[8] != ":":
                refuse(f"line {line}: {stamp!r} is not a time such as 20130101:0010")
            month, day, hour, minute = (
                whole(stamp[start : start + 2], line, "time(UTC)") for start in (4, 6, 9, 11)
            )
            minutes.add(minute)
            yield Row(line, month, day, hour, cells)

    utc = weather_year(hours(), Place(**place, utc_offset=0.0), minute=30.0, source="PVGIS TMY")
    if len(minutes) != 1:
        refuse("its minutes differ from hour to hour")
    offset = round(utc.longitude / 15)
    moved = {name: np.roll(getattr(utc, name), offset) for name in WEATHER}
    return replace(utc, **moved, utc_offset=float(offset), minute=float(minutes.pop()))


def _given(values: Any, name: str, hour: int) -> Any:  # noqa: ANN401  a cell of somebody's JSON
    if not isinstance(values, dict) or name not in values or isinstance(values[name], list | dict | None):
        refuse(f"hour {hour}: has no {name!r}")
    return values[name]
