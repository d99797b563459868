"""The electrical model of a module and the efficiency curve of an inverter: from the CEC list, else from datasheets."""

from functools import lru_cache

from core.catalog.cec import CecModule, find_cec_inverter, find_cec_module
from core.errors import FieldError, InvalidInput, NotFound
from core.pv.inverter import EfficiencyCurve
from core.pv.single_diode import SingleDiode
from core.pv.single_diode_fit import Datasheet, DatasheetDoesNotFit, fit_single_diode
from state.equipment import Array, InverterDatasheet, ModuleDatasheet

DEFAULT_ETA_INV = 0.96
"""Where a datasheet gives no efficiency; the default of PVWatts v8."""
ALPHA_ISC = 0.00046
"""Where a datasheet gives no coefficient of the short-circuit current. [1/°C]

Median over the 2 981 monocrystalline modules of 300 W and more of the CEC table (2019) that pvlib ships; the quartiles
are 0.00039 and 0.00055.
"""
CEC_LIST = "CEC list"
MOST_APART = 0.05
"""A row whose rated power differs by more is another product. [unitless]"""


def diode_of(module: ModuleDatasheet, array: Array) -> SingleDiode | None:
    """The module's diode where the job wants one; None where power is linear in light and temperature.

    Raises
    ------
    InvalidInput
        The CEC list has no such row, or no diode has the datasheet's figures.
    """
    return None if array.dc_model == "pvwatts" else _diode(module)


@lru_cache(maxsize=128)
def _diode(module: ModuleDatasheet) -> SingleDiode:
    row_name = _row_of(module)
    if row_name is not None:
        return _of_row(module, row_name)
    alpha = ALPHA_ISC if module.alpha_isc_pct_per_c is None else module.alpha_isc_pct_per_c / 100.0
    try:
        return fit_single_diode(
            Datasheet(
                v_oc=module.v_oc_v,
                v_mp=module.v_mp_v,
                i_sc=module.i_sc_a,
                i_mp=module.i_mp_a,
                alpha_sc=alpha * module.i_sc_a,
                beta_voc=module.beta_voc_pct_per_c / 100.0 * module.v_oc_v,
                gamma_pdc=module.gamma_pmp_pct_per_c / 100.0,
            )
        )
    except DatasheetDoesNotFit as contradiction:
        raise InvalidInput([FieldError("/equipment/module", str(contradiction))]) from contradiction


def _row_of(module: ModuleDatasheet) -> str | None:
    return module.model if module.cec_row is None and module.manufacturer == CEC_LIST else module.cec_row


def _of_row(module: ModuleDatasheet, name: str) -> SingleDiode:
    try:
        row: CecModule = find_cec_module(name)
    except NotFound as unknown:
        raise InvalidInput([FieldError("/equipment/module/cec_row", unknown.detail)]) from unknown
    _demand_same("/equipment/module/cec_row", row.name, row.stc, module.p_mp_w)
    return SingleDiode(row.a_ref, row.i_l_ref, row.i_o_ref, row.r_s, row.r_sh_ref, row.alpha_sc, row.adjust)


def rated_efficiency(inverter: InverterDatasheet | None) -> float:
    stated = None if inverter is None else inverter.efficiency_pct
    return DEFAULT_ETA_INV if stated is None else stated / 100.0


@lru_cache(maxsize=512)
def curve_of(inverter: InverterDatasheet | None) -> EfficiencyCurve:
    """The inverter's tested curve where the CEC list is known to have it, else PVWatts' through its efficiency.

    Raises
    ------
    InvalidInput
        The CEC list has no such row.
    """
    if inverter is None or inverter.cec_row is None:
        return EfficiencyCurve.pvwatts(rated_efficiency(inverter))
    try:
        row = find_cec_inverter(inverter.cec_row)
    except NotFound as unknown:
        raise InvalidInput([FieldError("/equipment/inverter/cec_row", unknown.detail)]) from unknown
    _demand_same("/equipment/inverter/cec_row", row.name, row.paco, inverter.pac_w)
    return EfficiencyCurve.sandia(
        paco=row.paco, pdco=row.pdco, pso=row.pso, c0=row.c0, source=f"CEC list, row '{row.name}'"
    )


def _demand_same(pointer: str, name: str, listed: float, stated: float) -> None:
    if abs(listed / stated - 1.0) > MOST_APART:
        reason = f"'{name}' is rated at {listed:g} W, the datasheet at {stated:g} W: another product"
        raise InvalidInput([FieldError(pointer, reason)])


def told_of(module: ModuleDatasheet, inverter: InverterDatasheet, array: Array) -> list[str]:
    """Where the energy's electrical models come from, as assumptions."""
    told = [f"Cell temperature by the model '{array.temperature_model}'."]
    if array.dc_model == "single_diode":
        row = _row_of(module)
        told.append(
            f"Modules as a single diode with the parameters of the CEC list's row '{row}'."
            if row is not None
            else "Modules as a single diode fitted to the datasheet (De Soto; six parameters, after Dobos)."
        )
        if row is None and module.alpha_isc_pct_per_c is None:
            told.append(
                f"The datasheet gives no coefficient of the short-circuit current; {ALPHA_ISC:.3%}/°C is taken."
            )
    told.append(f"Inverter's efficiency by load: {curve_of(inverter).source}.")
    return told
