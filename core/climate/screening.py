"""The resource where nothing is known but the place: stations far away, a clear sky, and a mix of days."""

from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from core.climate.day_mix import mix_days
from core.climate.interpolation import MonthlyClimate, climate_at
from core.climate.maps import read_cell
from core.climate.terrain import lookup_timezone
from core.pv.atmosphere import ineichen
from core.pv.solar_position import MODEL_YEAR, solar_position_year
from core.pv.weather_year import DAYS_IN_MONTH, HOURS, FloatArray, WeatherYear

SOURCE = "SolarSync screening model"

WIND_SPEED = 2.67
"""At 10 m. [m/s]

The 2 m/s at 2 m that FAO Irrigation and Drainage Paper 56 (Allen et al., 1998) takes where no wind is known,
its mean over 2000 stations, carried up by the paper's equation 47.
"""

_WARMEST_HOUR = 15.0
"""Of the sun's day, at this season-blind depth. [h]"""

_LINKE_PER_STEP = 1 / 20
_MIDDLES: FloatArray = np.cumsum(DAYS_IN_MONTH) - DAYS_IN_MONTH / 2.0


@lru_cache(maxsize=32)
def screening_year(
    latitude: float, longitude: float, elevation: float, peak_sun_hours: float | None = None
) -> WeatherYear:
    """Give an hourly year for any place, the same every time.

    Parameters
    ----------
    latitude, longitude : float
        Degrees north and east. [°]
    elevation : float
        Above sea level. [m]
    peak_sun_hours : float, optional
        Annual mean of daily global horizontal irradiation that somebody knows; the modelled seasons are
        scaled to it. [kWh/m²/day]

    Notes
    -----
    Good for screening only: see `core.climate.uncertainty`. Temperature swings about
    the month's mean and knows no warm or cold days, so its extremes understate and design nothing. Wind is
    constant.
    """
    return modelled_year(
        latitude,
        longitude,
        elevation,
        climate_at(latitude, longitude, elevation),
        source=SOURCE,
        peak_sun_hours=peak_sun_hours,
    )


def modelled_year(
    latitude: float,
    longitude: float,
    elevation: float,
    climate: MonthlyClimate,
    *,
    source: str,
    wind_speed: float = WIND_SPEED,
    peak_sun_hours: float | None = None,
) -> WeatherYear:
    """Give an hourly year of monthly means, whoever knows them; arguments and limits as for `screening_year`."""
    utc_offset = standard_utc_offset(latitude, longitude)
    position = solar_position_year(latitude, longitude, utc_offset)
    ghi_clear, _, _ = ineichen(
        position.apparent_zenith, position.dni_extra, linke_turbidity(latitude, longitude), elevation
    )
    ghi_monthly = climate.ghi * DAYS_IN_MONTH
    if peak_sun_hours is not None:
        ghi_monthly = ghi_monthly * (peak_sun_hours * 1000.0 * 365.0 / ghi_monthly.sum())
    ghi, dni, dhi = mix_days(ghi_clear, ghi_monthly, position)
    solar_hour = (np.arange(HOURS) % 24).astype(np.float64) + 0.5 + longitude / 15.0 - utc_offset
    year = WeatherYear(
        latitude=latitude,
        longitude=longitude,
        elevation=elevation,
        utc_offset=utc_offset,
        ghi=ghi,
        dni=dni,
        dhi=dhi,
        temp_air=_diurnal(climate.temp_air, climate.temp_range, solar_hour),
        wind_speed=np.full(HOURS, wind_speed),
        source=source,
    )
    for values in (year.ghi, year.dni, year.dhi, year.temp_air, year.wind_speed):
        values.setflags(write=False)
    return year


def standard_utc_offset(latitude: float, longitude: float) -> float:
    """Local standard time minus UTC at a position, summer time left out [h]."""
    zone = ZoneInfo(lookup_timezone(latitude, longitude))
    new_year = datetime(MODEL_YEAR, 1, 1, tzinfo=zone)
    offset = (zone.utcoffset(new_year) or timedelta()) - (zone.dst(new_year) or timedelta())
    return offset / timedelta(hours=1)


def linke_turbidity(latitude: float, longitude: float) -> FloatArray:
    """Turbidity of every hour, between the monthly values of the map in pvlib's wheel (SoDa, Remund 2003)."""
    steps = read_cell("LinkeTurbidities.h5", "LinkeTurbidity", latitude, longitude)
    return np.repeat(_between_months(steps.astype(np.float64) * _LINKE_PER_STEP), 24)


def _diurnal(mean: FloatArray, swing: FloatArray, solar_hour: FloatArray) -> FloatArray:
    """Temperature that swings about the month's mean once a day [°C]."""
    wave = np.cos(2.0 * np.pi * (solar_hour - _WARMEST_HOUR) / 24.0)
    return np.repeat(_between_months(mean), 24) + np.repeat(_between_months(swing), 24) / 2.0 * wave


def _between_months(monthly: FloatArray) -> FloatArray:
    """Values of every day, on straight lines between the middles of the months; shape (365,)."""
    middles = np.concatenate([[_MIDDLES[-1] - 365.0], _MIDDLES, [_MIDDLES[0] + 365.0]])
    values = np.concatenate([monthly[-1:], monthly, monthly[:1]])
    daily: FloatArray = np.interp(np.arange(365) + 0.5, middles, values)
    return daily
