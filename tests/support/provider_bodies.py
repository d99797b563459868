"""Sound answers of the providers, in the shapes that were recorded, with invented weather under the real sun."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from core.clients.open_meteo import FORECAST_DAYS, VARIABLES
from core.clients.place import instants
from core.pv.solar_position import solar_position

NOW = datetime(2026, 6, 1, 9, 20, tzinfo=UTC)
NAIROBI = (-1.286, 36.817)
HOUR = timedelta(hours=1)
UNITS = {
    "time": "iso8601",
    "temperature_2m": "°C",
    "relative_humidity_2m": "%",
    "precipitation": "mm",
    "weather_code": "wmo code",
    "wind_speed_10m": "m/s",
    "wind_gusts_10m": "m/s",
    "shortwave_radiation": "W/m²",
    "direct_normal_irradiance": "W/m²",
    "diffuse_radiation": "W/m²",
    "cape": "J/kg",
}


def height_of_sun(times: Sequence[datetime], place: tuple[float, float]) -> Any:
    """Cosine of the zenith, not below 0."""
    return np.maximum(np.cos(np.radians(solar_position(instants(times), *place).zenith)), 0.0)


def open_meteo(
    place: tuple[float, float] = NAIROBI,
    *,
    days: int = FORECAST_DAYS,
    shift: timedelta = timedelta(0),
    location_id: int = 0,
) -> dict[str, Any]:
    """Clear days; `shift` puts the light at other hours than the stamps say."""
    midnight = NOW.replace(hour=0, minute=0)
    stamps = [midnight + hour * HOUR for hour in range(days * 24)]
    # Means over the hour before the stamp.
    within = [
        height_of_sun([at + shift - timedelta(minutes=minute) for at in stamps], place)
        for minute in range(5, 60, 10)
    ]
    height = np.mean(within, axis=0)
    constants = {
        "temperature_2m": 20.0,
        "relative_humidity_2m": 50.0,
        "precipitation": 0.0,
        "weather_code": 1,
        "wind_speed_10m": 2.0,
        "wind_gusts_10m": 4.0,
        "cape": 0.0,
    }
    hourly: dict[str, Any] = {name: [value] * len(stamps) for name, value in constants.items()}
    dni = np.where(height > 0.0, 700.0, 0.0)
    dhi = np.where(height > 0.0, 80.0, 0.0)
    hourly["shortwave_radiation"] = np.round(dni * height + dhi, 1).tolist()
    hourly["direct_normal_irradiance"] = dni.tolist()
    hourly["diffuse_radiation"] = dhi.tolist()
    assert hourly.keys() == VARIABLES.keys()
    hourly["time"] = [f"{at:%Y-%m-%dT%H:%M}" for at in stamps]
    return {
        "latitude": round(place[0], 2),
        "longitude": round(place[1], 2),
        "generationtime_ms": 0.4,
        "utc_offset_seconds": 0,
        "timezone": "UTC",
        "timezone_abbreviation": "UTC",
        "elevation": 1684.0,
        **({"location_id": location_id} if location_id else {}),
        "hourly_units": dict(UNITS),
        "hourly": hourly,
    }


def openweathermap(
    place: tuple[float, float] = NAIROBI, *, first: datetime | None = None, shift: timedelta = timedelta(0)
) -> dict[str, Any]:
    """Forty steps of three hours; `shift` makes the marks of day and night those of other hours."""
    times = [(first or NOW.replace(hour=12, minute=0)) + step * 3 * HOUR for step in range(40)]
    sun = height_of_sun([at + shift for at in times], place)
    rows = [
        {
            "dt": int(at.timestamp()),
            "main": {"temp": 293.15, "humidity": 55, "pressure": 1017},
            "weather": [{"id": 802, "main": "Clouds", "description": "scattered clouds", "icon": "03d"}],
            "clouds": {"all": 30},
            "wind": {"speed": 3.0, "deg": 120, "gust": 6.0},
            "visibility": 10000,
            "pop": 0,
            "sys": {"pod": "d" if up > 0 else "n"},
            "dt_txt": f"{at:%Y-%m-%d %H:%M:%S}",
        }
        for at, up in zip(times, sun, strict=True)
    ]
    city = {
        "id": 1,
        "name": "x",
        "coord": {"lat": place[0], "lon": place[1]},
        "country": "KE",
        "timezone": 10800,
    }
    return {"cod": "200", "message": 0, "cnt": 40, "list": rows, "city": city}


def met_no(
    place: tuple[float, float] = NAIROBI,
    *,
    first: datetime | None = None,
    updated: datetime | None = None,
    shift: timedelta = timedelta(0),
    units: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Two days by the hour and six in steps of six; `shift` as above."""
    start = first or NOW.replace(minute=0)
    times = [start + hour * HOUR for hour in range(48)] + [
        start + (48 + 6 * step) * HOUR for step in range(24)
    ]
    sun = height_of_sun([at + shift + HOUR / 2 for at in times], place)
    rows = []
    for number, (at, up) in enumerate(zip(times, sun, strict=True)):
        span = "next_1_hours" if number < 48 else "next_6_hours"
        details = {
            "air_temperature": 20.0,
            "relative_humidity": 55.0,
            "wind_speed": 3.0,
            "wind_speed_of_gust": 6.0,
            "cloud_area_fraction": 30.0,
        }
        symbol = f"fair_{'day' if up > 0 else 'night'}"
        forward = {"summary": {"symbol_code": symbol}, "details": {"precipitation_amount": 0.0}}
        rows.append(
            {"time": f"{at:%Y-%m-%dT%H:%M:%SZ}", "data": {"instant": {"details": details}, span: forward}}
        )
    stated = {
        "air_temperature": "celsius",
        "cloud_area_fraction": "%",
        "precipitation_amount": "mm",
        "relative_humidity": "%",
        "wind_speed": "m/s",
        "wind_speed_of_gust": "m/s",
    }
    meta = {"updated_at": f"{updated or NOW - 3 * HOUR:%Y-%m-%dT%H:%M:%SZ}", "units": stated | (units or {})}
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [place[1], place[0], 1684]},
        "properties": {"meta": meta, "timeseries": rows},
    }


def pvgis(place: tuple[float, float] = NAIROBI) -> dict[str, Any]:
    """A typical year, stamped ten minutes past the hour as PVGIS does."""
    start = datetime(2013, 1, 1, 0, 10, tzinfo=UTC)
    times = [start + hour * HOUR for hour in range(8760)]
    sun = height_of_sun(times, place)
    rows = [
        {
            "time(UTC)": f"{at:%Y%m%d:%H%M}",
            "T2m": 19.0,
            "RH": 60.0,
            "G(h)": round(700.0 * up + 80.0 * (up > 0), 1),
            "Gb(n)": 700.0 * (up > 0),
            "Gd(h)": 80.0 * (up > 0),
            "IR(h)": 350.0,
            "WS10m": 2.0,
            "WD10m": 90.0,
            "SP": 83000.0,
        }
        for at, up in zip(times, sun.tolist(), strict=True)
    ]
    location = {"latitude": place[0], "longitude": place[1], "elevation": 1684.0}
    return {
        "inputs": {"location": location},
        "outputs": {"months_selected": [], "tmy_hourly": rows},
        "meta": {},
    }


def nasa_climatology(place: tuple[float, float] = NAIROBI, unit: str = "kW-hr/m^2/day") -> dict[str, Any]:
    months = [f"{datetime(2026, month, 1, tzinfo=UTC):%b}".upper() for month in range(1, 13)]

    def all_year(value: float) -> dict[str, float]:
        return dict.fromkeys([*months, "ANN"], value)

    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [place[1], place[0], 1650.0]},
        "properties": {
            "parameter": {
                "ALLSKY_SFC_SW_DWN": all_year(5.5),
                "T2M": all_year(18.0),
                "WS10M": all_year(3.1),
            }
        },
        "header": {"title": "NASA/POWER", "fill_value": -999.0},
        "messages": [],
        "parameters": {"ALLSKY_SFC_SW_DWN": {"units": unit, "longname": "All Sky Surface Shortwave"}},
    }


def nasa_daily(place: tuple[float, float], start: str, end: str, coldest: float = 8.0) -> dict[str, Any]:
    """Mild days, and one cold one a year that is a little colder each year."""
    first = datetime.strptime(start, "%Y%m%d").replace(tzinfo=UTC)
    days = [first + timedelta(days=number) for number in range((_day(end) - _day(start)).days + 1)]
    low = {f"{day:%Y%m%d}": 12.0 for day in days}
    high = {f"{day:%Y%m%d}": 26.0 for day in days}
    for year in {day.year for day in days}:
        low[f"{year}0715"] = coldest - 0.1 * (year - first.year)
        high[f"{year}0215"] = 31.0
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [place[1], place[0], 1700.0]},
        "properties": {"parameter": {"T2M_MIN": low, "T2M_MAX": high}},
        "header": {"title": "NASA/POWER", "fill_value": -999.0},
    }


def _day(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC)
