"""Typical years that people bring: TMY3, SAM or NSRDB CSV, EPW, PVGIS; told apart by their content."""

from collections.abc import Callable

import orjson

from core.climate import weather_formats as formats
from core.climate.weather_table import WeatherTable, refuse, to_year
from core.pv.weather_year import WeatherYear

LARGEST = 20_000_000
"""Four times the largest honest file of a year. [bytes]"""

_Reader = Callable[[list[str]], WeatherTable]


def parse_weather_file(content: bytes) -> WeatherYear:
    """Read a typical year; raises `InvalidInput` (pointer /file) naming line, column and reason.

    Values that end an hour are placed in its middle; PVGIS and NSRDB values keep the minute of their stamp.
    """
    if len(content) > LARGEST:
        refuse(f"{len(content)} bytes are too many for a year of hours")
    text = _decoded(content)
    if text.lstrip().startswith("{"):
        return to_year(_pvgis_json(text))
    lines = text.splitlines()
    return to_year(_reader(lines)(lines))


def _decoded(content: bytes) -> str:
    if b"\x00" in content:
        refuse("this is not a text file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")  # what many EPW files are written in


def _reader(lines: list[str]) -> _Reader:
    """Tell the format by the first lines."""
    first = lines[0].strip().lower() if lines else ""
    third = lines[2].lower() if len(lines) > 2 else ""
    if first.startswith("location,"):
        return formats.read_epw
    if len(lines) > 1 and lines[1].lower().lstrip('"').startswith("date (mm/dd/yyyy)"):
        return formats.read_tmy3
    if first.startswith("latitude (decimal degrees)"):
        return formats.read_pvgis_csv
    if "latitude" in first or ("lat" in first and "lon" in first) or third.startswith("year,month,day,hour"):
        return formats.read_sam
    return refuse(
        "not one of the known formats (TMY3, SAM or NSRDB CSV, EPW, PVGIS CSV or JSON); "
        f"the first line is {lines[0][:60] if lines else ''!r}"
    )


def _pvgis_json(text: str) -> WeatherTable:
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        refuse(f"line {error.lineno}, column {error.colno}: broken JSON ({error.msg})")
    outputs = document.get("outputs")
    if not isinstance(outputs, dict) or "tmy_hourly" not in outputs:
        refuse("JSON without outputs.tmy_hourly: not a PVGIS typical year")
    if not isinstance(document.get("inputs", {}).get("location"), dict):
        refuse("JSON without inputs.location: not a PVGIS typical year")
    return formats.read_pvgis_json(document)
