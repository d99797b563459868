"""EnergyPlus weather (EnergyPlus, Auxiliary Programs, chapter «EnergyPlus Weather File (EPW) Data Dictionary»)."""

from collections.abc import Iterator

from core.climate.weather_files.columns import (
    Place,
    Row,
    cell,
    csv_rows,
    number,
    refuse,
    weather_year,
    whole,
)
from core.pv.weather_year import WeatherYear

HEADER_LINES = 8
# Positions of the fields N6, N13 to N15 and N21, counted from 0 with the uncertainty flags as one field.
COLUMNS = {"temp_air": 6, "ghi": 13, "dni": 14, "dhi": 15, "wind_speed": 21}


def is_epw(text: str) -> bool:
    """Whether the first line is EPW's."""
    return text.startswith("LOCATION,")


def read(text: str) -> WeatherYear:
    """The year in an EPW file. Its hours, 1 to 24, end the interval; its irradiance is the interval's mean."""
    lines = text.splitlines()
    if len(lines) <= HEADER_LINES:
        refuse(f"has {len(lines)} lines; EPW's header alone has {HEADER_LINES}")
    location = next(iter(csv_rows(lines[:1])))
    if len(location) < 10:
        refuse("line 1: LOCATION with latitude, longitude, time zone and elevation is wanted")
    place = Place(
        latitude=number(location[6], 1, "latitude"),
        longitude=number(location[7], 1, "longitude"),
        utc_offset=number(location[8], 1, "time zone"),
        elevation=number(location[9], 1, "elevation"),
    )

    def rows() -> Iterator[Row]:
        for line, row in enumerate(csv_rows(lines[HEADER_LINES:]), start=HEADER_LINES + 1):
            if not row:
                continue
            month, day, hour = (whole(cell(row, at, line), line, "date and time") for at in (1, 2, 3))
            cells = {column: cell(row, position, line) for column, position in COLUMNS.items()}
            yield Row(line, month, day, hour - 1, cells)

    return weather_year(rows(), place, minute=30.0, source=f"EPW {location[1].strip()}")
