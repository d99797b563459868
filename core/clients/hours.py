"""Columns of hourly values as the documents that travel, and what two weather codes come to."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
from pydantic import TypeAdapter, ValidationError

from core.errors import ProviderUnavailable
from core.pv.weather_year import FloatArray
from core.weather_codes import FREEZING, SQUALLS
from state.weather import ForecastHour

_HOURS = TypeAdapter(list[ForecastHour])


def to_hours(
    provider: str, starts: Sequence[datetime], columns: Mapping[str, FloatArray]
) -> list[ForecastHour]:
    """One document per hour; a value that is not a number is unknown.

    Raises
    ------
    ProviderUnavailable
        Names a value that cannot be.
    """
    lists: dict[str, Sequence[object]] = {"start": starts}
    lists |= {field: _known(values) for field, values in columns.items()}
    try:
        return _HOURS.validate_python(
            [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]
        )
    except ValidationError as error:
        fault = error.errors(include_input=True, include_url=False)[0]
        raise ProviderUnavailable(
            provider, f"{fault['loc'][-1]} of {fault['input']!r} cannot be: {fault['msg']}"
        ) from None


def _known(values: FloatArray) -> list[float | None]:
    listed: list[float | None] = values.tolist()
    for index in np.flatnonzero(np.isnan(values)).tolist():
        listed[index] = None
    return listed


def worse_code(one: FloatArray, other: FloatArray) -> FloatArray:
    """Of two codes the one that matters on a roof, unknown where either is: thunder, squalls, ice, then rain."""
    worse = np.where(_gravity(one) >= _gravity(other), one, other)
    return np.where(np.isnan(one) | np.isnan(other), np.nan, worse)


def worst_code(codes: Sequence[int]) -> int:
    """The same of several that hold at once."""
    return codes[int(np.argmax(_gravity(np.array(codes, dtype=np.float64))))]


def _gravity(code: FloatArray) -> FloatArray:
    ice, squall, thunder = np.isin(code, list(FREEZING)), np.isin(code, list(SQUALLS)), code >= 95
    graver: FloatArray = code + 100.0 * ice + 200.0 * squall + 300.0 * thunder
    return graver
