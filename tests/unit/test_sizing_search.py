"""The design search: what it considers and ranks by, what it offers beside, and what it says where nothing fits."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nodes.sizing.array import room_for, room_on, usable_area
from nodes.sizing.brief import Brief
from nodes.sizing.candidates import check_offer
from nodes.sizing.equipment import inverters_to_try, modules_to_try
from nodes.sizing.screen import distance, screen
from nodes.sizing.strings import SiteTemperatures, building_limit, string_window, voltages
from state.equipment import Electrical, RoofPlane, Storage
from state.sizing import SizingResult
from tests.support.sizing import HOME, HYBRID_INVERTER, MODULE, STRING_INVERTER, job_of, sized, statuses

DATASHEETS = {"module": MODULE, "inverter": STRING_INVERTER}
PRICES = {
    "price_book": {"array_per_kw": 900, "inverter_per_kw": 700, "installation": 1500, "battery_per_kwh": 300}
}


def brief_of(planes: list[RoofPlane] | None = None, **changes: Any) -> Brief:
    given_: dict[str, Any] = {
        "system_type": "grid_tied",
        "planes": planes or [RoofPlane(name="roof", surface_tilt=20, surface_azimuth=0)],
        "gcr": 0.4,
        "electrical": Electrical(),
        "storage": Storage(),
        "site": SiteTemperatures(0.0, 32.0, 68.0),
        "dc_ac_ratio": None,
        "peak_power": None,
        "surge_power": None,
        "daily_energy": 0.0,
    }
    return Brief(**(given_ | changes))


def ratio(result: SizingResult) -> float:
    assert result.inverter is not None
    return result.inverter.dc_ac_ratio


# --- the screen -----------------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@given(st.floats(1500, 60_000), st.floats(-30, 20), st.sampled_from([None, 30.0, 80.0]))
def test_what_passes_the_screen_is_laid_out_within_its_window_and_its_roof(
    pdc0: float, temp_min: float, area: float | None
) -> None:
    plane = RoofPlane(name="roof", surface_tilt=20, surface_azimuth=0, area_m2=area)
    brief = brief_of([plane], site=SiteTemperatures(temp_min, 32.0, 68.0))
    found = screen(brief, modules_to_try(), pdc0, inverters_to_try("grid_tied"), shortlist=15)
    assert (
        found.considered
        >= found.fitting
        >= len([each for each in found.offers if each.length is not None]) // 2
    )
    for offer in found.offers:
        at = voltages(offer.module, brief.site)
        window = string_window(offer.module, offer.inverter, at, building_limit("nec_2023", dwelling=True))
        assert offer.length is not None
        assert (window.fewest or 1) <= offer.length <= (window.most or 200)
        design = check_offer(brief, offer, pdc0, []).design
        assert {group.modules_per_string for group in design.groups} <= {offer.length}
        room = room_for([room_on(plane, offer.module, 0.4)])
        assert room is None or design.modules <= room


def test_every_combination_of_the_catalogue_is_considered() -> None:
    modules, inverters = modules_to_try(), inverters_to_try("grid_tied")
    found = screen(brief_of(), modules, 6000.0, inverters, shortlist=5)
    assert found.considered >= len(modules) * len(inverters)
    assert len({(offer.module.model, offer.inverter.model, offer.length) for offer in found.offers}) == 5


def test_an_array_of_the_wanted_size_behind_the_usual_inverter_is_at_no_distance() -> None:
    of = [np.array(each) for each in (6000.0, 5000.0, 6000.0, 1.0, 500.0)]
    assert float(distance(brief_of(), *of)) == pytest.approx(0.0)
    twice = [np.array(each) for each in (6000.0, 5000.0, 3000.0, 1.0, 500.0)]
    assert float(distance(brief_of(), *twice)) > 1.0


# --- objectives -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("system_type", ["grid_tied", "hybrid"])
@pytest.mark.parametrize("objective", ["fewest_warnings", "cost_per_kwh", "smallest"])
def test_every_objective_gives_a_feasible_design_and_says_what_it_ranked_by(
    objective: str, system_type: str
) -> None:
    result = sized(array={"objective": objective}, system_type=system_type, demand={"appliances": HOME})
    assert result.status == "feasible"
    assert any(
        "combinations of module, inverter and string were considered" in line for line in result.assumptions
    )
    assert len(result.alternatives) == 3
    assert all(each.trades for each in result.alternatives)


def test_where_inverters_are_dear_the_cheapest_design_has_less_of_them() -> None:
    def design(objective: str, per_inverter_kw: float) -> SizingResult:
        prices = PRICES["price_book"] | {"inverter_per_kw": per_inverter_kw}
        economics = {"currency": "USD", "tariff_per_kwh": 0.2, "price_book": prices}
        array = {"energy_share": 0.5, "objective": objective}
        return sized(economics=economics, demand={"daily_kwh": 25}, array=array)

    assert ratio(design("cost_per_kwh", 3000)) > ratio(design("fewest_warnings", 3000))
    assert ratio(design("cost_per_kwh", 3000)) >= ratio(design("cost_per_kwh", 30))


def test_the_smallest_design_covers_no_more_roof_than_another_objective_s() -> None:
    def area(objective: str) -> float:
        result = sized(array={"objective": objective}, demand={"daily_kwh": 25})
        assert result.array is not None
        return result.array.modules * (result.array.module.area_m2 or 0.0)

    assert area("smallest") <= min(area("fewest_warnings"), area("cost_per_kwh"))


def test_without_prices_cost_falls_back_on_warnings_and_no_cost_is_invented() -> None:
    result = sized(array={"objective": "cost_per_kwh"}, economics={"currency": "XYZ"})
    assert result.status == "feasible"
    assert not any("capital per useful kWh" in each.trades for each in result.alternatives)


def test_alternatives_say_what_they_cost_for_each_useful_kilowatt_hour() -> None:
    result = sized(demand={"daily_kwh": 25})
    assert all("capital per useful kWh" in each.trades for each in result.alternatives)


# --- roofs ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("area", "width", "setback", "usable"),
    [(50, None, 0, 50), (50, 10, 0.5, 9 * 4), (100, None, 1, 64), (20, 10, 1.0, 0), (None, 10, 1.0, None)],
)
def test_setbacks_leave_the_edges_of_a_plane_free(
    area: float | None, width: float | None, setback: float, usable: float | None
) -> None:
    plane = RoofPlane(
        name="a", surface_tilt=10, surface_azimuth=0, area_m2=area, width_m=width, setback_m=setback
    )
    found = usable_area(plane, 0.4)
    assert found == (None if usable is None else pytest.approx(usable))


def test_a_setback_takes_modules_off_the_roof() -> None:
    def modules(setback: float) -> int:
        roof = [{"name": "a", "surface_tilt": 10, "surface_azimuth": 0, "area_m2": 40, "setback_m": setback}]
        result = sized(demand=None, equipment=DATASHEETS, roof=roof)
        assert result.array is not None
        return result.array.modules

    assert modules(0.0) > modules(0.5) > modules(1.2)


def test_an_array_too_large_for_one_plane_goes_on_to_the_next_in_the_order_of_their_light() -> None:
    roof = [
        {"name": "west", "surface_tilt": 30, "surface_azimuth": 270, "area_m2": 18},
        {"name": "north", "surface_tilt": 15, "surface_azimuth": 0, "area_m2": 18},
    ]
    result = sized(roof=roof, equipment=DATASHEETS, array={"pdc0_w": 6000})
    assert result.array is not None
    assert {plane.name for plane in result.array.planes} == {"west", "north"}
    assert all(plane.modules * 2.0 <= 18 for plane in result.array.planes)


# --- infeasible, and what would help --------------------------------------------------------------------


def test_a_feasible_design_needs_no_change() -> None:
    assert sized().nearest_change is None


def test_an_overlong_string_is_to_be_shortened_to_what_the_cold_allows() -> None:
    result = sized(array={"strings": [{"mppt": 1, "modules_per_string": 14}]}, equipment=DATASHEETS)
    assert result.status == "infeasible"
    assert result.nearest_change == "MPPT 1: 1 × 11 modules instead of 1 × 14"


def test_the_change_that_is_named_makes_the_design_feasible() -> None:
    strings = [{"mppt": 1, "modules_per_string": 2, "parallel": 4}]
    assert sized(array={"strings": strings}, equipment=DATASHEETS).nearest_change == (
        "MPPT 1: 2 × 3 modules instead of 4 × 2"
    )
    changed = [{"mppt": 1, "modules_per_string": 3, "parallel": 2}]
    assert sized(array={"strings": changed}, equipment=DATASHEETS).status == "feasible"


def test_an_inverter_that_suits_no_string_is_to_be_replaced() -> None:
    narrow = STRING_INVERTER | {"mppt_min_v": 400, "vdc_max_v": 450, "mppt_max_v": 420}
    result = sized(equipment={"module": MODULE, "inverter": narrow})
    assert result.binding_check == "string_window"
    assert result.nearest_change is not None
    assert result.nearest_change.endswith("instead of Example S 5000")


def test_a_busbar_with_too_little_room_asks_for_less_inverter() -> None:
    electrical = {"design_temp_min_c": 6, "service_voltage_v": 230, "busbar_a": 100, "main_breaker_a": 100}
    result = sized(equipment=DATASHEETS, electrical=electrical, array={"pdc0_w": 5000})
    assert result.binding_check == "nec_705_12_busbar"
    assert result.nearest_change is not None
    assert "instead of Example S 5000" in result.nearest_change


def test_an_off_grid_roof_too_small_for_the_worst_month_says_how_much_more_it_needs() -> None:
    result = sized(
        system_type="off_grid",
        demand={"appliances": [*HOME, {"name": "Mill", "power_w": 2000, "hours_per_day": 6}]},
        equipment={"module": MODULE, "inverter": HYBRID_INVERTER},
        roof=[{"name": "a", "surface_tilt": 10, "surface_azimuth": 0, "area_m2": 12}],
    )
    assert result.status == "infeasible"
    assert result.nearest_change is None or "m² more of usable roof" in result.nearest_change


# --- what never happens ---------------------------------------------------------------------------------


@settings(max_examples=12, deadline=None)
@given(st.floats(2000, 30_000), st.floats(1.1, 3.0))
def test_a_larger_array_never_costs_less(pdc0: float, factor: float) -> None:
    def cost(power: float) -> float:
        result = sized(equipment=DATASHEETS, array={"pdc0_w": power})
        assert result.economics is not None
        return result.economics.capital_cost["array"]

    assert cost(pdc0) <= cost(pdc0 * factor)


@pytest.mark.parametrize("objective", ["fewest_warnings", "cost_per_kwh", "smallest"])
def test_the_same_job_gives_the_same_design(objective: str) -> None:
    assert sized(array={"objective": objective}) == sized(array={"objective": objective})


def test_a_default_job_is_ranked_by_what_stands_against_a_design() -> None:
    assert job_of().array.objective == "fewest_warnings"
    assert "fail" not in statuses(sized()).values()
