"""Rows of the CEC module table that pvlib ships, as the physics takes them."""

from typing import Any

from core.pv.single_diode import SingleDiode
from core.pv.single_diode_fit import Datasheet


def diode_of(row: Any) -> SingleDiode:
    """The parameters that the table lists."""
    columns = ("a_ref", "I_L_ref", "I_o_ref", "R_s", "R_sh_ref", "alpha_sc", "Adjust")
    return SingleDiode(*(float(row[column]) for column in columns))


def sheet_of(row: Any) -> Datasheet:
    """The same module's datasheet, to which parameters can be fitted."""
    columns = ("V_oc_ref", "V_mp_ref", "I_sc_ref", "I_mp_ref", "alpha_sc", "beta_oc", "gamma_r")
    v_oc, v_mp, i_sc, i_mp, alpha_sc, beta_voc, gamma = (float(row[column]) for column in columns)
    return Datasheet(v_oc, v_mp, i_sc, i_mp, alpha_sc, beta_voc, gamma / 100.0)
