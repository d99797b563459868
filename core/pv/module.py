"""What a module gives at a temperature: its power under light, and the voltages a string is built from."""

import numpy as np

from core.pv.weather_year import FloatArray

TEMP_STC = 25.0
"""Cell temperature of the standard test conditions, IEC 61215. [°C]"""

RELATIVE_EFFICIENCY = (
    (0.0, 0.8600),
    (25.0, 0.8941),
    (50.0, 0.9258),
    (100.0, 0.9558),
    (200.0, 0.9825),
    (300.0, 0.9945),
    (400.0, 1.0009),
    (500.0, 1.0042),
    (600.0, 1.0055),
    (700.0, 1.0054),
    (800.0, 1.0043),
    (900.0, 1.0025),
    (1000.0, 1.0000),
    (1100.0, 0.9971),
)
"""Light [W/m²], and a module's efficiency in it against that at 1000 W/m², both at 25 °C.

Medians over the 2 981 monocrystalline modules of 300 W and more of the CEC table (2019) that pvlib ships, by its
single-diode model; the quartiles at 200 W/m² are 0.972 and 0.991. The first row carries the line below 25 W/m² on.
"""

_LIGHT, _EFFICIENCY = np.array(RELATIVE_EFFICIENCY).T


def pvwatts_dc(
    effective_irradiance: FloatArray, temp_cell: FloatArray, *, pdc0: float, gamma_pdc: float
) -> FloatArray:
    """Give an array's power at its maximum power point linear in light and temperature.

    Parameters
    ----------
    effective_irradiance : ndarray, shape (n,)
        Light that reached the cells. [W/m²]
    temp_cell : ndarray, shape (n,)
        [°C]
    pdc0 : float
        Nameplate of the array. [W]
    gamma_pdc : float
        Relative change of the power with the cell temperature, for example -0.0035. [1/°C]

    Returns
    -------
    ndarray, shape (n,)
        Never negative. [W]

    References
    ----------
    .. [1] A. P. Dobos, "PVWatts version 5 manual," NREL/TP-6A20-62641, 2014. :doi:`10.2172/1158421`
    """
    derate = np.maximum(1.0 + gamma_pdc * (temp_cell - TEMP_STC), 0.0)
    return effective_irradiance * (pdc0 / 1000.0) * derate


def relative_efficiency(effective_irradiance: FloatArray) -> FloatArray:
    """Give a crystalline module's efficiency against that in full light, where nothing more is known of it.

    Parameters
    ----------
    effective_irradiance : ndarray, shape (n,)
        Light that reached the cells. [W/m²]

    Returns
    -------
    ndarray, shape (n,)
        From `RELATIVE_EFFICIENCY`, on straight lines in between. [unitless]

    Notes
    -----
    Between 400 and 1000 W/m² less current flows through the series resistance and a module does better than its
    nameplate; below, the shunt resistance and the diode take their share.
    """
    return np.asarray(np.interp(effective_irradiance, _LIGHT, _EFFICIENCY), dtype=np.float64)


def v_oc_at(v_oc: float, beta_voc: float, temp_cell: float) -> float:
    """Give the open-circuit voltage at a cell temperature, linear in it as NEC 690.7(A)(1) has it.

    Parameters
    ----------
    v_oc : float
        At standard test conditions; of a module, or of a string. [V]
    beta_voc : float
        Relative change with the temperature, negative, for example -0.0027. [1/°C]
    temp_cell : float
        For the highest voltage the lowest expected ambient temperature: at dawn a cell is no warmer. [°C]

    Returns
    -------
    float
        [V]
    """
    return v_oc * (1.0 + beta_voc * (temp_cell - TEMP_STC))


def v_mp_at(v_mp: float, beta_vmp: float, temp_cell: float) -> float:
    """Give the voltage at the maximum power point at a cell temperature.

    Parameters
    ----------
    v_mp : float
        At standard test conditions; of a module, or of a string. [V]
    beta_vmp : float
        Relative change with the temperature. Where a datasheet has none, gamma_pdc stands in: it is the steeper of
        the two, and so on the safe side, for 361 of the 381 crystalline modules of Sandia's table in pvlib. [1/°C]
    temp_cell : float
        [°C]

    Returns
    -------
    float
        Zero where the line would fall below it. [V]
    """
    return max(v_mp * (1.0 + beta_vmp * (temp_cell - TEMP_STC)), 0.0)
