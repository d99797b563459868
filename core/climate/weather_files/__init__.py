"""Typical years that technicians bring: TMY3, SAM/NSRDB CSV, EPW, PVGIS JSON and CSV, read from bytes."""

from collections.abc import Callable

from core.climate.weather_files import epw, pvgis, sam, tmy3
from core.climate.weather_files.columns import refuse
from core.pv.weather_year import WeatherYear

FORMATS: tuple[tuple[Callable[[str], bool], Callable[[str], WeatherYear]], ...] = (
    (pvgis.is_json, pvgis.read_json),
    (pvgis.is_csv, pvgis.read_csv),
    (epw.is_epw, epw.read),
    (sam.is_sam, sam.read),
    (tmy3.is_tmy3, tmy3.read),
)
"""Each known format: how its first lines tell it, and its reader."""


def parse_weather_file(content: bytes) -> WeatherYear:
    """Read a typical year, whatever its format.

    Raises
    ------
    InvalidInput
        At `/file`, with the line, the column and the reason, where the file is none of the known formats or
        is broken, incomplete, of another length than 8760 hours, or physically impossible.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")  # older EPW files name their place so
    reader = next((read for tells, read in FORMATS if tells(text)), None)
    if reader is None:
        refuse("is none of TMY3, SAM/NSRDB CSV, EPW, PVGIS TMY JSON or PVGIS TMY CSV")
    return reader(text)
