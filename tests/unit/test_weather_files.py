import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pvlib
import pytest

from api.demo import greensboro_year
from core.climate.weather_files import parse_weather_file
from core.climate.weather_files.columns import DAYS
from core.errors import InvalidInput

Edit = Callable[[str], str]


def _hours() -> Iterator[tuple[int, int, int]]:
    for month, days in enumerate(DAYS, start=1):
        for day in range(1, days + 1):
            for hour in range(24):
                yield month, day, hour


def _ghi(hour: int) -> int:
    """A sun that rises at six and sets at eighteen."""
    return max(0, round(800 * math.sin(math.pi * (hour + 0.5 - 6) / 12)))


def sam() -> str:
    names = "Source,Location ID,City,State,Country,Latitude,Longitude,Time Zone,Elevation"
    head = f"{names}\nOurs,1,-,-,-,12.5,-70.25,-5,40"
    rows = (f"2019,{m},{d},{h},30,{_ghi(h)},0,{_ghi(h)},25,3.5" for m, d, h in _hours())
    return "\n".join([head, "Year,Month,Day,Hour,Minute,DNI,DHI,GHI,Temperature,Wind Speed", *rows, ""])


def epw() -> str:
    head = ["LOCATION,Ours,-,-,made,000000,12.5,-70.25,-5.0,40.0"] + ["HEADER"] * 7
    rows = (
        (f"2019,{m},{d},{h + 1},60,?9,25,20,70,101325,0,0,400,{_ghi(h)},{_ghi(h)},0,0,0,0,0,180,3.5,5")
        for m, d, h in _hours()
    )
    return "\r\n".join([*head, *rows, ""])


def pvgis_json() -> str:
    hours = [
        {
            "time(UTC)": f"2013{m:02}{d:02}:{h:02}10", "T2m": 25.0, "RH": 70, "G(h)": _ghi((h - 5) % 24),
            "Gb(n)": _ghi((h - 5) % 24), "Gd(h)": 0.0, "IR(h)": 400, "WS10m": 3.5, "WD10m": 180, "SP": 101325,
        }
        for m, d, h in _hours()
    ]  # fmt: skip
    location = {"latitude": 12.5, "longitude": -70.25, "elevation": 40.0}
    return json.dumps({"inputs": {"location": location}, "outputs": {"tmy_hourly": hours}})


def pvgis_csv() -> str:
    hours = json.loads(pvgis_json())["outputs"]["tmy_hourly"]
    head = [
        "Latitude (decimal degrees): 12.500", "Longitude (decimal degrees): -70.250", "Elevation (m): 40.0",
        "month,year", "1,2013", "", ",".join(hours[0]),
    ]  # fmt: skip
    rows = (",".join(str(value) for value in hour.values()) for hour in hours)
    return "\n".join([*head, *rows, "", "T2m: 2-m air temperature (degree Celsius)", ""])


WRITERS = pytest.mark.parametrize(
    "write", [sam, epw, pvgis_json, pvgis_csv], ids=lambda write: write.__name__
)


@WRITERS
def test_every_format_gives_the_same_year(write: Callable[[], str]) -> None:
    year = parse_weather_file(write().encode())
    assert (year.latitude, year.longitude, year.elevation, year.utc_offset) == (12.5, -70.25, 40.0, -5.0)
    assert year.ghi[:24].tolist() == [_ghi(hour) for hour in range(24)]
    assert year.dni.sum() == year.ghi.sum()
    assert set(year.temp_air) == {25.0}
    assert set(year.wind_speed) == {3.5}
    assert year.minute == (10 if write.__name__.startswith("pvgis") else 30)


@pytest.mark.filterwarnings("ignore")
def test_a_tmy3_reads_as_pvlib_reads_it() -> None:
    year = parse_weather_file(greensboro_year().read_bytes())
    oracle, meta = pvlib.iotools.read_tmy3(greensboro_year(), coerce_year=1990, map_variables=True)
    assert (year.latitude, year.longitude, year.elevation, year.utc_offset) == (
        meta["latitude"], meta["longitude"], meta["altitude"], meta["TZ"],
    )  # fmt: skip
    for name in ("ghi", "dni", "dhi", "temp_air", "wind_speed"):
        np.testing.assert_allclose(getattr(year, name), oracle[name].to_numpy())


def _line(number: int, edit: Edit) -> Edit:
    """Changes one line of a file."""

    def changed(text: str) -> str:
        lines = text.splitlines()
        lines[number - 1] = edit(lines[number - 1])
        return "\n".join(lines)

    return changed


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        pytest.param(lambda _: "", "is none of", id="empty"),
        pytest.param(lambda _: "a,b\n1,2\n", "is none of", id="another table"),
        pytest.param(lambda text: text[: len(text) // 2].rsplit("\n", 1)[0], "hours; a year of 8760", id="half"),
        pytest.param(_line(100, lambda row: row.replace("3.5", "breeze")), "line 100, column 'wind_speed'", id="word"),
        pytest.param(_line(100, lambda row: row.replace(",25,", ",,")), "line 100: column 9 is empty", id="gap"),
        pytest.param(_line(100, lambda row: row.replace(",25,", ",nan,")), "not a finite number", id="NaN"),
        pytest.param(_line(100, lambda row: row.replace(",25,", ",77,")), "temp_air of 77 °C", id="fahrenheit"),
        pytest.param(_line(100, lambda row: row.replace(",25,", ",-9900,")), "missing or impossible", id="sentinel"),
        pytest.param(lambda text: text.replace("2019,3,1,0,", "2019,2,29,0,", 1), "29th of February", id="leap day"),
        pytest.param(lambda text: text.replace("2019,3,1,0,", "2019,3,1,1,", 1), "without gaps", id="order"),
        pytest.param(lambda text: text.replace("GHI", "Sunshine"), "has no column 'GHI'", id="column"),
        pytest.param(lambda text: text.replace("12.5,-70.25", "112.5,-70.25"), "is not on Earth", id="place"),
        pytest.param(lambda text: text + "2020,1,1,0,30,0,0,0,25,3.5\n", "more than 8760 hours", id="longer"),
        pytest.param(
            _line(100, lambda row: row.replace(",30,", ",0,")),
            "minutes differ",
            id="half-hourly",
        ),
    ],
)  # fmt: skip
def test_a_damaged_file_is_refused_with_the_place_and_the_reason(damage: Edit, reason: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_weather_file(damage(sam()).encode())
    assert [error.pointer for error in refused.value.errors] == ["/file"]
    assert reason in refused.value.errors[0].message


def _pvgis(hours: object) -> str:
    location = {"latitude": 1, "longitude": 1, "elevation": 1}
    return json.dumps({"inputs": {"location": location}, "outputs": {"tmy_hourly": hours}})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "line 1: "),
        ('{"inputs": 1}', "not PVGIS's typical year"),
        (_pvgis(3), "not a list"),
        (_pvgis([{}]), "hour 1: has no 'time(UTC)'"),
        ("LOCATION,Ours\n", "lines; EPW's header"),
    ],
)  # fmt: skip
def test_json_and_epw_that_are_not_a_year_say_why(text: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match="/file"):
        parse_weather_file(text.encode())
    with pytest.raises(InvalidInput) as refused:
        parse_weather_file(text.encode())
    assert reason in refused.value.errors[0].message


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="is none of"):
        parse_weather_file(bytes(range(256)) * 50)
