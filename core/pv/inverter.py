"""From direct to alternating current."""

import numpy as np

from core.pv.weather_year import FloatArray

_REFERENCE_EFFICIENCY = 0.9637


def pvwatts_ac(p_dc: FloatArray, *, pac0: float, eta_inv_nom: float = 0.96) -> FloatArray:
    """Give an inverter's output: its efficiency by load, its limit, nothing at night.

    Parameters
    ----------
    p_dc : ndarray, shape (n,)
        Power at the input. [W]
    pac0 : float
        Rated output. [W]
    eta_inv_nom : float, default 0.96
        Efficiency at the rated output. [unitless]

    Returns
    -------
    ndarray, shape (n,)
        Between 0 and pac0. [W]

    Notes
    -----
    The efficiency curve is the mean of inverters tested for the California Energy Commission. Below 0.6 % of the
    rating no output is left; what an inverter consumes at night is not counted.

    References
    ----------
    .. [1] A. P. Dobos, "PVWatts version 5 manual," NREL/TP-6A20-62641, 2014. :doi:`10.2172/1158421`
    """
    return np.minimum(pvwatts_unlimited(p_dc, pac0=pac0, eta_inv_nom=eta_inv_nom), pac0)


def pvwatts_unlimited(p_dc: FloatArray, *, pac0: float, eta_inv_nom: float = 0.96) -> FloatArray:
    """Give `pvwatts_ac` before the limit, for those who ask how much is clipped."""
    rated_input = pac0 / eta_inv_nom
    load = p_dc / rated_input
    # The published efficiency has a term in 1 / load: multiplied out, a load of zero divides nothing.
    curve = (0.9858 - 0.0162 * load) * load - 0.0059
    return np.maximum(rated_input * (eta_inv_nom / _REFERENCE_EFFICIENCY) * curve, 0.0)
