"""The years that the energy bench runs on: three typical ones in pvlib's wheel, and modelled ones in between."""

from pathlib import Path

import pvlib

from core.climate.screening import screening_year
from core.climate.weather_files import parse_weather_file
from core.pv.weather_year import WeatherYear
from tests.bench.support.sam import write_sam_csv

DATA = Path(pvlib.__file__).parent / "data"
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
    miami = _tm2(DATA / "12839.tm2")
    found["Miami"] = (miami, write_sam_csv(miami, folder / "Miami.csv"))
    for name, (latitude, longitude, elevation) in MODELLED.items():
        year = screening_year(latitude, longitude, elevation)
        found[name] = (year, write_sam_csv(year, folder / f"{name}.csv"))
    return found


def _tm2(path: Path) -> WeatherYear:
    frame, site = pvlib.iotools.read_tmy2(path)
    ghi, dni, dhi, temp_air, wind_speed = (
        frame[column].to_numpy(dtype=float) * scale
        for column, scale in (("GHI", 1.0), ("DNI", 1.0), ("DHI", 1.0), ("DryBulb", 0.1), ("Wspd", 0.1))
    )
    return WeatherYear(
        latitude=site["latitude"],
        longitude=site["longitude"],
        elevation=site["altitude"],
        utc_offset=float(site["TZ"]),
        ghi=ghi,
        dni=dni,
        dhi=dhi,
        temp_air=temp_air,
        wind_speed=wind_speed,
        source=path.name,
    )
