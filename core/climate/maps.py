"""World maps that ship in pvlib's wheel, read without importing pvlib (which costs a second)."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from core.errors import ConfigurationError

ROWS, COLUMNS = 2160, 4320
"""Both maps: cells of 5 arc minutes, rows from 90° N to 90° S, columns from 180° W to 180° E."""


@cache
def _data_folder() -> Path:
    spec = find_spec("pvlib")
    if spec is None or spec.origin is None:
        raise ConfigurationError(["the package pvlib is not installed; its maps are needed"])
    return Path(spec.origin).parent / "data"


@cache
def _dataset(file_name: str, dataset: str) -> h5py.Dataset:
    """Kept open for good: to open a map takes twenty times as long as to read a cell of it."""
    return h5py.File(_data_folder() / file_name, "r")[dataset]


def read_cell(file_name: str, dataset: str, latitude: float, longitude: float) -> NDArray[np.uint8]:
    """Everything the map holds for the cell around a position; a number has shape ().

    Parameters
    ----------
    file_name, dataset : str
        Which map of the wheel's data folder, and which dataset in it.
    latitude, longitude : float
        Degrees north and east. [°]
    """
    row = round((90.0 - latitude) / 180.0 * ROWS - 0.5)
    column = round((longitude + 180.0) / 360.0 * COLUMNS - 0.5)
    cell = _dataset(file_name, dataset)[min(max(row, 0), ROWS - 1), min(max(column, 0), COLUMNS - 1)]
    return np.asarray(cell, dtype=np.uint8)
