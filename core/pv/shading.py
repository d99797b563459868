"""What the rows of a rack take from each other.

All lengths are in units of the slanted height of a row; the pitch from row to row is then 1 / gcr::

        C          B          rows A-B and D-C, seen from the side, looking to the left;
       /          /           a module of row A-B sees sky between C and B, ground between D and A
      /          /
     D----------A
       pitch
"""

import math
from dataclasses import dataclass

import numpy as np

from core.pv.weather_year import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class RowShading:
    """Shares of the light that remain, averaged over all rows; `beam` and `ground` have shape (n,)."""

    beam: FloatArray
    sky: float
    ground: FloatArray


def typical_rows(pdc0: float) -> int:
    """Give the rows of a roughly square array of 300 W modules, two above each other, as PVWatts assumes it."""
    return max(math.ceil(math.sqrt(math.ceil(pdc0 / 300.0) / 2.0)), 1)


def row_shading(
    surface_tilt: float,
    surface_azimuth: float,
    zenith: FloatArray,
    azimuth: FloatArray,
    beam_share: FloatArray,
    *,
    gcr: float,
    rows: int,
) -> RowShading:
    """Give what is left of the light on rows behind one another on level ground.

    Parameters
    ----------
    surface_tilt, surface_azimuth : float
        Of the rows. [°]
    zenith, azimuth : ndarray, shape (n,)
        Of the sun, above the horizon. [°]
    beam_share : ndarray, shape (n,)
        Share of the beam in the global horizontal irradiance, which only lights the ground outside the shadows.
    gcr : float
        Ground cover ratio: slanted height of a row over the pitch, above 0 and below 1.
    rows : int
        Of which the first is never shaded.

    Returns
    -------
    RowShading

    Notes
    -----
    Shadows follow [1]_, the light lost is proportional to the shaded area (whole rows of cells in parallel; a string
    across the row loses more). The diffuse parts are view factors of endlessly long rows by crossed strings [2]_.

    References
    ----------
    .. [1] J. Appelbaum and J. Bany, "Shadow effect of adjacent solar collectors in large scale systems," Solar
       Energy, vol. 23, no. 6, pp. 497-507, 1979. :doi:`10.1016/0038-092X(79)90073-2`
    .. [2] H. C. Hottel and A. F. Sarofim, "Radiative Transfer," McGraw-Hill, 1967, ch. 2.
    """
    pitch = 1.0 / gcr
    tilt = math.radians(surface_tilt)
    height, depth = math.sin(tilt), math.cos(tilt)
    # A sun in front of the rows throws their shadows backwards; from behind it lights no module.
    elongation = np.cos(np.radians(azimuth - surface_azimuth)) * np.tan(np.radians(np.minimum(zenith, 89.9)))
    shadow = np.abs(depth + height * elongation)
    shaded = np.where(elongation > 0.0, np.clip(1.0 - pitch / np.maximum(shadow, 1e-9), 0.0, 1.0), 0.0)

    sky_in_view = (1.0 + pitch - math.hypot(pitch - depth, height)) / 2.0
    ground_in_view = _ground_in_view(pitch, tilt)
    lit = np.maximum(pitch - shadow, 0.0)
    lit_in_view = (1.0 + lit - np.sqrt(lit**2 + 2.0 * lit * depth + 1.0)) / 2.0
    open_ground = (1.0 - depth) / 2.0
    if open_ground > 1e-9:
        ground = (beam_share * lit_in_view + (1.0 - beam_share) * ground_in_view) / open_ground
    else:
        ground = np.ones_like(zenith)
    behind = (rows - 1) / rows
    return RowShading(
        beam=1.0 - behind * shaded,
        sky=1.0 - behind * (1.0 - sky_in_view / ((1.0 + depth) / 2.0)),
        ground=1.0 - behind * (1.0 - ground),
    )


def _ground_in_view(pitch: float, tilt: float) -> float:
    return (1.0 + pitch - math.hypot(pitch + math.cos(tilt), math.sin(tilt))) / 2.0
