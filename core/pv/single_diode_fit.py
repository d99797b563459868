"""The six parameters of a module from the figures that its datasheet states."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from core.pv.single_diode import SingleDiode, maximum_power_point, saturation_growth
from core.pv.weather_year import FloatArray

_TEMP_REF = 298.15
_STEP = 5.0
_COLD, _HOT = -10.0, 50.0
_TOLERANCE = 1e-7
_STEPS = 25

RAISED = (1.0, 1.01, 1.02, 1.03, 1.04, 1.05, 1.06)
"""What the short-circuit current is multiplied by, in this order, until there is a physical diode. [unitless]"""


class DatasheetDoesNotFit(ValueError):
    """No diode passes through the figures of a datasheet; the message says which of them contradict each other."""


@dataclass(frozen=True, slots=True)
class Datasheet:
    """A module at standard test conditions, 1000 W/m² and 25 °C.

    Parameters
    ----------
    v_oc, v_mp : float
        [V]
    i_sc, i_mp : float
        [A]
    alpha_sc : float
        Change of the short-circuit current with the temperature. [A/°C]
    beta_voc : float
        Of the open-circuit voltage; negative. [V/°C]
    gamma_pdc : float
        Relative change of the power; negative. [1/°C]
    """

    v_oc: float
    v_mp: float
    i_sc: float
    i_mp: float
    alpha_sc: float
    beta_voc: float
    gamma_pdc: float


@lru_cache(maxsize=512)
def fit_single_diode(sheet: Datasheet) -> SingleDiode:
    """Find the diode whose curve passes through a datasheet.

    Parameters
    ----------
    sheet : Datasheet
        Of a crystalline module.

    Returns
    -------
    SingleDiode
        With the sheet's short-circuit, open-circuit and maximum-power points, and with its three temperature
        coefficients: of the voltage over 5 °C above, of the power over the line from -10 to 50 °C.

    Raises
    ------
    DatasheetDoesNotFit
        The figures contradict each other, or no diode has them.

    Notes
    -----
    The conditions are those of [1]_. Given ideality and series resistance, the other three parameters follow from the
    three points by linear equations; so Newton's method has three unknowns only: the logarithm of the ideality, the
    share of the series resistance in the greatest one possible, and the adjustment. It is started from several places.

    About every fourth sheet of the CEC list wants a negative shunt resistance: its curve is too square near short
    circuit for its temperature coefficients. As in the CEC list itself, its short-circuit current is then raised by
    one per cent after the other until a physical diode passes; the maximum power stays where it is.

    References
    ----------
    .. [1] A. P. Dobos, "An improved coefficient calculator for the California Energy Commission 6 parameter
       photovoltaic module model," Journal of Solar Energy Engineering, vol. 134, no. 2, 2012.
       :doi:`10.1115/1.4005759`
    """
    _demand_plausible(sheet)
    for raised in RAISED:
        tried = replace(sheet, i_sc=sheet.i_sc * raised)
        for start in _starts(tried):
            found = _solve(tried, start)
            if found is not None:
                return found
    raise DatasheetDoesNotFit(
        f"no diode has v_oc {sheet.v_oc:g} V, v_mp {sheet.v_mp:g} V, i_sc {sheet.i_sc:g} A, i_mp {sheet.i_mp:g} A "
        f"with a power coefficient of {100 * sheet.gamma_pdc:g} %/°C and a voltage coefficient of "
        f"{100 * sheet.beta_voc / sheet.v_oc:g} %/°C: check them against each other"
    )


def _demand_plausible(sheet: Datasheet) -> None:
    values = (
        sheet.v_oc,
        sheet.v_mp,
        sheet.i_sc,
        sheet.i_mp,
        sheet.alpha_sc,
        sheet.beta_voc,
        sheet.gamma_pdc,
    )
    fill = sheet.v_mp * sheet.i_mp / (sheet.v_oc * sheet.i_sc) if sheet.v_oc * sheet.i_sc > 0 else math.nan
    demands = {
        "finite figures": all(math.isfinite(value) for value in values),
        "currents and voltages above zero": min(values[:4]) > 0.0,
        "v_mp below v_oc": sheet.v_mp < sheet.v_oc,
        "i_mp below i_sc": sheet.i_mp < sheet.i_sc,
        f"a fill factor between 0.5 and 0.9, not {fill:.2f}": 0.5 < fill < 0.9,
        "a negative beta_voc": sheet.beta_voc < 0.0,
        "a negative gamma_pdc": sheet.gamma_pdc < 0.0,
    }
    broken = [demand for demand, met in demands.items() if not met]
    if broken:
        raise DatasheetDoesNotFit("a single-diode model needs " + ", ".join(broken))


def _starts(sheet: Datasheet) -> Iterator[FloatArray]:
    """Ideality over open-circuit voltage lies between 0.03 and 0.055 in the CEC table, with a median of 0.038."""
    for ideality in (0.040, 0.034, 0.048):
        for share in (0.5, 0.25):
            yield np.array([math.log(ideality * sheet.v_oc), share, 0.08])


def _solve(sheet: Datasheet, start: FloatArray) -> SingleDiode | None:
    unknowns = start
    missed = _misses(sheet, unknowns)
    if missed is None:
        return None
    for _ in range(_STEPS):
        if float(np.abs(missed).max()) < _TOLERANCE:
            found = _diode(sheet, unknowns)
            return found if found is not None and found.r_sh_ref > 0.0 and found.r_s >= 0.0 else None
        jacobian = np.empty((3, 3))
        for place in range(3):
            shifted = unknowns.copy()
            shifted[place] += 1e-6
            there = _misses(sheet, shifted)
            if there is None:
                return None
            jacobian[:, place] = (there - missed) / 1e-6
        try:
            step: FloatArray = np.linalg.solve(jacobian, missed).astype(np.float64)
        except np.linalg.LinAlgError:
            return None
        moved = _shorter(sheet, unknowns, step, float(np.linalg.norm(missed)))
        if moved is None:
            return None
        unknowns, missed = moved
    return None


def _shorter(
    sheet: Datasheet, unknowns: FloatArray, step: FloatArray, norm: float
) -> tuple[FloatArray, FloatArray] | None:
    """Halve a step until it gains."""
    for halvings in range(12):
        tried = unknowns - step * 0.5**halvings
        missed = _misses(sheet, tried)
        if missed is not None and float(np.linalg.norm(missed)) < norm:
            return tried, missed
    return None


def _diode(sheet: Datasheet, unknowns: FloatArray) -> SingleDiode | None:
    """Solve the three points for light current, saturation current and shunt; None where one is not physical."""
    a = math.exp(unknowns[0])
    r_s = float(unknowns[1]) * (sheet.v_oc - sheet.v_mp) / sheet.i_mp
    if not (
        -1.0 < unknowns[1] < 1.0 and 0.005 * sheet.v_oc < a < 0.2 * sheet.v_oc and abs(unknowns[2]) < 1.0
    ):
        return None
    shorted, working = sheet.i_sc * r_s, sheet.v_mp + sheet.i_mp * r_s
    # Scaled by the exponential at open circuit, so that nothing overflows.
    open_, at_short, at_work = (
        math.exp((v - sheet.v_oc) / a) - math.exp(-sheet.v_oc / a) for v in (sheet.v_oc, shorted, working)
    )
    # i_l = i_o e + v g at open circuit; taken from the other two it leaves two equations.
    first = (open_ - at_short, sheet.v_oc - shorted, sheet.i_sc)
    second = (open_ - at_work, sheet.v_oc - working, sheet.i_mp)
    determinant = first[0] * second[1] - first[1] * second[0]
    if determinant == 0.0:
        return None
    scaled = (first[2] * second[1] - first[1] * second[2]) / determinant
    conductance = (first[0] * second[2] - first[2] * second[0]) / determinant
    if scaled <= 0.0 or conductance == 0.0:
        return None
    return SingleDiode(
        a_ref=a,
        i_l_ref=scaled * open_ + sheet.v_oc * conductance,
        i_o_ref=scaled * math.exp(-sheet.v_oc / a),
        r_s=r_s,
        r_sh_ref=1.0 / conductance,
        alpha_sc=sheet.alpha_sc,
        adjust=100.0 * float(unknowns[2]),
    )


def _misses(sheet: Datasheet, unknowns: FloatArray) -> FloatArray | None:
    """How far a diode misses the top of the curve, the voltage's and the power's coefficient; all relative."""
    diode = _diode(sheet, unknowns)
    if diode is None:
        return None
    a, r_s = diode.a_ref, diode.r_s
    working = sheet.v_mp + sheet.i_mp * r_s
    slope = -diode.i_o_ref * math.exp(working / a) / a - 1.0 / diode.r_sh_ref
    top = (sheet.i_mp + slope * (working - 2.0 * r_s * sheet.i_mp)) / sheet.i_mp

    warmer = _TEMP_REF + _STEP
    v_oc = sheet.v_oc + sheet.beta_voc * (1.0 + diode.adjust / 100.0) * _STEP
    i_l = diode.i_l_ref + diode.alpha_sc * (1.0 - diode.adjust / 100.0) * _STEP
    i_o = diode.i_o_ref * float(saturation_growth(np.array([warmer]))[0])
    left = i_l - i_o * math.expm1(v_oc / (a * warmer / _TEMP_REF)) - v_oc / diode.r_sh_ref

    powers = maximum_power_point(diode, np.full(2, 1000.0), np.array([_COLD, _HOT])).p_mp
    per_degree = float(powers[1] - powers[0]) / (_HOT - _COLD) / (sheet.v_mp * sheet.i_mp)
    missed = np.array([top, left / sheet.i_sc, (per_degree - sheet.gamma_pdc) * 100.0])
    return missed if bool(np.isfinite(missed).all()) else None
