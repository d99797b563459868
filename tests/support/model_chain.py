"""pvlib's ModelChain, set up as the PVWatts that ours is held against."""

import pandas as pd
from pvlib.location import Location
from pvlib.modelchain import ModelChain
from pvlib.pvsystem import PVSystem

from core.pv.weather_year import HOURS, WeatherYear


def pvwatts_chain(system: PVSystem, year: WeatherYear, temperature_model: str) -> ModelChain:
    """PVWatts with bare glass and no spectrum; it is run with `frame_of`."""
    return ModelChain(
        system,
        Location(year.latitude, year.longitude, altitude=year.elevation),
        dc_model="pvwatts",
        ac_model="pvwatts",
        losses_model="pvwatts",
        aoi_model="physical",
        spectral_model="no_loss",
        temperature_model=temperature_model,
        transposition_model="perez",
    )


def frame_of(year: WeatherYear) -> pd.DataFrame:
    """The year as ModelChain wants it."""
    zone = f"Etc/GMT{-year.utc_offset:+.0f}"
    index = pd.date_range("2014-01-01 00:30", periods=HOURS, freq="h", tz=zone)
    columns = ("ghi", "dni", "dhi", "temp_air", "wind_speed")
    frame = pd.DataFrame({column: getattr(year, column) for column in columns}, index=index)
    # A dark hour by day is NaN to pvlib's Perez, and its Fuentes then carries the NaN to the end of the year.
    frame["dhi"] = frame["dhi"].clip(lower=1e-3)
    return frame
