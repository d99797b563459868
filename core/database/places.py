"""Where jobs are filed, so that those at one site find each other."""

from collections.abc import Mapping
from typing import Any

from core.climate.cells import weather_cell

CELL_DEG = 0.001
"""Edge of the cells that places are filed under, about 110 m."""


def place_of(latitude: float, longitude: float) -> str:
    """The cell that a place is filed under."""
    return f"{round(latitude / CELL_DEG)}/{round(longitude / CELL_DEG)}"


def job_place(job_input: Mapping[str, Any]) -> str | None:
    """The cell of a job with this `JobInput`; None where it has no position."""
    position = _position(job_input)
    return None if position is None else place_of(*position)


def job_cell(job_input: Mapping[str, Any]) -> str | None:
    """The cell whose forecast is that of a job with this `JobInput`; None where it has no position."""
    position = _position(job_input)
    return None if position is None else weather_cell(*position)


def _position(job_input: Mapping[str, Any]) -> tuple[float, float] | None:
    site = job_input.get("site") or {}
    latitude, longitude = site.get("latitude"), site.get("longitude")
    return None if latitude is None or longitude is None else (latitude, longitude)


def places_around(latitude: float, longitude: float) -> list[str]:
    """The cells within half a cell's edge, so that neighbours across an edge are found."""
    half = CELL_DEG / 2
    return sorted(
        {place_of(latitude + north, longitude + east) for north in (-half, half) for east in (-half, half)}
    )
