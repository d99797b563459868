"""Typical years in pvlib's wheel, as pvlib itself reads them: not by the reader that is under test."""

from pathlib import Path

import pvlib

from core.pv.weather_year import WeatherYear

DATA = Path(pvlib.__file__).parent / "data"


def typical_year(name: str) -> WeatherYear:
    """A TMY3 or a TMY2 (.tm2) of pvlib's data folder."""
    if name.endswith(".tm2"):
        frame, site = pvlib.iotools.read_tmy2(DATA / name)
        columns = ("GHI", "DNI", "DHI", "DryBulb", "Wspd")
        scale = (1.0, 1.0, 1.0, 0.1, 0.1)
    else:
        frame, site = pvlib.iotools.read_tmy3(DATA / name, map_variables=True)
        columns = ("ghi", "dni", "dhi", "temp_air", "wind_speed")
        scale = (1.0, 1.0, 1.0, 1.0, 1.0)
    ghi, dni, dhi, temp_air, wind_speed = (
        frame[column].to_numpy(dtype=float) * factor for column, factor in zip(columns, scale, strict=True)
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
        source=name,
    )
