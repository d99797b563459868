"""How far the offline resource model is off: by climate, by latitude, by distance, and on years it does not hold."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pvlib
from pvlib.iotools import read_tmy2

from core.climate.screening import screening_year
from core.climate.stations import STATIONS
from core.climate.uncertainty import annual_errors, by_climate, by_distance, uncertainty_percent
from core.climate.weather_files import parse_weather_file

DATA = Path(pvlib.__file__).parent / "data"
BELTS = (-60, -23.5, 0, 23.5, 35, 45, 55, 75)


def main() -> None:
    """Print errors of the annual sum; the spread is twice the root mean square."""
    errors = 100.0 * annual_errors()
    print(f"{len(STATIONS)} stations, each estimated from the others")
    for climate, spread in by_climate().items():
        print(
            f"  {climate:10} {spread.stations:3}  ±{spread.percent:4.1f} %  bias {spread.bias_percent:+4.1f} %"
        )
    north = np.array([station.latitude for station in STATIONS])
    for low, high in pairwise(BELTS):
        belt = errors[(north >= low) & (north < high)]
        print(f"  {low:5} to {high:5}° {belt.size:3}  ±{2 * np.sqrt(np.mean(belt**2)):4.1f} %")
    print("with every station within a distance left out")
    for radius, spread in by_distance().items():
        print(f"  {radius:5.0f} km  ±{spread.percent:4.1f} %, months ±{spread.month_percent:4.1f} %")
    print("the five farthest off")
    for index in np.argsort(-np.abs(errors))[:5]:
        print(f"  {errors[index]:+5.1f} %  {STATIONS[index].name}")
    print("typical years of pvlib's wheel, which the table does not hold")
    for name in ("723170TYA.CSV", "703165TY.csv", "12839.tm2"):
        latitude, longitude, elevation, annual = _typical_year(name)
        error = 100.0 * (annual / screening_year(latitude, longitude, elevation).ghi.sum() - 1.0)
        print(f"  {name:14} {error:+5.1f} %  stated ±{uncertainty_percent(latitude, longitude, elevation)} %")


def _typical_year(name: str) -> tuple[float, float, float, float]:
    """Position and annual GHI [Wh/m²]."""
    if name.endswith(".tm2"):
        data, head = read_tmy2(DATA / name)
        position = float(head["latitude"]), float(head["longitude"]), float(head["altitude"])
        return *position, float(data["GHI"].sum())
    year = parse_weather_file((DATA / name).read_bytes())
    return year.latitude, year.longitude, year.elevation, float(year.ghi.sum())
