"""The curated datasheets: complete enough to be useful, and not contradicting themselves."""

import math
import re

import pytest

from core.catalog.names import compact
from core.catalog.search import title
from core.catalog.tables import batteries, charge_controllers, inverters, modules
from state.equipment import (
    BatteryDatasheet,
    ChargeControllerDatasheet,
    InverterDatasheet,
    ModuleDatasheet,
)

Sheet = ModuleDatasheet | InverterDatasheet | BatteryDatasheet | ChargeControllerDatasheet

MODULES = [entry.datasheet for entry in modules()]
INVERTERS = [entry.datasheet for entry in inverters()]
BATTERIES = [entry.datasheet for entry in batteries()]
CONTROLLERS = [entry.datasheet for entry in charge_controllers()]

STRING_LIMITS = (
    "vdc_max_v",
    "mppt_min_v",
    "mppt_max_v",
    "mppt_count",
    "isc_max_per_mppt_a",
    "idc_max_per_mppt_a",
)


@pytest.mark.parametrize("sheet", [*MODULES, *INVERTERS, *BATTERIES, *CONTROLLERS], ids=title)
def test_every_row_names_its_document_and_where_that_was_read(sheet: Sheet) -> None:
    assert sheet.source is not None
    assert re.match(r"[^:]+: .+ \(.+\)(, https?://\S+|; read in: )", sheet.source)


def test_the_tables_hold_what_a_first_design_needs() -> None:
    assert len(MODULES) >= 15
    assert sum(module.p_mp_w >= 400 for module in MODULES) >= 15
    assert len(INVERTERS) >= 15
    assert {inverter.kind for inverter in INVERTERS} == {"string", "hybrid", "off_grid"}
    assert len(BATTERIES) >= 8
    assert ("lead_acid", 12.0, 200.0) in {(b.chemistry, b.nominal_v, b.capacity_ah) for b in BATTERIES}
    assert ("lithium_ion", 51.2, 100.0) in {(b.chemistry, b.nominal_v, b.capacity_ah) for b in BATTERIES}


def test_a_home_can_be_designed_with_no_limit_unknown() -> None:
    whole_modules = [m for m in MODULES if m.max_series_fuse_a and m.max_system_voltage_v and m.area_m2]
    wanted = (*STRING_LIMITS, "ac_current_max_a", "ac_voltage_v", "efficiency_pct")
    whole_inverters = [i for i in INVERTERS if all(getattr(i, field) for field in wanted)]
    assert any(module.p_mp_w >= 545 for module in whole_modules)
    assert any(i.kind == "string" and i.pac_w == 5000 for i in whole_inverters)
    assert any(i.kind == "hybrid" and i.pac_w == 5000 and i.battery_voltage_v == 48 for i in whole_inverters)


@pytest.mark.parametrize("module", MODULES, ids=title)
def test_a_modules_point_of_maximum_power_multiplies_out(module: ModuleDatasheet) -> None:
    assert module.v_mp_v * module.i_mp_a == pytest.approx(module.p_mp_w, rel=0.005)
    # The fill factor of crystalline silicon: a figure read from the wrong column falls outside.
    assert 0.70 < module.p_mp_w / (module.v_oc_v * module.i_sc_a) < 0.85


@pytest.mark.parametrize("module", MODULES, ids=title)
def test_a_modules_efficiency_and_coefficients_are_those_of_crystalline_silicon(
    module: ModuleDatasheet,
) -> None:
    assert module.area_m2 is not None
    assert module.alpha_isc_pct_per_c is not None
    assert 0.16 < module.p_mp_w / module.area_m2 / 1000 < 0.25
    assert -0.42 < module.gamma_pmp_pct_per_c < -0.2
    assert -0.38 < module.beta_voc_pct_per_c < -0.18
    assert 0.02 < module.alpha_isc_pct_per_c < 0.08


@pytest.mark.parametrize("inverter", INVERTERS, ids=title)
def test_an_inverters_voltages_are_in_order(inverter: InverterDatasheet) -> None:
    assert inverter.mppt_min_v is not None
    assert inverter.mppt_max_v is not None
    assert inverter.vdc_max_v is not None
    assert inverter.mppt_min_v < inverter.mppt_max_v <= inverter.vdc_max_v
    if inverter.v_start_v is not None:
        assert inverter.v_start_v < inverter.mppt_max_v


@pytest.mark.parametrize("inverter", [i for i in INVERTERS if i.isc_max_per_mppt_a], ids=title)
def test_a_tracker_bears_more_short_circuit_current_than_it_uses(inverter: InverterDatasheet) -> None:
    assert inverter.idc_max_per_mppt_a is not None
    assert inverter.isc_max_per_mppt_a is not None
    assert inverter.isc_max_per_mppt_a > inverter.idc_max_per_mppt_a


@pytest.mark.parametrize("inverter", [i for i in INVERTERS if i.ac_current_max_a], ids=title)
def test_the_ac_current_carries_the_rated_power(inverter: InverterDatasheet) -> None:
    assert inverter.ac_current_max_a is not None
    assert inverter.ac_voltage_v is not None
    phases = math.sqrt(3) if inverter.ac_phases == 3 else 1
    apparent_power = phases * inverter.ac_voltage_v * inverter.ac_current_max_a
    # ABB states 17.2 A at 230 V for 4000 W, 1.1 % short: rounding, not a column misread.
    assert 0.98 * inverter.pac_w < apparent_power < 1.25 * inverter.pac_w


def test_no_two_products_answer_to_one_name() -> None:
    for entries in (modules(), inverters(), batteries(), charge_controllers()):
        names = [
            name
            for entry in entries
            for name in {
                compact(each) for each in (title(entry.datasheet), entry.datasheet.model, *entry.aliases)
            }
        ]
        assert len(names) == len(set(names))


def test_coefficients_of_a_pvsyst_file_become_percent_per_kelvin() -> None:
    longi = next(module for module in MODULES if module.model == "LR5-72HPH-545M")
    # muISC = 7.72 mA/K of 13.92 A, muVocSpec = −142.7 mV/K of 49.65 V, 2.256 m × 1.133 m.
    assert longi.alpha_isc_pct_per_c == pytest.approx(0.0555, abs=5e-5)
    assert longi.beta_voc_pct_per_c == pytest.approx(-0.2874, abs=5e-5)
    assert longi.area_m2 == pytest.approx(2.5560, abs=5e-5)


def test_the_phases_of_an_inverter_are_those_that_its_source_speaks_of() -> None:
    for inverter in INVERTERS:
        for words, phases in (("three-phase", 3), ("split-phase", 2)):
            assert (words in (inverter.source or "")) is (inverter.ac_phases == phases), inverter.model


def test_a_single_phase_hybrid_takes_the_current_of_a_module_of_today() -> None:
    able = [
        inverter
        for inverter in INVERTERS
        if inverter.kind == "hybrid"
        and inverter.ac_phases == 1
        and (inverter.idc_max_per_mppt_a or 0) >= 13
        and (inverter.isc_max_per_mppt_a or 0) >= 15
    ]
    assert {inverter.pac_w for inverter in able} >= {3000, 5000, 6000}


@pytest.mark.parametrize("inverter", [i for i in INVERTERS if i.battery_v_min], ids=title)
def test_a_battery_window_holds_the_nominal_voltage(inverter: InverterDatasheet) -> None:
    assert inverter.battery_v_min is not None
    assert inverter.battery_v_max is not None
    assert (
        inverter.battery_v_min
        < (inverter.battery_voltage_v or inverter.battery_v_max)
        <= inverter.battery_v_max
    )


@pytest.mark.parametrize("battery", [b for b in BATTERIES if b.capacity_at_rates], ids=title)
def test_capacity_falls_with_the_rate_and_the_rated_one_is_among_them(battery: BatteryDatasheet) -> None:
    assert battery.capacity_at_rates is not None
    by_hours = sorted(battery.capacity_at_rates)
    assert [capacity for _, capacity in by_hours] == sorted(capacity for _, capacity in by_hours)
    assert battery.capacity_ah in [capacity for _, capacity in by_hours]


@pytest.mark.parametrize("controller", CONTROLLERS, ids=title)
def test_a_controller_s_power_is_about_its_current_times_the_charging_voltage(
    controller: ChargeControllerDatasheet,
) -> None:
    for volts, watts in controller.pv_power_max_w or ():
        assert volts in controller.battery_voltages_v
        assert 1.0 < watts / (volts * controller.charge_current_max_a) < 1.6
