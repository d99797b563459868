"""One reader per format of typical years: text or JSON in, a table of hours out."""

import csv
from collections.abc import Mapping, Sequence
from typing import Any

from core.climate.screening import standard_utc_offset
from core.climate.weather_table import Column, Stamp, WeatherTable, refuse
from core.pv.weather_year import HOURS

MIDDLE = 30.0

# By quantity, the names that a format uses for it, the present one first.
TMY3_NAMES = {
    "ghi": ("GHI (W/m^2)",),
    "dni": ("DNI (W/m^2)",),
    "dhi": ("DHI (W/m^2)",),
    "temp_air": ("Dry-bulb (C)",),
    "wind_speed": ("Wspd (m/s)",),
}
SAM_NAMES = {
    "ghi": ("GHI", "Global", "gh"),
    "dni": ("DNI", "Beam", "dn"),
    "dhi": ("DHI", "Diffuse", "df"),
    "temp_air": ("Temperature", "Tdry", "Dry Bulb", "Air Temperature"),
    "wind_speed": ("Wind Speed", "Wspd", "wspd"),
}
PVGIS_NAMES = {
    "ghi": ("G(h)",),
    "dni": ("Gb(n)",),
    "dhi": ("Gd(h)",),
    "temp_air": ("T2m",),
    "wind_speed": ("WS10m",),
}
EPW_FIELDS = {
    "ghi": (13, "Global Horizontal Radiation"),
    "dni": (14, "Direct Normal Radiation"),
    "dhi": (15, "Diffuse Horizontal Radiation"),
    "temp_air": (6, "Dry Bulb Temperature"),
    "wind_speed": (21, "Wind Speed"),
}
"""Field of a data line, counted from zero (EnergyPlus, Auxiliary Programs, EPW data dictionary)."""


def read_tmy3(lines: list[str]) -> WeatherTable:
    """NREL's TMY3: hour 01:00 to 24:00 names the end of the hour that the value covers."""
    head = _row(lines, 1, 7)
    rows, columns = _columns(lines, header=2, names=TMY3_NAMES)
    stamps = [
        _stamp(line, [*date.split("/")[:2], clock.split(":")[0]], ends=True)
        for line, (date, clock) in enumerate(((row[0], row[1]) for row in rows), start=3)
    ]
    return WeatherTable(
        f"TMY3 {head[0]} {head[1]}", head[4], head[5], head[6], head[3], 3, stamps, MIDDLE, columns
    )


def read_sam(lines: list[str]) -> WeatherTable:
    """SAM or NSRDB CSV: stamps name the instant, or the hour's start where there is no minute."""
    head = {
        name.strip().lower(): value for name, value in zip(_row(lines, 1, 4), _row(lines, 2, 4), strict=False)
    }
    for unit in ("temperature units", "temperature unit"):
        if head.get(unit, "c").strip().lower() not in ("c", "°c", "celsius"):
            refuse(f"line 2: temperatures in {head[unit]!r}; they must be in °C")
    if head.get("wind speed", "m/s").strip().lower() != "m/s":
        refuse(f"line 2: wind in {head['wind speed']!r}; it must be in m/s")
    rows, columns = _columns(lines, header=3, names=SAM_NAMES)
    titles = [title.strip().lower() for title in _row(lines, 3, 4)]
    places = [_place(titles, name, 3) for name in ("month", "day", "hour")]
    stamps = [
        _stamp(line, [row[place] for place in places], ends=False) for line, row in enumerate(rows, start=4)
    ]
    minute = _one_minute([row[titles.index("minute")] for row in rows], 4) if "minute" in titles else MIDDLE
    name = " ".join(
        part for part in (head.get("source"), head.get("location id") or head.get("location")) if part
    )
    return WeatherTable(
        f"SAM/NSRDB file {name}".strip(),
        _first(head, "latitude", "lat"),
        _first(head, "longitude", "lon", "lng"),
        _first(head, "elevation", "elev"),
        _first(head, "local time zone", "time zone", "tz"),
        4,
        stamps,
        minute,
        columns,
    )


def read_epw(lines: list[str]) -> WeatherTable:
    """EnergyPlus weather: hour 1 to 24 names the end of the hour that the value covers."""
    head = _row(lines, 1, 10)
    start = next((i for i, line in enumerate(lines) if line.upper().startswith("DATA PERIODS")), None)
    if start is None:
        refuse("no line DATA PERIODS: the head of the EPW file is not complete")
    period = lines[start].split(",")
    if len(period) > 2 and period[2].strip() != "1":
        refuse(f"line {start + 1}: {period[2].strip()} values an hour; hourly values are needed")
    first_line = start + 2
    rows = _data_rows(lines[start + 1 :], first_line, 22)
    stamps = [_stamp(line, row[1:4], ends=True) for line, row in enumerate(rows, start=first_line)]
    columns = {
        name: Column(label, [row[field] for row in rows]) for name, (field, label) in EPW_FIELDS.items()
    }
    return WeatherTable(
        f"EPW {head[1]} {head[3]} {head[4]}",
        head[6],
        head[7],
        head[9],
        head[8],
        first_line,
        stamps,
        MIDDLE,
        columns,
    )


def read_pvgis_csv(lines: list[str]) -> WeatherTable:
    """PVGIS typical year as CSV, in UTC."""
    head: dict[str, str] = {}
    start = next((i for i, line in enumerate(lines) if line.startswith("time(UTC)")), None)
    if start is None:
        refuse("no line that begins with time(UTC): the PVGIS table is missing")
    for line in lines[:start]:
        name, _, value = line.partition(":")
        head[name.split("(")[0].strip().lower()] = value.strip()
    rows, columns = _columns(lines, header=start + 1, names=PVGIS_NAMES, most=HOURS)
    return _pvgis(
        head.get("latitude"),
        head.get("longitude"),
        head.get("elevation"),
        head.get("irradiance time offset"),
        [row[0] for row in rows],
        start + 2,
        columns,
    )


def read_pvgis_json(document: Mapping[str, Any]) -> WeatherTable:
    """PVGIS typical year as JSON, in UTC; a "line" is an entry of `tmy_hourly`."""
    location = document.get("inputs", {}).get("location", {})
    rows = document["outputs"]["tmy_hourly"]
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        refuse("outputs.tmy_hourly holds no hours")
    columns = {}
    for name, (label, *_) in PVGIS_NAMES.items():
        lacking = next((i for i, row in enumerate(rows, start=1) if label not in row), None)
        if lacking is not None:
            refuse(f"entry {lacking} of outputs.tmy_hourly has no {label!r}")
        columns[name] = Column(label, [row[label] for row in rows])
    times = [str(row.get("time(UTC)", row.get("time"))) for row in rows]
    return _pvgis(
        location.get("latitude"),
        location.get("longitude"),
        location.get("elevation"),
        location.get("irradiance_time_offset"),
        times,
        1,
        columns,
    )


def _pvgis(
    latitude: object,
    longitude: object,
    elevation: object,
    irradiance_offset: object,
    times: Sequence[str],
    first_line: int,
    columns: dict[str, Column],
) -> WeatherTable:
    """Roll the hours of UTC to local standard time, to whole hours."""
    stamps, minutes = [], []
    for line, time in enumerate(times, start=first_line):
        date, _, clock = time.partition(":")
        stamps.append(_stamp(line, [date[4:6], date[6:8], clock[:2]], ends=False))
        minutes.append(clock[2:4])
    minute = _one_minute(minutes, first_line)
    try:
        # The satellite passes some minutes after the full hour that newer files write.
        minute = minute or 60.0 * float(str(irradiance_offset or 0.0))
        offset = round(standard_utc_offset(float(str(latitude)), float(str(longitude))))
    except ValueError:
        offset = 0  # a position that is no number is refused below, by name
    return WeatherTable(
        "PVGIS typical year",
        latitude,
        longitude,
        elevation,
        offset,
        first_line,
        stamps,
        minute,
        columns,
        hours_later=offset,
    )


def _columns(
    lines: list[str], *, header: int, names: Mapping[str, Sequence[str]], most: int | None = None
) -> tuple[list[list[str]], dict[str, Column]]:
    """Rows under a line of titles (counted from one), and the columns that a year needs."""
    titles = [title.strip() for title in _row(lines, header, 4)]
    lowered = [title.lower() for title in titles]
    places = {}
    for name, known in names.items():
        place = next((lowered.index(k.lower()) for k in known if k.lower() in lowered), None)
        if place is None:
            refuse(f"line {header}: no column {' or '.join(repr(k) for k in known)}")
        places[name] = place
    rows = _data_rows(lines[header:], header + 1, max(places.values()) + 1, most)
    return rows, {name: Column(titles[place], [row[place] for row in rows]) for name, place in places.items()}


def _data_rows(lines: list[str], first_line: int, fields: int, most: int | None = None) -> list[list[str]]:
    """Split the lines up to the first empty one, or up to `most`."""
    rows = []
    for line, row in enumerate(csv.reader(lines[:most]), start=first_line):
        if not any(field.strip() for field in row):
            break
        if len(row) < fields:
            refuse(
                f"line {line}: {len(row)} fields where at least {fields} were expected; is the file cut off?"
            )
        rows.append(row)
    return rows


def _row(lines: list[str], number: int, fields: int) -> list[str]:
    row = next(csv.reader(lines[number - 1 : number]), [])
    if len(row) < fields:
        refuse(f"line {number}: {len(row)} fields where at least {fields} were expected")
    return row


def _stamp(line: int, parts: Sequence[str], *, ends: bool) -> Stamp:
    try:
        month, day, hour = (int(float(part)) for part in parts)
    except ValueError:
        refuse(f"line {line}: no date and hour in {', '.join(parts)!r}")
    return Stamp(month, day, hour - 1 if ends else hour)


def _one_minute(minutes: Sequence[str], first_line: int) -> float:
    different = next((i for i, minute in enumerate(minutes) if minute != minutes[0]), None)
    if different is not None:
        refuse(
            f"line {first_line + different}: minute {minutes[different]!r} "
            f"where all before had {minutes[0]!r}"
        )
    try:
        return float(minutes[0]) if minutes else MIDDLE
    except ValueError:
        refuse(f"line {first_line}: {minutes[0]!r} is not a minute")


def _place(titles: list[str], name: str, line: int) -> int:
    if name not in titles:
        refuse(f"line {line}: no column {name.title()!r}")
    return titles.index(name)


def _first(head: Mapping[str, str], *names: str) -> str | None:
    return next((head[name] for name in names if head.get(name)), None)
