"""How much of the light passes the cover glass, by the angle at which it arrives."""

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from core.pv.weather_year import FloatArray

N_COATING = 1.3
"""Refractive index of the anti-reflective coating, as in PVWatts."""
N_GLASS = 1.526
"""Refractive index of solar glass (De Soto et al., 2006)."""
GLAZING_EXTINCTION = 4.0
"""Of water-white glass (De Soto et al., 2006). [1/m]"""
GLASS_THICKNESS = 0.002
"""Of the cover (De Soto et al., 2006); the coating is far too thin to absorb. [m]"""


class DiffuseModifiers(NamedTuple):
    """Shares of the diffuse light that pass, against light at normal incidence."""

    sky: float
    ground: float


def beam_modifier(cos_incidence: FloatArray) -> FloatArray:
    """Give the share of beam light that passes coated glass, against light at normal incidence.

    Parameters
    ----------
    cos_incidence : ndarray, shape (n,)
        Cosine of the angle of incidence. [unitless]

    Returns
    -------
    ndarray, shape (n,)
        1 near normal incidence, 0 at a grazing angle and from behind. [unitless]

    Notes
    -----
    Fresnel reflection at coating and glass and absorption in the glass [1]_, with the coating and the normalisation of
    PVWatts version 8 [2]_: the light that passes at normal incidence is that of glass which the light enters from
    air. So a coated module loses nothing up to 55°, where the strict ratio would be 0.97, and a year yields about 1 %
    more. It is kept because results are to agree with PVWatts, and every share is capped at 1.

    References
    ----------
    .. [1] W. De Soto, S. A. Klein and W. A. Beckman, "Improvement and validation of a model for photovoltaic
       array performance," Solar Energy, vol. 80, no. 1, pp. 78-88, 2006. :doi:`10.1016/j.solener.2005.06.010`
    .. [2] National Renewable Energy Laboratory, SAM Simulation Core, shared/lib_pv_incidence_modifier.cpp.
    """
    facing = np.maximum(cos_incidence, 0.0)
    sin_squared = 1.0 - facing**2
    in_coating = np.sqrt(1.0 - sin_squared / N_COATING**2)
    in_glass = np.sqrt(1.0 - sin_squared / N_GLASS**2)
    passed = (
        _not_reflected(facing, in_coating, N_COATING)
        * _not_reflected(in_coating, in_glass, N_GLASS / N_COATING)
        * np.exp(-GLAZING_EXTINCTION * GLASS_THICKNESS / in_glass)
    )
    return np.minimum(passed / _passed_at_normal(), 1.0)


@lru_cache(maxsize=256)
def diffuse_modifiers(surface_tilt: float) -> DiffuseModifiers:
    """Give the shares of sky and ground light that pass, each taken as a beam from one equivalent angle.

    Parameters
    ----------
    surface_tilt : float
        Between 0 and 90. [°]

    Returns
    -------
    DiffuseModifiers
        [unitless]

    Notes
    -----
    Equivalent angles for light that is even over the part of the sky or the ground in view: equations 5.4.2 and 5.4.1
    of [1]_. Diffuse light is taken to meet bare glass, as in PVWatts; see `beam_modifier`.

    References
    ----------
    .. [1] J. A. Duffie and W. A. Beckman, "Solar Engineering of Thermal Processes," 4th ed., Wiley, 2013.
       :doi:`10.1002/9781118671603`
    """
    sky = 59.7 - 0.1388 * surface_tilt + 0.001497 * surface_tilt**2
    ground = 90.0 - 0.5788 * surface_tilt + 0.002693 * surface_tilt**2
    normal = _passed_at_normal()
    shares = np.minimum(_bare_glass(np.cos(np.radians([sky, ground]))) / normal, 1.0)
    return DiffuseModifiers(float(shares[0]), float(shares[1]))


@lru_cache(maxsize=1)
def _passed_at_normal() -> float:
    coating = 1.0 - ((N_COATING - 1.0) / (N_COATING + 1.0)) ** 2
    glass = 1.0 - ((N_GLASS - 1.0) / (N_GLASS + 1.0)) ** 2
    return coating * glass * math.exp(-GLAZING_EXTINCTION * GLASS_THICKNESS)


def _bare_glass(cos_incidence: FloatArray) -> FloatArray:
    in_glass = np.sqrt(1.0 - (1.0 - cos_incidence**2) / N_GLASS**2)
    absorbed = np.exp(-GLAZING_EXTINCTION * GLASS_THICKNESS / in_glass)
    return _not_reflected(cos_incidence, in_glass, N_GLASS) * absorbed


def _not_reflected(cos_before: FloatArray, cos_after: FloatArray, index_ratio: float) -> FloatArray:
    """Give Fresnel's transmission of unpolarised light through one surface."""
    perpendicular = (cos_before - index_ratio * cos_after) / (cos_before + index_ratio * cos_after)
    parallel = (cos_after - index_ratio * cos_before) / (cos_after + index_ratio * cos_before)
    return 1.0 - (perpendicular**2 + parallel**2) / 2.0
