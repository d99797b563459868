import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodes.sizing.strings import (
    PlaneRoom,
    SiteTemperatures,
    StringWindow,
    arrange,
    beta_vmp,
    building_limit,
    parallel_limit,
    string_window,
    table_factor,
    voltages,
)
from state.equipment import InverterDatasheet, ModuleDatasheet
from tests.support.sizing import MODULE, STRING_INVERTER

module = ModuleDatasheet.model_validate(MODULE)
inverter = InverterDatasheet.model_validate(STRING_INVERTER)


def site(temp_min: float | None, temp_cell_hot: float = 70.0) -> SiteTemperatures:
    return SiteTemperatures(temp_min, 35.0, temp_cell_hot)


def most_modules(of: ModuleDatasheet, temp_min: float) -> int:
    window = string_window(of, inverter, voltages(of, site(temp_min)), 600.0)
    assert window.most is not None
    return window.most


@given(
    st.floats(-50, 30), st.floats(-50, 30), st.floats(20, 90), st.floats(-0.5, -0.1), st.floats(-0.6, -0.2)
)
def test_a_colder_site_never_gets_a_longer_string(
    one: float, two: float, v_oc: float, beta: float, gamma: float
) -> None:
    changes = {
        "v_oc_v": v_oc,
        "v_mp_v": 0.83 * v_oc,
        "beta_voc_pct_per_c": beta,
        "gamma_pmp_pct_per_c": gamma,
    }
    changed = module.model_copy(update=changes)
    assert most_modules(changed, min(one, two)) <= most_modules(changed, max(one, two))


@given(st.floats(40, 90), st.floats(40, 90))
def test_a_hotter_cell_never_allows_a_shorter_string(one: float, two: float) -> None:
    def fewest(hot: float) -> int:
        window = string_window(module, inverter, voltages(module, site(0.0, hot)), None)
        assert window.fewest is not None
        return window.fewest

    assert fewest(max(one, two)) >= fewest(min(one, two))


@given(st.floats(-40, 24.99))
def test_crystalline_modules_of_usual_coefficient_stay_below_the_table(temp_min: float) -> None:
    at = voltages(module, site(temp_min))
    assert at.v_oc_cold is not None
    assert at.v_oc_table is not None
    assert at.v_oc_cold <= at.v_oc_table


@pytest.mark.parametrize(
    ("temp_min", "factor"),
    [
        (30, 1.0), (25, 1.0), (24.9, 1.02), (20, 1.02), (19.5, 1.04), (15, 1.04), (14, 1.06), (9, 1.08),
        (4, 1.10), (0, 1.10), (-0.5, 1.12), (-5, 1.12), (-6, 1.14), (-10.5, 1.16), (-20, 1.18), (-25, 1.20),
        (-30, 1.21), (-35, 1.23), (-40, 1.25), (-40.5, None),
    ],
)  # fmt: skip
def test_a_fraction_of_a_degree_falls_into_the_colder_row_of_the_table(
    temp_min: float, factor: float | None
) -> None:
    assert table_factor(temp_min) == factor


def test_while_the_cold_is_unknown_strings_are_bounded_by_the_worst_row_of_the_table() -> None:
    at = voltages(module, site(None))
    assert at.v_oc_cold is at.v_oc_table is at.v_mp_cold is None
    assert at.v_oc_bound == pytest.approx(1.25 * module.v_oc_v)


def test_the_narrowest_of_inverter_module_and_building_decides() -> None:
    at = voltages(module, site(-10.0))
    wide = inverter.model_copy(update={"vdc_max_v": 1100.0})
    thousand = module.model_copy(update={"max_system_voltage_v": 1000.0})
    v_oc_cold = at.v_oc_cold or 0.0
    assert string_window(module, inverter, at, None).most == int(600 / v_oc_cold)
    assert string_window(thousand, wide, at, None).most == int(1000 / v_oc_cold)
    assert string_window(thousand, wide, at, 600.0).most == int(600 / v_oc_cold)


def test_a_string_that_exactly_meets_its_limit_is_allowed() -> None:
    at = voltages(module, site(25.0))
    assert string_window(module, inverter, at, 10 * module.v_oc_v).most == 10


def test_limits_that_no_datasheet_states_leave_the_window_open() -> None:
    bare = inverter.model_copy(update={"vdc_max_v": None, "mppt_min_v": None})
    anything = module.model_copy(update={"max_system_voltage_v": None})
    assert string_window(anything, bare, voltages(anything, site(0.0)), None) == StringWindow(None, None)


def test_without_a_voltage_coefficient_at_maximum_power_the_steeper_of_the_others_stands_in() -> None:
    assert beta_vmp(module) == pytest.approx(-0.0036)
    assert beta_vmp(module.model_copy(update={"beta_vmp_pct_per_c": -0.31})) == pytest.approx(-0.0031)


@pytest.mark.parametrize(
    ("isc_max", "idc_max", "strings"),
    [(30, 22, 2), (25, 22, 1), (30, 15, 1), (None, 22, 2), (40, None, 3), (None, None, 1), (9, 9, 1)],
)
def test_inputs_take_as_many_strings_as_both_of_their_currents_allow(
    isc_max: float | None, idc_max: float | None, strings: int
) -> None:
    changes = {"isc_max_per_mppt_a": isc_max, "idc_max_per_mppt_a": idc_max}
    assert parallel_limit(module, inverter.model_copy(update=changes)) == strings


@pytest.mark.parametrize(("dwelling", "volts"), [(True, 600.0), (False, 1000.0)])
def test_dwellings_have_the_lower_voltage_limit(dwelling: bool, volts: float) -> None:
    assert building_limit("nec_2023", dwelling=dwelling) == volts
    assert building_limit("iec_62548", dwelling=dwelling) is None


@given(
    wanted=st.integers(1, 400),
    rooms=st.lists(st.none() | st.integers(0, 120), min_size=1, max_size=4),
    fewest=st.integers(1, 8),
    extra=st.integers(0, 15),
    inputs=st.integers(1, 12),
    parallel=st.integers(1, 3),
)
def test_an_arrangement_respects_every_limit(
    wanted: int, rooms: list[int | None], fewest: int, extra: int, inputs: int, parallel: int
) -> None:
    planes = [PlaneRoom(str(index), room) for index, room in enumerate(rooms)]
    groups = arrange(wanted, planes, StringWindow(fewest, fewest + extra), inputs, parallel)
    used = [group.first_input + place for group in groups for place in range(group.inputs)]
    assert len(set(used)) == len(used)
    assert all(1 <= number <= inputs for number in used)
    for group in groups:
        assert fewest <= group.modules_per_string <= fewest + extra
        assert 1 <= group.parallel <= parallel
    for plane in planes:
        there = [group for group in groups if group.plane == plane.name]
        assert len({group.modules_per_string for group in there}) <= 1
        if plane.most_modules is not None:
            assert sum(group.modules for group in there) <= plane.most_modules


@given(fewest=st.integers(2, 6), beyond=st.integers(0, 300))
def test_with_room_and_inputs_enough_the_arrangement_misses_by_less_than_one_module_per_string(
    fewest: int, beyond: int
) -> None:
    wanted, most = fewest + beyond, fewest + 12
    inputs = math.ceil(wanted / most)
    groups = arrange(wanted, [PlaneRoom("roof", None)], StringWindow(fewest, most), inputs, 1)
    assert abs(sum(group.modules for group in groups) - wanted) < max(inputs, 2)


def test_a_second_plane_gets_an_input_of_its_own() -> None:
    planes = [PlaneRoom("south", 14), PlaneRoom("west", 10)]
    groups = arrange(16, planes, StringWindow(4, 10), inputs=2, parallel=1)
    assert [(g.plane, g.first_input, g.modules_per_string) for g in groups] == [
        ("south", 1, 10),
        ("west", 2, 6),
    ]


def test_groups_unfold_into_numbered_inputs() -> None:
    groups = arrange(30, [PlaneRoom("roof", None)], StringWindow(6, 6), inputs=3, parallel=2)
    layouts = [layout for group in groups for layout in group.layouts()]
    assert [(each.mppt, each.modules_per_string, each.parallel) for each in layouts] == [
        (1, 6, 2), (2, 6, 2), (3, 6, 1),
    ]  # fmt: skip
