"""From the horizontal plane to the plane of the modules."""

import math
from dataclasses import dataclass

import numpy as np

from core.pv.solar_position import Direction, direction
from core.pv.weather_year import FloatArray


def cos_aoi(
    surface_tilt: float, surface_azimuth: float, zenith: FloatArray, azimuth: FloatArray
) -> FloatArray:
    """Give what `cos_incidence` gives, from angles.

    Parameters
    ----------
    surface_tilt : float
        0 lies flat, 90 stands upright. [°]
    surface_azimuth : float
        Where the plane looks, clockwise from north. [°]
    zenith, azimuth : ndarray, shape (n,)
        Of the sun. [°]

    Returns
    -------
    ndarray, shape (n,)
        Between -1 and 1. [unitless]
    """
    return cos_incidence(surface_tilt, surface_azimuth, direction(zenith, azimuth))


def cos_incidence(surface_tilt: float, surface_azimuth: float, sun: Direction) -> FloatArray:
    """Give the cosine of the angle between the sun and the normal of a plane; negative behind it.

    Parameters
    ----------
    surface_tilt : float
        0 lies flat, 90 stands upright. [°]
    surface_azimuth : float
        Where the plane looks, clockwise from north. [°]
    sun : Direction
        Of shape (n,).

    Returns
    -------
    ndarray, shape (n,)
        Between -1 and 1. [unitless]
    """
    tilt, turned = math.radians(surface_tilt), math.radians(surface_azimuth)
    east, north = math.sin(tilt) * math.sin(turned), math.sin(tilt) * math.cos(turned)
    projection = math.cos(tilt) * sun.up + east * sun.east + north * sun.north
    return np.minimum(np.maximum(projection, -1.0), 1.0)


def aoi(surface_tilt: float, surface_azimuth: float, zenith: FloatArray, azimuth: FloatArray) -> FloatArray:
    """Give the angle of incidence [°]; arguments as for `cos_aoi`."""
    return np.degrees(np.arccos(cos_aoi(surface_tilt, surface_azimuth, zenith, azimuth)))


def ground_reflected(surface_tilt: float, ghi: FloatArray, albedo: float) -> FloatArray:
    """Give the light that the ground throws onto the plane [W/m²], as if it shone evenly everywhere."""
    return ghi * (albedo * (1.0 - math.cos(math.radians(surface_tilt))) / 2.0)


def isotropic(surface_tilt: float, dhi: FloatArray) -> FloatArray:
    """Give the sky's light on the plane [W/m²] as if every part of the sky shone alike.

    Understates a clear sky by several percent; kept as the floor that `perez` is tested against.
    """
    return dhi * ((1.0 + math.cos(math.radians(surface_tilt))) / 2.0)


PEREZ_CLEARNESS = np.array([1.065, 1.230, 1.500, 1.950, 2.800, 4.500, 6.200])
"""Upper edges of the clearness bins 1 to 7; bin 8 is open. From Perez et al. (1990), see `perez_sky`."""

PEREZ_COEFFICIENTS = np.array(
    [
        # F11, F12, F13, F21, F22, F23
        [-0.008, 0.588, -0.062, -0.060, 0.072, -0.022],
        [0.130, 0.683, -0.151, -0.019, 0.066, -0.029],
        [0.330, 0.487, -0.221, 0.055, -0.064, -0.026],
        [0.568, 0.187, -0.295, 0.109, -0.152, -0.014],
        [0.873, -0.392, -0.362, 0.226, -0.462, 0.001],
        [1.132, -1.237, -0.412, 0.288, -0.823, 0.056],
        [1.060, -1.600, -0.359, 0.264, -1.127, 0.131],
        [0.678, -0.327, -0.250, 0.156, -1.377, 0.251],
    ]
)
"""Brightness coefficients by clearness bin: the composite of all sites of Perez et al. (1990).

Read from pvlib, where the set is called `allsitescomposite1990`; a test holds the two equal.
"""
_COEFFICIENTS_BY_BIN = np.ascontiguousarray(PEREZ_COEFFICIENTS.T)


@dataclass(frozen=True, slots=True, eq=False)
class PerezSky:
    """The sky as Perez sees it, the same for every plane of a site; arrays of shape (n,).

    `circumsolar` is the brightness around the sun already divided by the cosine of the zenith angle.
    """

    dhi: FloatArray
    circumsolar_share: FloatArray
    circumsolar: FloatArray
    horizon: FloatArray


def perez_sky(
    dhi: FloatArray, dni: FloatArray, dni_extra: FloatArray, zenith: FloatArray, airmass: FloatArray
) -> PerezSky:
    """Describe the sky's brightness around the sun and along the horizon.

    Parameters
    ----------
    dhi, dni, dni_extra : ndarray, shape (n,)
        Diffuse horizontal, direct normal and extraterrestrial irradiance. [W/m²]
    zenith : ndarray, shape (n,)
        Of the sun, with refraction. [°]
    airmass : ndarray, shape (n,)
        Relative, not corrected for pressure. [unitless]

    Returns
    -------
    PerezSky
        To be given to `perez` once for each plane.

    References
    ----------
    .. [1] R. Perez, P. Ineichen, R. Seals, J. Michalsky and R. Stewart, "Modeling daylight availability and
       irradiance components from direct and global irradiance," Solar Energy, vol. 44, no. 5, pp. 271-289,
       1990. :doi:`10.1016/0038-092X(90)90055-H`
    """
    z = np.radians(zenith)
    kz3 = 1.041 * (z * z * z)
    delta = dhi * airmass / dni_extra
    # Without diffuse light the clearness is unbounded; the last bin is open, and the result is zero anyway.
    clearness = 1.0 + dni / np.maximum(dhi, 1e-6) / (1.0 + kz3)
    bins = np.searchsorted(PEREZ_CLEARNESS, clearness, "right")
    f11, f12, f13, f21, f22, f23 = _COEFFICIENTS_BY_BIN.take(bins, axis=1)
    f1 = np.maximum(f11 + f12 * delta + f13 * z, 0.0)
    f2 = f21 + f22 * delta + f23 * z
    cos_zenith = np.maximum(np.cos(z), math.cos(math.radians(85.0)))
    return PerezSky(dhi=dhi, circumsolar_share=f1, circumsolar=f1 / cos_zenith, horizon=f2)


def perez(surface_tilt: float, sky: PerezSky, cos_incidence: FloatArray) -> FloatArray:
    """Give the sky's light on a plane: the dome, the region around the sun, and the horizon's band.

    Parameters
    ----------
    surface_tilt : float
        [°]
    sky : PerezSky
        Arrays of shape (n,).
    cos_incidence : ndarray, shape (n,)
        From `cos_aoi`. [unitless]

    Returns
    -------
    ndarray, shape (n,)
        Never negative. [W/m²]
    """
    tilt = math.radians(surface_tilt)
    dome = (1.0 - sky.circumsolar_share) * ((1.0 + math.cos(tilt)) / 2.0)
    around_sun = sky.circumsolar * np.maximum(cos_incidence, 0.0)
    return np.maximum(sky.dhi * (dome + around_sun + sky.horizon * math.sin(tilt)), 0.0)
