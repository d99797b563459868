"""Designs that are only checked, designs that cannot be, and equipment that is named."""

from typing import Any

import pytest

from core.catalog import search_batteries, search_inverters, search_modules
from core.errors import InvalidInput
from tests.support.sizing import (
    DATASHEETS,
    HOME,
    MODULE,
    STRING_INVERTER,
    answer,
    check_of,
    sized,
    statuses,
)


def test_an_existing_design_is_checked_and_not_changed() -> None:
    strings = [{"mppt": 1, "modules_per_string": 9}, {"mppt": 2, "modules_per_string": 7}]
    result = sized(array={"strings": strings}, equipment=DATASHEETS)
    assert result.array is not None
    assert [string.modules_per_string for string in result.array.strings] == [9, 7]
    assert result.array.pdc0_w == 16 * 400
    assert result.alternatives == []
    assert result.status == "feasible"


def test_an_existing_string_too_long_for_the_cold_is_infeasible_by_that_check() -> None:
    result = sized(array={"strings": [{"mppt": 1, "modules_per_string": 14}]}, equipment=DATASHEETS)
    assert result.status == "infeasible"
    assert statuses(result)[str(result.binding_check)] == "fail"
    assert statuses(result)["nec_690_7_max_voltage"] == "fail"
    assert check_of(result, "nec_690_7_max_voltage").margin_percent < 0
    assert result.warnings[0].startswith("Infeasible: ")


def test_a_roof_too_small_for_one_string_is_infeasible_for_want_of_room() -> None:
    result = sized(
        demand=None,
        equipment=DATASHEETS,
        roof=[{"name": "a", "surface_tilt": 10, "surface_azimuth": 0, "area_m2": 3}],
    )
    assert (result.status, result.binding_check) == ("infeasible", "roof_area")
    assert result.array is None
    assert result.energy is None


def test_a_module_that_no_string_length_suits_is_infeasible_by_the_window() -> None:
    narrow = STRING_INVERTER | {"mppt_min_v": 400, "vdc_max_v": 450, "mppt_max_v": 420}
    result = sized(equipment={"module": MODULE, "inverter": narrow})
    assert (result.status, result.binding_check) == ("infeasible", "string_window")
    check = check_of(result, "string_window")
    assert check.value > check.limit


def test_an_off_grid_roof_that_cannot_carry_the_worst_month_is_infeasible() -> None:
    result = sized(
        system_type="off_grid",
        demand={"appliances": [*HOME, {"name": "Mill", "power_w": 2000, "hours_per_day": 6}]},
        roof=[{"name": "a", "surface_tilt": 10, "surface_azimuth": 0, "area_m2": 12}],
    )
    assert result.status == "infeasible"
    assert result.binding_check in {"roof_area", "array_size"}


def test_a_screening_climate_never_makes_a_feasible_design() -> None:
    got = answer(quality="screening")
    assert got.sizing is not None
    assert got.sizing.status == "screening"
    assert any("screening model" in line for line in got.sizing.warnings)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"equipment": {"module": "JKM400M-72HL-X"}}, "/equipment/module"),
        ({"equipment": {"inverter": "No such inverter"}}, "/equipment/inverter"),
        ({"system_type": "hybrid", "equipment": {"battery": "Potato 12 V"}}, "/equipment/battery"),
        ({"array": {"pdc0_w": 50_000_000}}, "/array/pdc0_w"),
        ({"demand": {"daily_kwh": 100_000}}, "/demand"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_with_its_place(changes: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        answer(**changes)
    assert pointer in [error.pointer for error in refused.value.errors]


def test_a_near_miss_of_a_name_is_answered_with_suggestions() -> None:
    with pytest.raises(InvalidInput, match="did you mean"):
        answer(equipment={"module": "JKM400M-72HL-X"})


def test_a_name_and_its_datasheet_give_the_same_design() -> None:
    module = search_modules("JKM400M-72HL-V", 1)[0]
    inverter = search_inverters("Sunny Boy 4.0", 1)[0]
    by_name = sized(equipment={"module": "JKM400M-72HL-V", "inverter": "Sunny Boy 4.0"})
    by_sheet = sized(equipment={"module": module.to_json(), "inverter": inverter.to_json()})
    assert by_name.array == by_sheet.array
    assert by_name.energy == by_sheet.energy


def test_a_named_battery_is_used() -> None:
    battery = search_batteries("LifePower4", 1)[0]
    result = sized(
        system_type="hybrid", demand={"appliances": HOME}, equipment={"battery": f"EG4 {battery.model}"}
    )
    assert result.storage is not None
    assert result.storage.battery == battery
