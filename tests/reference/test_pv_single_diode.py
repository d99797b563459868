"""The single diode against pvlib's solver and the CEC table, and the parameters fitted to datasheets."""

import dataclasses
from typing import Any

import numpy as np
import pvlib
import pytest

from core.pv.single_diode import SingleDiode, maximum_power_point, power_at_stc, relative_power
from core.pv.single_diode_fit import Datasheet, DatasheetDoesNotFit, fit_single_diode
from core.pv.weather_year import FloatArray
from tests.support.cec_modules import diode_of, sheet_of

RNG = np.random.default_rng(5)
LIGHT = np.concatenate([[0.5, 2.0, 10.0], RNG.beta(1.2, 2.0, 400) * 1300.0, [2500.0]])
TEMP = np.concatenate([[-40.0, 0.0, 60.0], RNG.uniform(-30.0, 95.0, 400), [130.0]])


@pytest.fixture(scope="module")
def rows() -> Any:
    return pvlib.pvsystem.retrieve_sam("CECMod").T.sample(150, random_state=8)


def solved_by_pvlib(diode: SingleDiode, light: FloatArray, temp: FloatArray) -> Any:
    return pvlib.pvsystem.singlediode(
        *pvlib.pvsystem.calcparams_cec(
            light,
            temp,
            diode.alpha_sc,
            diode.a_ref,
            diode.i_l_ref,
            diode.i_o_ref,
            diode.r_sh_ref,
            diode.r_s,
            diode.adjust,
        )
    )


def test_the_maximum_power_point_is_pvlibs_for_every_kind_of_module_light_and_warmth(rows: Any) -> None:
    for _, row in rows.iterrows():
        diode = diode_of(row)
        ours, expected = maximum_power_point(diode, LIGHT, TEMP), solved_by_pvlib(diode, LIGHT, TEMP)
        assert ours.p_mp == pytest.approx(np.asarray(expected["p_mp"]), rel=1e-7)
        # The top of a curve is flat: its place is known less sharply than its height.
        assert ours.v_mp == pytest.approx(np.asarray(expected["v_mp"]), rel=1e-4)


def test_a_year_by_fitted_parameters_is_that_of_the_row_of_the_cec_table(rows: Any) -> None:
    warmth = 15.0 + 0.03 * LIGHT
    for name, row in rows.iterrows():
        fitted, listed = fit_single_diode(sheet_of(row)), diode_of(row)
        ours, expected = (
            float(maximum_power_point(each, LIGHT, warmth).p_mp.sum()) for each in (fitted, listed)
        )
        assert ours == pytest.approx(expected, rel=3e-3), name


def test_a_fitted_module_has_the_figures_of_its_datasheet(rows: Any) -> None:
    for name, row in rows.iterrows():
        sheet = sheet_of(row)
        fitted = fit_single_diode(sheet)
        top = solved_by_pvlib(fitted, np.array([1000.0, 1000.0, 1000.0]), np.array([25.0, -10.0, 50.0]))
        assert top["v_mp"][0] == pytest.approx(sheet.v_mp, rel=1e-3), name
        assert top["p_mp"][0] == pytest.approx(sheet.v_mp * sheet.i_mp, rel=1e-6), name
        assert top["v_oc"][0] == pytest.approx(sheet.v_oc, rel=1e-6), name
        assert sheet.i_sc * 0.999 < top["i_sc"][0] < sheet.i_sc * 1.061, name
        assert (top["p_mp"][2] - top["p_mp"][1]) / 60.0 / top["p_mp"][0] == pytest.approx(
            sheet.gamma_pdc, abs=1e-6
        ), name
        assert fitted.r_s >= 0.0 < fitted.r_sh_ref


CANADIAN = Datasheet(43.3, 35.8, 9.51, 9.01, 0.004755, -0.12557, -0.0037)
"""A CS1H-320MS, the standard module of PVWatts version 8 in NREL's SAM Simulation Core, ssc/cmod_pvwattsv8.cpp."""


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"v_mp": 44.0}, "v_mp below v_oc"),
        ({"i_mp": 9.6}, "i_mp below i_sc"),
        ({"v_mp": 20.0}, "fill factor between 0.5 and 0.9, not 0.44"),
        ({"beta_voc": 0.12}, "a negative beta_voc"),
        ({"gamma_pdc": 0.0}, "a negative gamma_pdc"),
        ({"i_sc": float("nan")}, "finite figures"),
        ({"i_sc": -1.0}, "above zero"),
        ({"gamma_pdc": -0.019}, "check them against each other"),
    ],
)
def test_figures_that_no_diode_has_are_refused_by_name(changed: dict[str, float], reason: str) -> None:
    with pytest.raises(DatasheetDoesNotFit, match=reason):
        fit_single_diode(dataclasses.replace(CANADIAN, **changed))


def test_relative_power_is_one_at_standard_conditions_and_nothing_in_the_dark() -> None:
    fitted = fit_single_diode(CANADIAN)
    assert power_at_stc(fitted) == pytest.approx(35.8 * 9.01, rel=1e-6)
    power = relative_power(fitted, np.array([0.0, 1000.0]), np.array([5.0, 25.0]))
    assert power.tolist() == [0.0, pytest.approx(1.0)]
