"""What a job may choose for its energy: each choice reaches the year, and the assumptions say which."""

import math
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from core.errors import InvalidInput
from nodes.sizing.dc_model import ALPHA_ISC, curve_of, diode_of
from state.equipment import Array, InverterDatasheet, ModuleDatasheet
from state.job import JobInput
from state.sizing import Energy, SizingResult
from tests.support.sizing import MODULE, STRING_INVERTER, sized

ROW = "Jinko_Solar_Co___Ltd_JKM400M_72HL_V"
LISTED = {
    "manufacturer": "Jinko Solar",
    "model": "JKM400M-72HL-V",
    "p_mp_w": 400.0,
    "v_oc_v": 49.8,
    "i_sc_a": 10.36,
    "v_mp_v": 41.7,
    "i_mp_a": 9.6,
    "beta_voc_pct_per_c": -0.322,
    "gamma_pmp_pct_per_c": -0.372,
    "alpha_isc_pct_per_c": 0.064,
    "area_m2": 1.96,
}
"""The row of the CEC list, as a datasheet."""


def result_of(array: dict[str, Any] | None = None, **equipment: Any) -> SizingResult:
    given = {"module": MODULE, "inverter": STRING_INVERTER} | equipment
    return sized(array={"pdc0_w": 4000} | (array or {}), equipment=given)


def energy_of(array: dict[str, Any] | None = None, **equipment: Any) -> Energy:
    energy = result_of(array, **equipment).energy
    assert energy is not None
    return energy


def test_losses_are_itemised_and_one_figure_stands_in_for_all_of_them() -> None:
    assert energy_of().losses["system"] == pytest.approx(14.0)
    assert energy_of({"losses": {}}).losses["system"] == pytest.approx(14.08, abs=0.005)
    assert energy_of({"losses": {"soiling_percent": 0, "shading_percent": 0}}).losses[
        "system"
    ] == pytest.approx(9.61, abs=0.01)
    assert energy_of({"losses": {"snow_percent": 30}, "losses_percent": 10}).losses[
        "system"
    ] == pytest.approx(10.0)


def test_losses_survive_being_stored() -> None:
    job = JobInput.model_validate(
        {
            "kind": "sizing",
            "site": {"latitude": 0, "longitude": 0},
            "array": {"losses": {"soiling_percent": 9}},
        }
    )
    again = JobInput.model_validate(job.to_json())
    assert again.array.system_losses_percent == job.array.system_losses_percent > 15.0


def test_dirt_and_shade_by_month_take_the_place_of_their_items() -> None:
    clean = energy_of()
    dusty = energy_of({"soiling_monthly_percent": [20] + [0] * 11})
    assert dusty.losses["system"] == pytest.approx(100 * (1 - (1 - 0.140757) / 0.98), abs=0.01)
    assert dusty.losses["soiling"] > 0
    assert dusty.ac_monthly_kwh[0] / dusty.ac_monthly_kwh[1] < 0.85 * (
        clean.ac_monthly_kwh[0] / clean.ac_monthly_kwh[1]
    )
    shaded = energy_of({"shading_monthly_percent": [10] * 12, "losses_percent": 14})
    assert shaded.losses["shading"] == pytest.approx(10.0)
    assert shaded.losses["system"] == pytest.approx(14.0)
    assert shaded.ac_annual_kwh < 0.92 * clean.ac_annual_kwh


def test_the_model_of_the_cells_temperature_is_chosen() -> None:
    fuentes, noct = energy_of(), energy_of({"temperature_model": "noct_sam"})
    assert fuentes.losses["temperature"] > noct.losses["temperature"]
    assert "model 'noct_sam'" in "\n".join(result_of({"temperature_model": "noct_sam"}).assumptions)


def test_a_module_may_be_a_diode_fitted_or_listed() -> None:
    linear = energy_of(module=LISTED)
    fitted = result_of({"dc_model": "single_diode"}, module=LISTED)
    listed = result_of({"dc_model": "single_diode"}, module=LISTED | {"cec_row": ROW})
    assert fitted.energy is not None
    assert listed.energy is not None
    assert fitted.energy.ac_annual_kwh == pytest.approx(listed.energy.ac_annual_kwh, rel=2e-3)
    assert fitted.energy.ac_annual_kwh == pytest.approx(linear.ac_annual_kwh, rel=0.02)
    assert fitted.energy.ac_annual_kwh != linear.ac_annual_kwh
    assert "fitted to the datasheet" in "\n".join(fitted.assumptions)
    assert f"row '{ROW}'" in "\n".join(listed.assumptions)


def test_a_datasheet_without_the_currents_coefficient_gets_the_median_and_says_so() -> None:
    sheet = {key: value for key, value in LISTED.items() if key != "alpha_isc_pct_per_c"}
    diode = diode_of(ModuleDatasheet.model_validate(sheet), Array(dc_model="single_diode"))
    assert diode is not None
    assert diode.alpha_sc == pytest.approx(ALPHA_ISC * diode.i_l_ref, rel=0.1)
    assumptions = "\n".join(result_of({"dc_model": "single_diode"}, module=sheet).assumptions)
    assert "no coefficient of the short-circuit current; 0.046%/°C" in assumptions


@pytest.mark.parametrize(
    ("module", "pointer", "reason"),
    [
        ({"cec_row": "No such module at all"}, "/equipment/module/cec_row", "unknown CEC module"),
        ({"cec_row": ROW, "p_mp_w": 545.0}, "/equipment/module/cec_row", "another product"),
        ({"gamma_pmp_pct_per_c": -0.95}, "/equipment/module", "check them against each other"),
    ],
)
def test_a_module_that_has_no_diode_is_refused_by_name(
    module: dict[str, Any], pointer: str, reason: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        result_of({"dc_model": "single_diode"}, module=LISTED | module)
    assert refused.value.errors[0].pointer == pointer
    assert reason in refused.value.errors[0].message


def test_an_inverter_of_the_cec_list_has_its_tested_curve() -> None:
    inverter = InverterDatasheet.model_validate(
        {**STRING_INVERTER, "pac_w": 5050.0, "cec_row": "SMA_America__SB5_0_1SP_US_40__240V_"}
    )
    curve = curve_of(inverter)
    assert "row 'SMA" in curve.source
    assert 0.965 < float(curve.output(np.array([2500.0]), pac0=5050.0)[0]) / 2500.0 < 0.98
    wrong = inverter.model_copy(update={"pac_w": 3000.0})
    with pytest.raises(InvalidInput, match="another product"):
        curve_of(wrong)


def test_p90_rests_on_every_stated_cause() -> None:
    energy = energy_of()
    assert energy.uncertainty_percent == pytest.approx(
        math.hypot(*(each.percent for each in energy.uncertainties)), abs=0.01
    )
    assert [each.percent for each in energy.uncertainties] == [5.0, 3.9, 3.0, 3.0, 2.0, 5.0]
    assert all(each.source for each in energy.uncertainties)
    sure = energy_of({"uncertainty": {"year_to_year_percent": 0, "other_percent": 0}})
    assert energy.p90_annual_kwh is not None
    assert sure.p90_annual_kwh is not None
    assert sure.p50_annual_kwh == energy.p50_annual_kwh
    assert sure.p90_annual_kwh > energy.p90_annual_kwh
    assert sure.uncertainties[1].source == "stated with the job"


def test_an_array_ages_at_the_published_rate_or_the_stated_one() -> None:
    usual = energy_of()
    assert usual.degradation_percent_per_year == 0.5
    assert len(usual.ac_by_year_kwh) == 25
    assert usual.ac_by_year_kwh[0] == usual.ac_annual_kwh
    assert usual.ac_by_year_kwh[24] == pytest.approx(usual.ac_annual_kwh * 0.995**24, abs=0.1)
    stated = sized(
        array={"pdc0_w": 4000},
        equipment={"module": MODULE, "inverter": STRING_INVERTER},
        economics={"years": 10, "degradation_percent_per_year": 1.0},
    )
    assert stated.energy is not None
    assert stated.energy.ac_by_year_kwh[9] == pytest.approx(stated.energy.ac_annual_kwh * 0.99**9, abs=0.1)
    assert "Degradation 1.0% per year (stated with the job)" in "\n".join(stated.assumptions)


@pytest.mark.parametrize(
    "array",
    [
        {"soiling_monthly_percent": [1] * 11},
        {"shading_monthly_percent": [101] * 12},
        {"dc_model": "magic"},
        {"losses": {"dust_percent": 1}},
        {"uncertainty": {"other_percent": -1}},
    ],
)
def test_nonsense_is_refused(array: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Array.model_validate(array)
