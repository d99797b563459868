"""An off-grid home whose year is not served: warned a little short, infeasible far short, and told what would do."""

import re
from typing import Any

from state.sizing import SizingResult
from tests.support.sizing import (
    GREENSBORO,
    HOME,
    HYBRID_INVERTER,
    LITHIUM,
    MODULE,
    greensboro_year,
    sized,
    statuses,
)

WEAK_SUN: dict[str, Any] = {
    "site": GREENSBORO,
    "system_type": "off_grid",
    "demand": {"appliances": HOME},
    "electrical": {"design_temp_min_c": -13, "service_voltage_v": 230},
}


def test_an_off_grid_home_under_a_weak_sun_is_told_of_a_generator() -> None:
    result = sized(greensboro_year(), **WEAK_SUN, array={"pdc0_w": 1500})
    assert result.status == "feasible"
    assert statuses(result)["unserved_energy"] == "warn"
    assert any("generator of about" in line for line in result.warnings)


def test_an_off_grid_home_that_goes_far_too_short_is_infeasible_until_what_is_told_is_done() -> None:
    short = sized(greensboro_year(), **WEAK_SUN, array={"pdc0_w": 800})
    assert (short.status, short.binding_check) == ("infeasible", "unserved_energy")
    assert any("generator of about" in line for line in short.warnings)
    change = re.fullmatch(r"an array of ([\d.]+) kW instead of 1\.2 kW", str(short.nearest_change))
    assert change is not None
    enough = sized(greensboro_year(), **WEAK_SUN, array={"pdc0_w": 1000 * float(change[1])})
    assert enough.status == "feasible"
    assert statuses(enough)["unserved_energy"] != "fail"


def test_an_existing_off_grid_array_with_too_small_a_bank_is_told_of_a_larger_one() -> None:
    small = LITHIUM | {"capacity_ah": 10, "max_discharge_a": 200}
    inverter = HYBRID_INVERTER | {"kind": "off_grid"}

    def with_a_bank_for(days: float) -> SizingResult:
        return sized(
            system_type="off_grid",
            demand={"appliances": HOME},
            array={"strings": [{"mppt": 1, "modules_per_string": 6}]},
            equipment={"module": MODULE, "inverter": inverter, "battery": small},
            storage={"autonomy_days": days},
        )

    short = with_a_bank_for(0.1)
    assert (short.status, short.binding_check) == ("infeasible", "unserved_energy")
    assert short.nearest_change == "a bank for 0.3 days instead of 0.1"
    assert with_a_bank_for(0.3).status == "feasible"
