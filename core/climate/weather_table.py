"""What every weather file boils down to, and the checks it has to pass to become a year."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, NoReturn

import numpy as np

from core.errors import FieldError, InvalidInput
from core.pv.weather_year import DAYS_IN_MONTH, HOURS, FloatArray, WeatherYear

POINTER = "/file"


class Limits(NamedTuple):
    low: float
    high: float
    missing: float
    """From here on the format means "not known"."""


LIMITS = {
    # Physically possible irradiance: C. N. Long and Y. Shi, "An automated quality assessment and control
    # algorithm for surface radiation measurements," Open Atmos. Sci. J., vol. 2, pp. 23-37, 2008.
    "ghi": Limits(-4.0, 2200.0, 9999.0),
    "dni": Limits(-4.0, 1415.0, 9999.0),
    "dhi": Limits(-4.0, 1400.0, 9999.0),
    # Wider than anything recorded; only there to catch a wrong column or unit.
    "temp_air": Limits(-90.0, 60.0, 99.9),
    "wind_speed": Limits(0.0, 113.0, 999.0),
}
"""By quantity, in the units of `WeatherYear`."""


class Stamp(NamedTuple):
    """When an hour starts; hour 0 to 23."""

    month: int
    day: int
    hour: int


@dataclass(frozen=True, slots=True)
class Column:
    label: str
    """As the file calls it."""
    values: Sequence[object]


@dataclass(frozen=True, slots=True)
class WeatherTable:
    """The rows of a weather file, not yet checked.

    Parameters
    ----------
    first_line : int
        Line of the first row, counted from one.
    stamps : sequence of Stamp
        One per row, in the file's own time.
    minute : float
        Where within its hour the sun is to be placed. [min]
    columns : dict
        By quantity: ghi, dni, dhi, temp_air, wind_speed.
    """

    source: str
    latitude: object
    longitude: object
    elevation: object
    utc_offset: object
    first_line: int
    stamps: Sequence[Stamp]
    minute: float
    columns: dict[str, Column]
    hours_later: int = 0
    """How much later local standard time is than the time of the rows."""


def refuse(message: str) -> NoReturn:
    """Raise `InvalidInput` for the file."""
    raise InvalidInput([FieldError(POINTER, message)])


def to_year(table: WeatherTable) -> WeatherYear:
    """Check the table and give its year; raises `InvalidInput` naming line, column and reason."""
    _check_hours(table)
    values = {
        name: np.roll(_checked(table, name, column), table.hours_later)
        for name, column in table.columns.items()
    }
    _check_units(table, values)
    return WeatherYear(
        latitude=_position("latitude", table.latitude, 90.0),
        longitude=_position("longitude", table.longitude, 180.0),
        elevation=_position("elevation", table.elevation, 9000.0),
        utc_offset=_position("time zone", table.utc_offset, 14.0),
        ghi=values["ghi"],
        dni=values["dni"],
        dhi=values["dhi"],
        temp_air=values["temp_air"],
        wind_speed=values["wind_speed"],
        source=table.source,
        minute=table.minute,
    )


LEAST_GHI, MOST_GHI = 300.0, 3200.0
"""kWh/m² a year. Svalbard has some 650, the Atacama some 2700."""
WARMEST_MEAN = 36.0
"""°C; the hottest inhabited place ever recorded, Dallol, had an annual mean of 34.6."""


def _check_units(table: WeatherTable, values: dict[str, FloatArray]) -> None:
    """Refuse a year that no place has, where each of its hours is possible: its unit is probably another."""
    light, label = float(values["ghi"].sum()) / 1000.0, table.columns["ghi"].label
    if light <= 0.0:
        refuse(f"column {label!r}: no light in the whole year")
    if not LEAST_GHI <= light <= MOST_GHI:
        unit = "kW/m² or kJ/m²" if light < LEAST_GHI else "Wh/m² of another interval or kJ/m²"
        refuse(
            f"column {label!r}: {light:.4g} kWh/m² in the whole year, which no place has; are its values in {unit}?"
        )
    mean = float(values["temp_air"].mean())
    if mean > WARMEST_MEAN:
        label = table.columns["temp_air"].label
        refuse(f"column {label!r}: a mean of {mean:.0f} °C over the year, which no place has; is it in °F?")


_EXPECTED = [
    Stamp(month + 1, day + 1, hour)
    for month, days in enumerate(DAYS_IN_MONTH)
    for day in range(int(days))
    for hour in range(24)
]


def _check_hours(table: WeatherTable) -> None:
    rows = len(table.stamps)
    if rows == HOURS + 24 and any(s.month == 2 and s.day == 29 for s in table.stamps):
        refuse(f"{rows} hours: a leap year. Take out the 29th of February, which a model year does not have")
    if rows in (HOURS * 2, HOURS * 2 + 48):
        refuse(f"{rows} rows: half-hourly. Ask the source for hourly values")
    if rows != HOURS:
        refuse(f"{rows} hours instead of the {HOURS} of a year")
    for index, (found, expected) in enumerate(zip(table.stamps, _EXPECTED, strict=True)):
        if found != expected:
            refuse(
                f"line {table.first_line + index}: month {found.month}, day {found.day}, hour {found.hour} "
                f"where month {expected.month}, day {expected.day}, hour {expected.hour} was expected; "
                "the hours must run from 1 January to 31 December without a gap"
            )


def _checked(table: WeatherTable, name: str, column: Column) -> FloatArray:
    try:
        values = np.array(column.values, dtype=np.float64)
    except (TypeError, ValueError):
        row = next(i for i, value in enumerate(column.values) if _number(value) is None)
        refuse(
            f"line {table.first_line + row}, column {column.label!r}: "
            f"{_shown(column.values[row])} is not a number"
        )
    limits = LIMITS[name]
    unknown = ~np.isfinite(values) | (values >= limits.missing) | (values <= -999.0)
    if unknown.any():
        row = int(np.argmax(unknown))
        refuse(
            f"line {table.first_line + row}, column {column.label!r}: {_shown(column.values[row])} stands "
            f"for a missing value; {int(unknown.sum())} of {HOURS} hours have none"
        )
    wrong = (values < limits.low) | (values > limits.high)
    if wrong.any():
        row = int(np.argmax(wrong))
        refuse(
            f"line {table.first_line + row}, column {column.label!r}: {values[row]:g} lies outside "
            f"{limits.low:g} to {limits.high:g}, which is possible"
        )
    return values if name == "temp_air" else np.maximum(values, 0.0)


def _number(value: object) -> float | None:
    try:
        return float(str(value))
    except ValueError:
        return None


def _shown(value: object) -> str:
    return repr(value if not isinstance(value, str) or len(value) <= 40 else value[:40] + "…")


def _position(name: str, value: object, limit: float) -> float:
    number = _number(value)
    if number is None or not math.isfinite(number) or abs(number) > limit:
        refuse(f"{name} in the head of the file: {_shown(value)} is not a number within ±{limit:g}")
    return number
