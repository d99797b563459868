"""What charges an off-grid bank, and what a generator adds."""

from typing import Any

import pytest

from state.sizing import ChargeController, SizingResult
from tests.support.sizing import HOME, HYBRID_INVERTER, LEAD_ACID, LITHIUM, MODULE, sized


def off_grid(inverter: dict[str, Any], **changes: Any) -> SizingResult:
    given: dict[str, Any] = {
        "system_type": "off_grid",
        "demand": {"appliances": HOME},
        "equipment": {"module": MODULE, "inverter": HYBRID_INVERTER | inverter, "battery": LITHIUM},
    }
    return sized(**(given | changes))


def controller(result: SizingResult) -> ChargeController:
    assert result.storage is not None
    assert result.storage.charge_controller is not None
    return result.storage.charge_controller


def test_the_array_s_power_over_the_bank_s_voltage_is_the_current_to_carry() -> None:
    result = off_grid({})
    needed = controller(result)
    assert result.array is not None
    assert needed.current_a == pytest.approx(result.array.pdc0_w / 51.2, abs=0.051)
    assert needed.continuous_a == pytest.approx(1.25 * result.array.pdc0_w / 51.2, abs=0.1)
    assert "690.8" in needed.rule


def test_a_charger_in_the_inverter_that_is_enough_needs_no_other() -> None:
    needed = controller(off_grid({"charge_current_max_a": 150}))
    assert needed.built_in_a == 150
    assert needed.controller is None
    assert needed.count == 0


def test_what_the_built_in_charger_leaves_gets_controllers_of_the_catalogue() -> None:
    result = off_grid({"charge_current_max_a": 5}, array={"pdc0_w": 8000})
    needed = controller(result)
    assert needed.controller is not None
    rest = needed.current_a - 5
    assert needed.count * needed.controller.charge_current_max_a >= rest - 0.1
    assert 48 in needed.controller.battery_voltages_v
    assert result.string_limits is not None
    assert result.string_limits.v_oc_cold_v is not None
    assert needed.modules_per_string_max == needed.controller.pv_voc_max_v // result.string_limits.v_oc_cold_v


def test_where_the_voltage_of_no_controller_fits_none_is_named() -> None:
    result = off_grid(
        {"charge_current_max_a": 5, "battery_voltage_v": 72},
        equipment={
            "module": MODULE,
            "inverter": HYBRID_INVERTER | {"charge_current_max_a": 5, "battery_voltage_v": 72},
            "battery": LEAD_ACID,
        },
        storage={"system_voltage_v": 72},
    )
    needed = controller(result)
    assert needed.controller is None
    assert needed.current_a > 5


def test_a_system_beside_a_grid_states_no_charge_controller() -> None:
    result = off_grid({}, system_type="hybrid")
    assert result.storage is not None
    assert result.storage.charge_controller is None


def test_a_year_that_goes_short_names_a_generator_with_its_hours_and_fuel() -> None:
    heater = {"name": "Heater", "power_w": 1500, "hours_per_day": 6}
    result = off_grid({}, array={"pdc0_w": 400}, demand={"appliances": [*HOME, heater]})
    assert result.energy is not None
    generator = result.energy.generator
    assert generator is not None
    assert generator.energy_kwh == result.energy.unserved_kwh
    assert generator.hours_per_year == result.energy.hours_unserved
    assert generator.fuel_litres == pytest.approx(0.4 * generator.energy_kwh, abs=0.1)
    assert any("L of diesel a year" in line for line in result.warnings)


def test_a_year_that_is_served_needs_no_generator() -> None:
    result = off_grid({"charge_current_max_a": 150}, array={"pdc0_w": 6000}, storage={"autonomy_days": 3})
    assert result.energy is not None
    assert result.energy.generator is None


def test_a_battery_that_is_hardly_used_dies_of_age_and_one_used_daily_of_its_cycles() -> None:
    used, idle = off_grid({}), off_grid({}, storage={"autonomy_days": 14})
    assert used.storage is not None
    assert idle.storage is not None
    assert idle.storage.life_years == 10
    worn = LITHIUM | {"cycles_at_depths": [[80, 800]]}
    equipment = {"module": MODULE, "inverter": HYBRID_INVERTER, "battery": worn}
    short = off_grid({}, equipment=equipment).storage
    assert short is not None
    assert short.cycle_life == 800
    assert short.life_years is not None
    assert short.life_years < 10


def test_an_inverter_made_for_lithium_is_not_put_on_lead_acid() -> None:
    result = off_grid(
        {},
        equipment={
            "module": MODULE,
            "inverter": HYBRID_INVERTER | {"battery_chemistries": ["lithium_ion"]},
            "battery": LEAD_ACID,
        },
    )
    checks = {check.id: check for check in result.checks}
    assert checks["inverter_battery_chemistry"].status == "fail"


def test_what_carries_the_loads_without_the_grid_is_the_back_up_power() -> None:
    result = off_grid({"backup_w": 300})
    checks = {check.id: check for check in result.checks}
    assert checks["inverter_power"].status == "fail"
    assert checks["inverter_power"].value == 900
