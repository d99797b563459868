"""Taking apart what a service answered, where nothing can be relied upon."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from core.errors import ProviderUnavailable
from core.pv.weather_year import FloatArray

LIMITS = {
    # WMO records: −89.2 °C (Vostok), 56.7 °C (Furnace Creek), a gust of 113 m/s (Barrow Island).
    "temp_air": (-90.0, 60.0),
    "relative_humidity": (0.0, 100.5),
    "wind_speed": (0.0, 113.0),
    "wind_gust": (0.0, 113.0),
    # Foc-Foc, La Réunion: 1825 mm in a day; of six hours surely less.
    "precipitation": (0.0, 1825.0),
    "cloud": (0.0, 100.5),
}
"""What cannot have been meant; wider than anything recorded, to catch a wrong column or unit."""


def mapping(provider: str, document: object, *path: str) -> Mapping[str, object]:
    """The object at a path of keys; raises `ProviderUnavailable` naming the path."""
    for key in path:
        document = document.get(key) if isinstance(document, Mapping) else None
    if not isinstance(document, Mapping):
        raise ProviderUnavailable(provider, f"answered without {'.'.join(path) or 'an object'}")
    return document


def optional(document: object, *path: str | int) -> object:
    """What stands at a path, None where it breaks off."""
    for key in path:
        if isinstance(document, Mapping) and isinstance(key, str):
            document = document.get(key)
        elif isinstance(document, Sequence) and isinstance(key, int) and key < len(document):
            document = document[key]
        else:
            return None
    return document


def number(provider: str, name: str, value: object) -> float:
    """A finite number, or NaN for null; raises `ProviderUnavailable` for anything else."""
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ProviderUnavailable(provider, f"{name} holds values that are no numbers")
    return float(value)


def numbers(provider: str, name: str, values: Sequence[object]) -> FloatArray:
    """A column of `number`s within the limits of what there is on Earth."""
    column = np.array([number(provider, name, value) for value in values], dtype=np.float64)
    low, high = LIMITS[name]
    beyond = column[(column < low) | (column > high)]
    if beyond.size:
        raise ProviderUnavailable(
            provider, f"{name} of {beyond[0]:g} cannot be: the units are not those that were asked for"
        )
    return column
