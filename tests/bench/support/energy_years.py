"""The years that the energy bench runs on: three typical ones in pvlib's wheel, and modelled ones in between."""

from pathlib import Path

from core.climate.screening import screening_year
from core.climate.weather_files import parse_weather_file
from core.pv.weather_year import WeatherYear
from tests.bench.support.sam import write_sam_csv
from tests.support.typical_years import DATA, typical_year

TYPICAL = {"Greensboro": "723170TYA.CSV", "Sand Point": "703165TY.csv"}
MODELLED = {
    "Helsinki": (60.0, 24.9, 20.0),
    "London": (51.5, -0.1, 20.0),
    "Denver": (39.7, -105.0, 1600.0),
    "Riyadh": (24.7, 46.7, 600.0),
    "Nairobi": (-1.3, 36.8, 1700.0),
    "Jakarta": (-6.2, 106.8, 10.0),
    "Johannesburg": (-26.2, 28.0, 1750.0),
    "Queenstown": (-45.0, 168.7, 310.0),
}
"""Latitude and longitude [°] and height [m] of sites from 60° north to 45° south."""


def energy_years(folder: Path) -> dict[str, tuple[WeatherYear, Path]]:
    """Each year, and the file from which SAM reads the same."""
    found = {}
    for name, file in TYPICAL.items():
        year = parse_weather_file((DATA / file).read_bytes())
        found[name] = (year, write_sam_csv(year, folder / f"{name}.csv"))
    miami = typical_year("12839.tm2")
    found["Miami"] = (miami, write_sam_csv(miami, folder / "Miami.csv"))
    for name, (latitude, longitude, elevation) in MODELLED.items():
        year = screening_year(latitude, longitude, elevation)
        found[name] = (year, write_sam_csv(year, folder / f"{name}.csv"))
    return found
