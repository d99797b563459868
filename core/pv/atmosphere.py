"""From the top of the atmosphere to the horizontal plane: air mass, clear sky, beam and diffuse."""

import numpy as np

from core.pv.weather_year import FloatArray


def pressure_at(elevation: float) -> float:
    """Give the standard atmosphere's pressure at a height.

    Parameters
    ----------
    elevation : float
        Above sea level, below the tropopause at 11 000 m. [m]

    Returns
    -------
    float
        [Pa]

    References
    ----------
    .. [1] "U.S. Standard Atmosphere, 1976," NOAA, NASA and USAF, NASA-TM-X-74335.
    """
    return float(101325.0 * (1.0 - 2.25577e-5 * elevation) ** 5.25588)


def relative_airmass(apparent_zenith: FloatArray) -> FloatArray:
    """Give the path through the air relative to the path from the zenith, at sea-level pressure.

    Parameters
    ----------
    apparent_zenith : ndarray
        Of the sun, with refraction. Below the horizon the value at 90° (37.9) is kept, so that no result is
        undefined; there is no light to multiply it with. [°]

    Returns
    -------
    ndarray
        1 at the zenith. [unitless]

    References
    ----------
    .. [1] F. Kasten and A. T. Young, "Revised optical air mass tables and approximation formula," Applied
       Optics, vol. 28, no. 22, pp. 4735-4738, 1989. :doi:`10.1364/AO.28.004735`
    """
    zenith = np.minimum(apparent_zenith, 90.0)
    return 1.0 / (np.cos(np.radians(zenith)) + 0.50572 * (96.07995 - zenith) ** -1.6364)


def absolute_airmass(airmass: FloatArray, pressure: float) -> FloatArray:
    """Scale a relative air mass to the pressure of the site [Pa]."""
    return airmass * (pressure / 101325.0)


def ineichen(
    apparent_zenith: FloatArray,
    dni_extra: FloatArray,
    linke_turbidity: FloatArray | float,
    elevation: float,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Give the irradiance under a cloudless sky.

    Parameters
    ----------
    apparent_zenith : ndarray, shape (n,)
        Of the sun, with refraction. [°]
    dni_extra : ndarray, shape (n,)
        Outside the atmosphere, on a plane facing the sun. [W/m²]
    linke_turbidity : ndarray, shape (n,), or float
        At air mass 2: about 2 for clean cold air, 7 for a polluted tropical one. [unitless]
    elevation : float
        Above sea level. [m]

    Returns
    -------
    ghi, dni, dhi : ndarray, shape (n,)
        Zero at night, never negative. [W/m²]

    Notes
    -----
    Without the enhancement factor that Perez proposed for very clear skies, which misleads at low sun.

    References
    ----------
    .. [1] P. Ineichen and R. Perez, "A new airmass independent formulation for the Linke turbidity
       coefficient," Solar Energy, vol. 73, no. 3, pp. 151-157, 2002. :doi:`10.1016/S0038-092X(02)00045-2`
    """
    cos_zenith = np.maximum(np.cos(np.radians(apparent_zenith)), 0.0)
    airmass = absolute_airmass(relative_airmass(apparent_zenith), pressure_at(elevation))
    turbid = np.asarray(linke_turbidity, dtype=np.float64) - 1.0
    fh1 = np.exp(-elevation / 8000.0)
    fh2 = np.exp(-elevation / 1250.0)
    cg1 = 5.09e-5 * elevation + 0.868
    cg2 = 3.92e-5 * elevation + 0.0387
    ghi = cg1 * dni_extra * cos_zenith * np.exp(-cg2 * airmass * (fh1 + fh2 * turbid))

    beam = dni_extra * (0.664 + 0.163 / fh1) * np.exp(-0.09 * airmass * turbid)
    # The diffuse share cannot fall below that of a clean sky; this caps the beam where it overshoots.
    least_diffuse = (0.1 - 0.2 * np.exp(-(turbid + 1.0))) / (0.1 + 0.882 / fh1)
    beam_horizontal = np.clip(np.minimum(beam * cos_zenith, ghi * (1.0 - least_diffuse)), 0.0, ghi)
    lit = cos_zenith > 0.0
    dni = np.divide(beam_horizontal, cos_zenith, out=np.zeros_like(ghi), where=lit)
    return ghi, dni, ghi - beam_horizontal


def clearness_index(
    ghi: FloatArray, zenith: FloatArray, dni_extra: FloatArray, *, min_cos_zenith: float = 0.065
) -> FloatArray:
    """Give the share of extraterrestrial light that reaches the ground, between 0 and 1.

    Parameters
    ----------
    ghi : ndarray, shape (n,)
        Global horizontal irradiance. [W/m²]
    zenith : ndarray, shape (n,)
        Of the sun, without refraction. [°]
    dni_extra : ndarray, shape (n,)
        Outside the atmosphere, on a plane facing the sun. [W/m²]
    min_cos_zenith : float, default 0.065
        Floor (86.3°), so that a low sun makes no spurious clear hour. [unitless]

    Returns
    -------
    ndarray, shape (n,)
        [unitless]
    """
    horizontal = dni_extra * np.maximum(np.cos(np.radians(zenith)), min_cos_zenith)
    return np.clip(ghi / horizontal, 0.0, 1.0)


def erbs(ghi: FloatArray, zenith: FloatArray, dni_extra: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Split global horizontal irradiance into its beam and its diffuse part.

    Parameters
    ----------
    ghi : ndarray, shape (n,)
        Hourly means. Negative readings of a pyranometer at night count as zero. [W/m²]
    zenith : ndarray, shape (n,)
        Of the sun at the middle of the hour, without refraction. [°]
    dni_extra : ndarray, shape (n,)
        Outside the atmosphere, on a plane facing the sun. [W/m²]

    Returns
    -------
    dni, dhi : ndarray, shape (n,)
        With ghi = dni cos(zenith) + dhi, and all of it diffuse when the sun is lower than 3°. [W/m²]

    Notes
    -----
    Fitted to hourly pyranometer data. Within an hour sun and cloud alternate, so shorter intervals split
    otherwise.

    References
    ----------
    .. [1] D. G. Erbs, S. A. Klein and J. A. Duffie, "Estimation of the diffuse radiation fraction for hourly,
       daily and monthly-average global radiation," Solar Energy, vol. 28, no. 4, pp. 293-302, 1982.
       :doi:`10.1016/0038-092X(82)90302-4`
    """
    light = np.maximum(ghi, 0.0)
    kt = clearness_index(light, zenith, dni_extra)
    partly_cloudy = 0.9511 + kt * (-0.1604 + kt * (4.388 + kt * (-16.638 + kt * 12.336)))
    fraction = np.where(kt <= 0.22, 1.0 - 0.09 * kt, np.where(kt <= 0.8, partly_cloudy, 0.165))
    dhi = np.where(zenith > 87.0, light, fraction * light)
    cos_zenith = np.maximum(np.cos(np.radians(zenith)), np.cos(np.radians(87.0)))
    return (light - dhi) / cos_zenith, dhi


def spectral_modifier(airmass: FloatArray) -> FloatArray:
    """Give what the reddening of low sunlight does to the current of a crystalline silicon cell.

    Parameters
    ----------
    airmass : ndarray, shape (n,)
        Absolute. [unitless]

    Returns
    -------
    ndarray, shape (n,)
        1 near the air mass of the standard test conditions, 1.5; from 10 upwards, where the polynomial falls away,
        the value at 10. [unitless]

    References
    ----------
    .. [1] W. De Soto, S. A. Klein and W. A. Beckman, "Improvement and validation of a model for photovoltaic
       array performance," Solar Energy, vol. 80, no. 1, pp. 78-88, 2006. :doi:`10.1016/j.solener.2005.06.010`
    """
    air = np.minimum(airmass, 10.0)
    return 0.918093 + air * (0.086257 + air * (-0.024459 + air * (0.002816 + air * -0.000126)))
