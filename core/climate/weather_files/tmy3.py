"""NREL's TMY3 (Wilcox and Marion, NREL/TP-581-43156, 2008)."""

from collections.abc import Iterator

from core.climate.weather_files.columns import (
    Place,
    Row,
    cell,
    columns_of,
    csv_rows,
    number,
    refuse,
    weather_year,
    whole,
)
from core.pv.weather_year import WeatherYear

COLUMNS = {
    "ghi": ("GHI (W/m^2)",),
    "dni": ("DNI (W/m^2)",),
    "dhi": ("DHI (W/m^2)",),
    "temp_air": ("Dry-bulb (C)",),
    "wind_speed": ("Wspd (m/s)",),
}
DATE = "Date (MM/DD/YYYY)"


def is_tmy3(text: str) -> bool:
    """Whether the second line is TMY3's header."""
    lines = text.split("\n", 2)
    return len(lines) > 1 and lines[1].startswith(DATE)


def read(text: str) -> WeatherYear:
    """The year in a TMY3 file. Its times end the hour; its irradiance is the hour's sum, hence its mean."""
    lines = text.splitlines()
    head, header, *data = csv_rows(lines)
    if len(head) < 7:
        refuse("line 1: station, time zone, latitude, longitude and elevation are wanted")
    place = Place(
        utc_offset=number(head[3], 1, "time zone"),
        latitude=number(head[4], 1, "latitude"),
        longitude=number(head[5], 1, "longitude"),
        elevation=number(head[6], 1, "elevation"),
    )
    positions = columns_of(header, COLUMNS)

    def rows() -> Iterator[Row]:
        for line, row in enumerate(data, start=3):
            if not row:
                continue
            month, day, _ = _parts(cell(row, 0, line), "/", 3, line)
            hour, _ = _parts(cell(row, 1, line), ":", 2, line)
            cells = {column: cell(row, position, line) for column, position in positions.items()}
            yield Row(line, month, day, hour - 1, cells)

    return weather_year(rows(), place, minute=30.0, source=f"TMY3 {head[1].strip()}")


def _parts(text: str, separator: str, count: int, line: int) -> list[int]:
    parts = text.split(separator)
    if len(parts) != count:
        refuse(f"line {line}: {text!r} is not a date or a time")
    return [whole(part, line, "date and time") for part in parts]
