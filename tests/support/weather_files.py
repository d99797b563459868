"""Typical years in every format that is read, made from one small synthetic climate."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

Value = float | str
"""Files can hold anything."""

HOURS = [datetime(2015, 1, 1, tzinfo=UTC) + timedelta(hours=k) for k in range(8760)]


@dataclass(frozen=True)
class Hour:
    start: datetime
    ghi: Value
    dni: Value
    dhi: Value
    temp: Value
    wind: Value


def climate() -> list[Hour]:
    """Light from 6 to 18 o'clock, the same every day; temperature tells the hours apart."""
    hours = []
    for start in HOURS:
        light = max(0, 6 - abs(start.hour - 12)) * 100.0
        hours.append(Hour(start, light, light * 1.1, light * 0.2, 10.0 + start.hour / 10 + start.month, 3.0))
    return hours


def tmy3(hours: list[Hour]) -> str:
    lines = [
        '723170,"MADE UP",NC,-5.0,36.100,-79.950,273',
        "Date (MM/DD/YYYY),Time (HH:MM),GHI (W/m^2),DNI (W/m^2),DHI (W/m^2),Dry-bulb (C),Wspd (m/s)",
    ]
    lines += [
        f"{h.start:%m/%d/%Y},{h.start.hour + 1:02d}:00,{h.ghi},{h.dni},{h.dhi},{h.temp},{h.wind}"
        for h in hours
    ]
    return "\n".join(lines) + "\n"


def sam(hours: list[Hour], minute: str = "30") -> str:
    lines = [
        "Source,Location ID,City,Latitude,Longitude,Time Zone,Elevation,Local Time Zone,Temperature Units,Wind Speed",
        "NSRDB,7,-,36.1,-79.95,-5,273,-5,c,m/s",
        "Year,Month,Day,Hour,Minute,DNI,DHI,GHI,Temperature,Wind Speed",
    ]
    lines += [
        f"2015,{h.start.month},{h.start.day},{h.start.hour},{minute},{h.dni},{h.dhi},{h.ghi},{h.temp},{h.wind}"
        for h in hours
    ]
    return "\n".join(lines) + "\n"


def epw(hours: list[Hour]) -> str:
    head = [
        "LOCATION,Made Up,NC,USA,TMY3,723170,36.1,-79.95,-5.0,273.0",
        "DESIGN CONDITIONS,0",
        "TYPICAL/EXTREME PERIODS,0",
        "GROUND TEMPERATURES,0",
        "HOLIDAYS/DAYLIGHT SAVINGS,No,0,0,0",
        "COMMENTS 1,",
        "COMMENTS 2,",
        "DATA PERIODS,1,1,Data,Sunday, 1/ 1,12/31",
    ]
    lines = [
        f"2015,{h.start.month},{h.start.day},{h.start.hour + 1},60,flags,{h.temp},5,50,101000,0,0,300,"
        f"{h.ghi},{h.dni},{h.dhi},0,0,0,0,180,{h.wind}"
        for h in hours
    ]
    return "\n".join(head + lines) + "\n"


def pvgis_rows(hours: list[Hour], utc_offset: int) -> list[dict[str, object]]:
    """The hours as PVGIS tells them: in UTC, ten minutes past."""
    rolled = hours[utc_offset % 8760 :] + hours[: utc_offset % 8760]
    return [
        {
            "time(UTC)": f"{stamp:%Y%m%d}:{stamp:%H}10",
            "T2m": h.temp,
            "RH": 50.0,
            "G(h)": h.ghi,
            "Gb(n)": h.dni,
            "Gd(h)": h.dhi,
            "WS10m": h.wind,
        }
        for stamp, h in zip(HOURS, rolled, strict=True)
    ]


def pvgis_json(hours: list[Hour], utc_offset: int = -5) -> str:
    return json.dumps(
        {
            "inputs": {"location": {"latitude": 36.1, "longitude": -79.95, "elevation": 273.0}},
            "outputs": {"months_selected": [], "tmy_hourly": pvgis_rows(hours, utc_offset)},
        }
    )


def pvgis_csv(hours: list[Hour], utc_offset: int = -5) -> str:
    rows = pvgis_rows(hours, utc_offset)
    lines = [
        "Latitude (decimal degrees): 36.100",
        "Longitude (decimal degrees): -79.950",
        "Elevation (m): 273.0",
        "month,year",
        *(f"{month},2015" for month in range(1, 13)),
        ",".join(rows[0]),
        *(",".join(str(value) for value in row.values()) for row in rows),
        "",
        "T2m: 2-m air temperature (degree Celsius)",
    ]
    return "\r\n".join(lines) + "\r\n"


def with_value(hours: list[Hour], index: int, *, ghi: Value = 0.0, temp: Value = 10.0) -> list[Hour]:
    """The same hours, one of them changed."""
    return [*hours[:index], replace(hours[index], ghi=ghi, temp=temp), *hours[index + 1 :]]
