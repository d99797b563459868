"""Glass, modules, losses and inverters, against pvlib's functions of the same models."""

import numpy as np
import pvlib
import pytest

from core.pv.atmosphere import spectral_modifier
from core.pv.iam import beam_modifier, diffuse_modifiers
from core.pv.inverter import EfficiencyCurve
from core.pv.module import RELATIVE_EFFICIENCY, pvwatts_dc, relative_efficiency, v_mp_at, v_oc_at
from core.pv.weather_year import FloatArray
from state.losses import SystemLosses

RNG = np.random.default_rng(17)


def test_power_is_that_of_pvwatts() -> None:
    light = RNG.uniform(0.0, 1300.0, 3000)
    temp_cell = RNG.uniform(-30.0, 85.0, 3000)
    expected = pvlib.pvsystem.pvwatts_dc(light, temp_cell, 5000.0, -0.0037)
    assert pvwatts_dc(light, temp_cell, pdc0=5000.0, gamma_pdc=-0.0037) == pytest.approx(expected, abs=1e-9)


def test_the_efficiency_in_weak_light_of_a_module_nothing_is_known_of_is_the_median_of_the_cec_table() -> (
    None
):
    modules = pvlib.pvsystem.retrieve_sam("CECMod").T
    chosen = modules[(modules.Technology == "Mono-c-Si") & (modules.STC.astype(float) >= 300.0)]
    columns = ("alpha_sc", "a_ref", "I_L_ref", "I_o_ref", "R_sh_ref", "R_s", "Adjust")
    parameters = [chosen[column].to_numpy(dtype=float) for column in columns]

    def efficiency(light: float) -> FloatArray:
        currents = pvlib.pvsystem.calcparams_cec(light, 25.0, *parameters)
        return np.asarray(pvlib.pvsystem.singlediode(*currents)["p_mp"]) / light

    full = efficiency(1000.0)
    assert len(chosen) == 2981
    for light, stated in RELATIVE_EFFICIENCY[1:]:
        assert float(np.nanmedian(efficiency(light) / full)) == pytest.approx(stated, abs=1e-4)
    assert relative_efficiency(np.array([150.0]))[0] == pytest.approx((0.9558 + 0.9825) / 2.0)


def test_gamma_stands_in_for_beta_vmp_on_the_safe_side_in_19_of_20_crystalline_modules() -> None:
    modules = pvlib.pvsystem.retrieve_sam("SandiaMod").T
    crystalline = modules[modules.Material.isin(["c-Si", "mc-Si"])]
    # The power's coefficient is the sum of the voltage's and the current's.
    assert len(crystalline) == 381
    assert int((crystalline.Aimp.astype(float) <= 0.0).sum()) == 361


@pytest.mark.parametrize("eta_inv_nom", [0.94, 0.96, 0.985])
def test_the_inverter_is_that_of_pvwatts(eta_inv_nom: float) -> None:
    p_dc = np.concatenate([[0.0, 1.0, 30.0], RNG.uniform(0.0, 9000.0, 1000)])
    expected = np.maximum(pvlib.inverter.pvwatts(p_dc, 5000.0 / eta_inv_nom, eta_inv_nom), 0.0)
    curve = EfficiencyCurve.pvwatts(eta_inv_nom)
    assert curve.output(p_dc, pac0=5000.0) == pytest.approx(expected, abs=1e-9)


def test_the_inverter_is_that_of_sandia_at_its_rated_voltage() -> None:
    inverters = pvlib.pvsystem.retrieve_sam("CECInverter").T.sample(40, random_state=3)
    for _, row in inverters.iterrows():
        p_dc = np.linspace(0.0, 1.5 * row.Pdco, 50)
        expected = np.maximum(pvlib.inverter.sandia(row.Vdco, p_dc, row), 0.0)
        curve = EfficiencyCurve.sandia(
            paco=row.Paco, pdco=row.Pdco, pso=row.Pso, c0=row.C0, source="CEC list"
        )
        assert curve.output(p_dc, pac0=row.Paco) == pytest.approx(expected, abs=1e-6 * row.Paco)
        # Two of them behave like one twice as large.
        assert curve.output(2.0 * p_dc, pac0=2.0 * row.Paco) == pytest.approx(2.0 * expected, rel=1e-9)


def test_losses_multiply_as_in_pvwatts() -> None:
    assert SystemLosses().total_percent == pytest.approx(pvlib.pvsystem.pvwatts_losses(), abs=1e-12)
    assert SystemLosses().total_percent == pytest.approx(14.08, abs=0.005)
    assert SystemLosses(soiling_percent=5.0, snow_percent=2.0).total_percent == pytest.approx(
        pvlib.pvsystem.pvwatts_losses(soiling=5.0, snow=2.0), abs=1e-12
    )


def test_the_coated_glass_lies_between_the_strict_fresnel_ratio_and_pvwatts_known_excess_over_it() -> None:
    angles = np.linspace(0.0, 89.0, 90)
    strict = pvlib.iam.physical(angles, n=1.526, K=4.0, L=0.002, n_ar=1.3)
    ours = beam_modifier(np.cos(np.radians(angles)))
    assert (ours >= strict - 1e-3).all()
    assert (ours <= np.minimum(strict * 1.04, 1.0)).all()
    assert ours[angles <= 55.0] == pytest.approx(1.0)
    assert beam_modifier(np.array([-0.5, 0.0])) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(
    ("tilt", "sky", "ground"),
    # Worked out from the equations of lib_pv_incidence_modifier.cpp in NREL's SAM Simulation Core, whose normal
    # incidence is 1°.
    [(15.0, 0.9723, 0.5681), (30.0, 0.9768, 0.7862), (60.0, 0.9773, 0.9290), (90.0, 0.9659, 0.9639)],
)
def test_diffuse_light_passes_as_in_pvwatts(tilt: float, sky: float, ground: float) -> None:
    shares = diffuse_modifiers(tilt)
    assert shares.sky == pytest.approx(sky, abs=2e-4)
    assert shares.ground == pytest.approx(ground, abs=2e-4)


def test_the_spectrum_changes_nothing_at_the_air_mass_of_standard_conditions() -> None:
    at = spectral_modifier(np.array([1.5, 10.0, 38.0]))
    assert at[0] == pytest.approx(1.0, abs=2e-3)
    assert at[2] == at[1]


def test_voltages_are_linear_in_the_temperature() -> None:
    """A 400 W module of 45.8 V, -0.28 %/°C at -10 °C: 45.8 x 1.098 = 50.29 V."""
    assert v_oc_at(45.8, -0.0028, -10.0) == pytest.approx(50.288, abs=1e-3)
    assert v_mp_at(38.0, -0.0035, 70.0) == pytest.approx(38.0 * 0.8425)
    assert v_mp_at(38.0, -0.0035, 25.0) == 38.0
