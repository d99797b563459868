"""Typical years in five formats, and every way in which one may be broken."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pvlib
import pytest
from pvlib.iotools import read_tmy3

from core.climate.weather_files import parse_weather_file
from core.errors import InvalidInput
from core.pv.weather_year import WeatherYear
from tests.support import weather_files as made

CLIMATE = made.climate()
FORMATS: dict[str, Callable[[list[made.Hour]], str]] = {
    "tmy3": made.tmy3,
    "sam": made.sam,
    "epw": made.epw,
    "pvgis_json": made.pvgis_json,
    "pvgis_csv": made.pvgis_csv,
}


def read(text: str) -> WeatherYear:
    return parse_weather_file(text.encode())


def refusal(content: bytes | str) -> str:
    with pytest.raises(InvalidInput) as caught:
        parse_weather_file(content.encode() if isinstance(content, str) else content)
    assert [error.pointer for error in caught.value.errors] == ["/file"]
    return caught.value.errors[0].message


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_year(name: str) -> None:
    year = read(FORMATS[name](CLIMATE))
    assert (year.latitude, year.longitude, year.elevation, year.utc_offset) == (36.1, -79.95, 273.0, -5.0)
    for field in ("ghi", "dni", "dhi", "temp", "wind"):
        ours = {"temp": "temp_air", "wind": "wind_speed"}.get(field, field)
        np.testing.assert_allclose(getattr(year, ours), [getattr(h, field) for h in CLIMATE], err_msg=field)


@pytest.mark.parametrize(
    ("name", "minute"),
    [("tmy3", 30.0), ("sam", 30.0), ("epw", 30.0), ("pvgis_json", 10.0), ("pvgis_csv", 10.0)],
)
def test_the_sun_stands_where_the_format_says(name: str, minute: float) -> None:
    assert read(FORMATS[name](CLIMATE)).minute == minute


def test_an_instant_on_the_hour_stays_there() -> None:
    assert read(made.sam(CLIMATE, minute="0")).minute == 0.0


@pytest.mark.parametrize("file", ["723170TYA.CSV", "703165TY.csv"])
def test_pvlib_reads_the_same_from_its_own_typical_years(file: str) -> None:
    path = Path(pvlib.__file__).parent / "data" / file
    year = parse_weather_file(path.read_bytes())
    data, head = read_tmy3(path)
    assert (year.latitude, year.longitude, year.elevation) == (
        head["latitude"],
        head["longitude"],
        head["altitude"],
    )
    for name in ("ghi", "dni", "dhi", "temp_air", "wind_speed"):
        np.testing.assert_allclose(getattr(year, name), data[name].to_numpy(), err_msg=name)


@pytest.mark.parametrize("name", ["tmy3", "sam", "epw", "pvgis_csv"])
def test_a_word_among_the_numbers_is_named_with_line_and_column(name: str) -> None:
    message = refusal(FORMATS[name](made.with_value(CLIMATE, 100, ghi="much")))
    lines = FORMATS[name](made.with_value(CLIMATE, 100, ghi="much")).splitlines()
    line = 1 + next(i for i, text in enumerate(lines) if "much" in text)
    label = {"tmy3": "GHI (W/m^2)", "sam": "GHI", "epw": "Global Horizontal Radiation", "pvgis_csv": "G(h)"}[
        name
    ]
    assert message == f"line {line}, column {label!r}: 'much' is not a number"


@pytest.mark.parametrize("value", ["", "nan", "-9999", "9999"])
def test_a_half_empty_file_is_refused(value: str) -> None:
    hours = CLIMATE[:4000] + [replace(h, ghi=value) for h in CLIMATE[4000:]]
    message = refusal(made.tmy3(hours))
    assert "line 4003" in message
    assert "not a number" in message or "4760 of 8760 hours have none" in message


def test_impossible_values_are_refused() -> None:
    assert "outside -4 to 2200" in refusal(made.tmy3(made.with_value(CLIMATE, 7, ghi=3000.0)))
    assert "outside -90 to 60" in refusal(made.tmy3(made.with_value(CLIMATE, 7, temp=75.0)))


def test_a_leap_year_is_told_from_a_wrong_length() -> None:
    start = datetime(2016, 1, 1, tzinfo=UTC)
    leap = [replace(CLIMATE[0], start=start + timedelta(hours=k)) for k in range(8784)]
    assert "29th of February" in refusal(made.sam(leap))
    assert "8759 hours instead of the 8760" in refusal(made.tmy3(CLIMATE[:-1]))
    assert "half-hourly" in refusal(made.sam([h for h in CLIMATE for _ in (0, 1)]))


def test_hours_out_of_order_are_refused() -> None:
    swapped = [*CLIMATE[:50], CLIMATE[51], CLIMATE[50], *CLIMATE[52:]]
    assert "line 53: month 1, day 3, hour 3 where month 1, day 3, hour 2" in refusal(made.tmy3(swapped))


def test_a_file_that_breaks_off_says_where() -> None:
    text = made.epw(CLIMATE)
    assert "fields where at least" in refusal(text[: len(text) // 2])


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "not one of the known formats"),
        (b"\x89PNG\x00\x00", "not a text file"),
        (b"a,b,c\n1,2,3\n", "not one of the known formats"),
        (b'{"inputs": {', "broken JSON"),
        (b'{"outputs": {"tmy_hourly": []}}', "inputs.location"),
        (b'{"inputs": {"location": {}}, "outputs": {"tmy_hourly": []}}', "holds no hours"),
        (b'{"hourly": {}}', "not a PVGIS typical year"),
    ],
)
def test_what_is_no_weather_file_is_refused(content: bytes, says: str) -> None:
    assert says in refusal(content)


def test_other_units_are_refused() -> None:
    text = made.sam(CLIMATE)
    assert "°C" in refusal(text.replace("-5,c,m/s", "-5,f,m/s", 1))
    assert "m/s" in refusal(text.replace("-5,c,m/s", "-5,c,mph", 1))


def test_a_year_without_light_is_refused() -> None:
    dark = [replace(h, ghi=0.0) for h in CLIMATE]
    assert "no light" in refusal(made.tmy3(dark))


def test_a_year_that_no_place_has_is_suspected_of_other_units() -> None:
    kilowatts = [replace(h, ghi=float(h.ghi) / 1000) for h in CLIMATE]
    assert "in kW/m²" in refusal(made.tmy3(kilowatts))
    assert "is it in °F" in refusal(made.tmy3([replace(h, temp=45.0) for h in CLIMATE]))


def test_a_position_that_is_none_is_refused() -> None:
    assert "latitude" in refusal(made.tmy3(CLIMATE).replace("36.100", "north", 1))
