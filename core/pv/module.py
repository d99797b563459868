"""What a module gives at a temperature: its power under light, and the voltages a string is built from."""

import numpy as np

from core.pv.weather_year import FloatArray

TEMP_STC = 25.0
"""Cell temperature of the standard test conditions, IEC 61215. [°C]"""

K_CRYSTALLINE = 0.0035
"""What `low_light_loss` takes for a module nothing more is known of. [unitless]

Median over the 2 981 monocrystalline modules of 300 W and more of the CEC table (2019) that pvlib ships, at 25 °C by
its single-diode model; the quartiles are 0.0017 and 0.0056.
"""


def pvwatts_dc(
    effective_irradiance: FloatArray, temp_cell: FloatArray, *, pdc0: float, gamma_pdc: float
) -> FloatArray:
    """Give an array's power at its maximum power point as if its efficiency did not change with the light.

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


def low_light_loss(effective_irradiance: FloatArray, *, k: float = K_CRYSTALLINE) -> FloatArray:
    """Give the power that a module lacks in weak light, in parts of its nameplate.

    Parameters
    ----------
    effective_irradiance : ndarray, shape (n,)
        Light that reached the cells. [W/m²]
    k : float, default 0.0035
        That lack at 200 W/m², from a datasheet's power there: 0.2 - p_200 / pdc0. [unitless]

    Returns
    -------
    ndarray, shape (n,)
        Zero from 1000 W/m² upwards. [unitless]

    References
    ----------
    .. [1] B. Marion, "Comparison of predictive models for photovoltaic module performance," 33rd IEEE Photovoltaic
       Specialists Conference, pp. 1-6, 2008. :doi:`10.1109/PVSC.2008.4922586`
    """
    weak = 1.0 - (1.0 - effective_irradiance / 200.0) ** 4
    strong = np.maximum(1000.0 - effective_irradiance, 0.0) / 800.0
    return k * np.where(effective_irradiance <= 200.0, weak, strong)


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
