"""Cells that share a forecast: 0.1° wide and a band of elevation high."""

import math

from core.climate.terrain import lookup_elevation

CELL_DEG = 0.1
"""Edge of a cell, 11 km from south to north: about what the models behind the forecasts resolve."""

BAND_M = 200.0
"""Height of a band: 1.3 °C at 0.65 °C in 100 m, so that a summit does not get its valley's heat."""


def weather_cell(latitude: float, longitude: float) -> str:
    """Name the cell of a place.

    The elevation is the map's and not the technician's, so that a place has one cell whoever asks.

    Parameters
    ----------
    latitude, longitude : float
        Degrees north and east. [°]
    """
    band = math.floor(lookup_elevation(latitude, longitude) / BAND_M)
    return f"{round(latitude / CELL_DEG)}/{round(longitude / CELL_DEG)}/{band}"
