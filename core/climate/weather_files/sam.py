"""SAM's CSV, which the NSRDB serves (System Advisor Model, Weather File Format)."""

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
from core.pv.weather_year import HOURS, WeatherYear

PLACE = {
    "latitude": ("Latitude", "lat"),
    "longitude": ("Longitude", "lon"),
    "elevation": ("Elevation", "elev", "site elevation"),
    "utc_offset": ("Time Zone", "timezone", "tz"),
}
COLUMNS = {
    "month": ("Month",),
    "day": ("Day",),
    "hour": ("Hour",),
    "minute": ("Minute",),
    "ghi": ("GHI", "gh", "global", "global horizontal irradiance"),
    "dni": ("DNI", "dn", "beam", "direct normal irradiance"),
    "dhi": ("DHI", "df", "diffuse", "diffuse horizontal irradiance"),
    "temp_air": ("Temperature", "Tdry", "dry bulb", "dry bulb temp", "air temperature"),
    "wind_speed": ("Wind Speed", "wspd", "windspeed"),
}
WEATHER = ("ghi", "dni", "dhi", "temp_air", "wind_speed")


def is_sam(text: str) -> bool:
    """Whether the first line names the place's columns and the third the data's."""
    lines = [line.lower() for line in text.split("\n", 3)]
    return len(lines) > 2 and "latitude" in lines[0] and "month" in lines[2] and "hour" in lines[2]


def read(text: str) -> WeatherYear:
    """The year in a SAM CSV. `Minute` says where in the hour the values, and the sun, belong."""
    names, facts, header, *data = csv_rows(text.splitlines())
    at = columns_of(names, PLACE)
    place = Place(**{name: number(cell(facts, position, 2), 2, name) for name, position in at.items()})
    positions = columns_of(header, COLUMNS)
    data = [row for row in data if any(row)]
    if len(data) > HOURS + 24:
        refuse(f"has {len(data)} rows; hourly values are wanted, not half-hourly ones")
    minutes = {cell(row, positions["minute"], line) for line, row in enumerate(data[:HOURS], start=4)}
    if len(minutes) != 1:
        refuse("its minutes differ from row to row; hourly values are wanted")

    def rows() -> Iterator[Row]:
        for line, row in enumerate(data, start=4):
            month, day, hour = (
                whole(cell(row, positions[name], line), line, name) for name in ("month", "day", "hour")
            )
            yield Row(line, month, day, hour, {name: cell(row, positions[name], line) for name in WEATHER})

    minute = number(minutes.pop(), 4, "minute")
    return weather_year(rows(), place, minute=minute, source=f"SAM CSV {facts[0].strip()}".rstrip())
