import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodes.sizing.design import Design
from nodes.sizing.electrical.ac import ac_checks, backup_checks, output_current
from nodes.sizing.electrical.cables import cable
from nodes.sizing.electrical.circuits import circuit_checks
from nodes.sizing.electrical.conductors import (
    COPPER,
    STANDARD_SIZES_A,
    ambient_correction,
    bundling_adjustment,
    conductor,
    next_standard_size,
)
from nodes.sizing.electrical.dc import dc_checks, dc_conductors, fuse_required
from nodes.sizing.electrical.interconnection import connect
from nodes.sizing.electrical.rules import Standard
from nodes.sizing.electrical.standards import RULES
from nodes.sizing.electrical.voltage_drop import area_mm2, resistance, voltage_drop_checks
from nodes.sizing.strings import SiteTemperatures, StringGroup, building_limit, string_window, voltages
from state.equipment import Electrical, InverterDatasheet, ModuleDatasheet
from state.sizing import Check
from tests.support.sizing import MODULE, STRING_INVERTER

NEC = Electrical(standard="nec_2023")
IEC = Electrical(standard="iec_62548")


def design(
    *,
    length: int = 10,
    parallel: int = 1,
    temp_min: float | None = -10.0,
    inverter: dict[str, object] | None = None,
    module: dict[str, object] | None = None,
) -> Design:
    of = ModuleDatasheet.model_validate(MODULE | (module or {}))
    on = InverterDatasheet.model_validate(STRING_INVERTER | (inverter or {}))
    site = SiteTemperatures(temp_min, 35.0, 71.0)
    at = voltages(of, site)
    window = string_window(of, on, at, building_limit("nec_2023", dwelling=True))
    return Design(of, on, 1, (StringGroup("roof", length, parallel, 1),), site, at, window)


def by_id(checks: list[Check]) -> dict[str, Check]:
    return {check.id: check for check in checks}


def dc(electrical: Electrical = NEC, **changes: object) -> dict[str, Check]:
    return by_id(dc_checks(design(**changes), electrical))  # type: ignore[arg-type]  # changes of one test each


def test_every_check_carries_its_rule_and_a_passed_one_its_value_limit_and_margin() -> None:
    for check in dc().values():
        assert check.rule
        assert check.detail
        if check.status == "pass":
            assert check.value is not None
            assert check.limit is not None


def test_a_dwelling_refuses_what_another_building_may_have() -> None:
    home = dc(length=13, inverter={"vdc_max_v": 1000.0})
    other = dc(Electrical(dwelling=False), length=13, inverter={"vdc_max_v": 1000.0})
    assert home["nec_690_7_max_voltage"].status == "fail"
    assert home["nec_690_7_max_voltage"].limit == 600
    assert other["nec_690_7_max_voltage"].status == "pass"
    assert other["nec_690_7_max_voltage"].limit == 1000


def test_the_cold_voltage_is_that_of_the_longest_string_by_the_coefficient() -> None:
    check = dc(length=10, temp_min=-10.0)["inverter_max_voltage"]
    assert check.value == pytest.approx(10 * 49.8 * (1 + 0.0028 * 35), abs=0.01)
    assert check.margin_percent == pytest.approx(100 * (600 - 546.804) / 600, abs=0.1)


def test_the_table_is_a_cross_check_that_warns_where_the_coefficient_passes() -> None:
    checks = dc(length=10, temp_min=-16.0, module={"v_oc_v": 51.5})
    assert checks["nec_690_7_max_voltage"].status == "pass"
    assert checks["nec_690_7_table"].status == "warn"
    assert "nec_690_7_table" not in dc(IEC)


def test_below_the_table_the_cross_check_says_so() -> None:
    assert dc(temp_min=-45.0)["nec_690_7_table"].status == "not_evaluated"


def test_without_a_cold_temperature_no_cold_check_is_passed() -> None:
    checks = dc(temp_min=None)
    cold = ["nec_690_7_max_voltage", "inverter_max_voltage", "module_system_voltage", "nec_690_7_table"]
    assert {checks[each].status for each in [*cold, "mppt_window_cold"]} == {"not_evaluated"}
    assert "temperature" in checks["inverter_max_voltage"].detail


@pytest.mark.parametrize(
    ("missing", "check_id"),
    [
        ("vdc_max_v", "inverter_max_voltage"),
        ("mppt_min_v", "mppt_window_hot"),
        ("mppt_max_v", "mppt_window_cold"),
        ("v_start_v", "inverter_start_voltage"),
        ("isc_max_per_mppt_a", "mppt_short_circuit_current"),
        ("idc_max_per_mppt_a", "mppt_operating_current"),
        ("pdc_max_w", "inverter_dc_power"),
        ("mppt_count", "mppt_inputs"),
    ],
)
def test_a_figure_the_datasheet_does_not_give_leaves_its_check_open(missing: str, check_id: str) -> None:
    check = dc(inverter={missing: None})[check_id]
    assert check.status == "not_evaluated"
    assert "datasheet gives no" in check.detail


def test_a_string_too_short_for_the_heat_fails_and_one_too_long_for_the_cold_window_only_warns() -> None:
    assert dc(length=2)["mppt_window_hot"].status == "fail"
    assert dc(length=10, inverter={"mppt_max_v": 420.0})["mppt_window_cold"].status == "warn"


def test_starting_fails_only_where_even_the_open_circuit_voltage_is_too_low() -> None:
    assert (
        dc(length=4, inverter={"v_start_v": 120.0, "mppt_min_v": 100.0})["inverter_start_voltage"].status
        == "pass"
    )
    assert (
        dc(length=4, inverter={"v_start_v": 160.0, "mppt_min_v": 100.0})["inverter_start_voltage"].status
        == "warn"
    )
    assert (
        dc(length=4, inverter={"v_start_v": 190.0, "mppt_min_v": 100.0})["inverter_start_voltage"].status
        == "fail"
    )


def test_an_input_overloaded_at_standard_conditions_fails_and_one_overloaded_only_by_bright_sun_warns() -> (
    None
):
    assert dc(inverter={"isc_max_per_mppt_a": 13.0})["mppt_short_circuit_current"].status == "pass"
    assert dc(inverter={"isc_max_per_mppt_a": 12.0})["mppt_short_circuit_current"].status == "warn"
    assert dc(inverter={"isc_max_per_mppt_a": 10.0})["mppt_short_circuit_current"].status == "fail"


def test_fuses_are_needed_once_the_other_strings_can_overload_a_module() -> None:
    assert fuse_required(design(parallel=2)) is False
    assert fuse_required(design(parallel=3)) is True
    assert fuse_required(design(parallel=2, module={"max_series_fuse_a": None})) is None
    assert fuse_required(design(parallel=1, module={"max_series_fuse_a": None})) is False


def test_a_string_fuse_may_not_exceed_what_the_module_bears() -> None:
    assert dc(parallel=3)["nec_690_9_string_fuse"].status == "pass"
    assert dc(parallel=3)["nec_690_9_string_fuse"].value == 20
    weak = dc(parallel=3, module={"max_series_fuse_a": 15})
    assert weak["nec_690_9_string_fuse"].status == "fail"
    assert (
        dc(parallel=3, module={"max_series_fuse_a": None})["nec_690_9_string_fuse"].status == "not_evaluated"
    )


def test_the_iec_set_takes_its_own_rules_and_leaves_open_what_was_not_read() -> None:
    checks = dc(IEC, parallel=3)
    assert checks["iec_62548_string_fuse"].value == pytest.approx(1.5 * 10.36)
    assert checks["iec_62548_max_voltage"].status == "not_evaluated"
    more, conductors, interconnection = ac_checks(design(), IEC, grid=True)
    assert by_id(more)["interconnection"].status == "not_evaluated"
    assert [(each.circuit, each.ocpd_a, each.mm2) for each in conductors] == [("inverter_output", 25, 6)]
    assert interconnection is None


def circuits(electrical: Electrical, temp_ambient: float = 35.0, **changes: object) -> dict[str, Check]:
    of = design(**changes)  # type: ignore[arg-type]  # changes of one test each
    conductors = [*dc_conductors(of, electrical), *ac_checks(of, electrical, grid=False)[1]]
    return by_id(circuit_checks(conductors, electrical, temp_ambient))


def test_every_circuit_is_held_to_its_terminals_its_heat_and_its_device() -> None:
    checks = circuits(NEC, parallel=3)
    assert set(checks) == {
        "nec_690_8_source_circuit",
        "nec_690_8_output_circuit",
        "nec_690_8_inverter_output",
        "nec_310_16_ampacity:pv_source",
        "nec_310_16_ampacity:pv_output",
        "nec_310_16_ampacity:inverter_output",
        "nec_240_4_overcurrent:pv_source",
        "nec_240_4_overcurrent:inverter_output",
    }
    assert {check.status for check in checks.values()} == {"pass"}
    source = checks["nec_690_8_source_circuit"]
    assert (source.value, source.limit) == (16.19, 25)


def test_a_circuit_that_no_single_conductor_carries_warns_and_says_by_how_much() -> None:
    checks = circuits(NEC, inverter={"ac_current_max_a": 400.0})
    assert checks["nec_690_8_inverter_output"].status == "warn"
    assert checks["nec_690_8_inverter_output"].limit == 420


def test_cables_by_iec_carry_their_devices_and_say_where_the_table_ends() -> None:
    assert {check.status for check in circuits(IEC, parallel=3).values()} == {"pass"}
    crowded = circuits(Electrical(standard="iec_62548", conduit_conductors=6))
    assert {check.status for check in crowded.values()} == {"not_evaluated"}
    assert [each.mm2 for each in dc_conductors(design(), IEC)] == [4]


@pytest.mark.parametrize(
    ("i_max", "temp_ambient", "mm2", "capacity"),
    [
        (17.4, 45.0, 4, 44),
        (44.0, 60.0, 4, 44),
        (44.0, 61.0, 6, 52.4),
        (150.0, 70.0, 35, 161.9),
        (17.4, 90.0, 4, 33),
        (17.4, 91.0, None, None),
        (177.0, 40.0, None, None),
    ],
)
def test_a_pv_cable_carries_what_its_maker_states_at_its_temperature(
    i_max: float, temp_ambient: float, mm2: float | None, capacity: float | None
) -> None:
    found = cable("pv_source", i_max, temp_ambient=temp_ambient, ocpd_required=False)
    assert (found.mm2, found.corrected_ampacity_a) == (mm2, capacity)


def test_three_conductors_together_are_more_than_the_table_of_pv_cables_holds_for() -> None:
    checks = circuits(Electrical(standard="iec_62548", conduit_conductors=3))
    assert checks["iec_62548_source_circuit"].status == "not_evaluated"
    assert checks["iec_60364_inverter_output"].status == "pass"


def test_a_voltage_drop_beyond_the_recommendation_names_the_size_that_keeps_within_it() -> None:
    of, far = design(), Electrical(dc_cable_m=90.0)
    detail = by_id(voltage_drop_checks(of, dc_conductors(of, NEC), far))["dc_voltage_drop"].detail
    assert "10 AWG would keep within it" in detail or "12 AWG would keep within it" in detail


@pytest.mark.parametrize("standard", ["nec_2023", "iec_62548"])
def test_every_rule_names_its_clause_and_where_it_was_read(standard: Standard) -> None:
    for rule in RULES[standard].values():
        assert rule.clause
        assert rule.formula
        assert rule.source


@pytest.mark.parametrize(
    ("current", "size"), [(0.1, 15), (15, 15), (15.01, 20), (21.9, 25), (47, 50), (101, 110), (6001, None)]
)
def test_the_next_standard_size_is_taken(current: float, size: float | None) -> None:
    assert next_standard_size(current) == size


def test_standard_sizes_and_conductors_only_grow() -> None:
    assert list(STANDARD_SIZES_A) == sorted(set(STANDARD_SIZES_A))
    assert [wire.ampacity_75 for wire in COPPER] == sorted(wire.ampacity_75 for wire in COPPER)
    assert all(wire.ampacity_90 > wire.ampacity_75 for wire in COPPER)


@pytest.mark.parametrize(
    ("i_max", "awg"), [(12, "14"), (16, "12"), (24, "10"), (31.7, "8"), (40, "8"), (52, "6")]
)
def test_small_conductors_are_capped_by_their_device(i_max: float, awg: str) -> None:
    assert conductor("inverter_output", i_max, temp_ambient=30, bundled=2).awg == awg


@given(st.floats(1, 300), st.floats(0, 90), st.floats(0, 90), st.integers(1, 45), st.integers(1, 45))
def test_heat_and_company_never_allow_a_thinner_conductor(
    i_max: float, cool: float, hot: float, few: int, many: int
) -> None:
    def place(temp_ambient: float, bundled: int) -> int:
        awg = conductor("any", i_max, temp_ambient=temp_ambient, bundled=bundled).awg
        return len(COPPER) if awg is None else [wire.awg for wire in COPPER].index(awg)

    assert place(max(cool, hot), max(few, many)) >= place(min(cool, hot), min(few, many))


def test_beyond_the_tables_there_is_no_conductor_to_name() -> None:
    assert ambient_correction(86) is None
    assert conductor("any", 10, temp_ambient=86, bundled=2).awg is None
    assert conductor("any", 400, temp_ambient=30, bundled=2).awg is None
    assert bundling_adjustment(41) == 0.35


def test_a_string_without_a_fuse_is_not_held_to_one() -> None:
    (source,) = dc_conductors(design(), NEC)
    assert (source.i_max_a, source.i_continuous_a) == (12.95, 16.19)
    assert (source.ocpd_required, source.ocpd_a, source.awg) == (False, 20, "14")
    fused, output = dc_conductors(design(parallel=3), NEC)
    assert (fused.ocpd_required, fused.awg) == (True, "12")
    assert output.i_max_a == pytest.approx(3 * 12.95)


@pytest.mark.parametrize(
    ("electrical", "current", "status", "rule", "room"),
    [
        ({"busbar_a": 225, "main_breaker_a": 200}, 20.0, "pass", "705.12(B)(1)", 25),
        ({"busbar_a": 200, "main_breaker_a": 200}, 32.0, "pass", "705.12(B)(2)", 40),
        ({"busbar_a": 200, "main_breaker_a": 200}, 33.0, "fail", "705.12(B)(2)", 40),
        ({"busbar_a": 200, "main_breaker_a": 175}, 33.0, "pass", "705.12(B)(2)", 65),
        ({"busbar_a": 200, "main_breaker_a": 200, "existing_backfeed_a": 20}, 20.0, "fail", "705.12(B)(2)", 20),
        ({"busbar_a": 200, "main_breaker_a": 200, "panel_feed": "center"}, 32.0, "pass", "705.12(B)(4)", 40),
        ({"busbar_a": 200, "main_breaker_a": 200, "panel_feed": "center", "dwelling": False}, 8.0, "fail",
         "705.12(B)(1)", 0),
        ({"busbar_a": 100, "main_breaker_a": 200}, 8.0, "fail", "705.12(B)(2)", 0),
    ],
)  # fmt: skip
def test_the_busbar_takes_what_the_paragraph_of_its_panel_allows(
    electrical: dict[str, object], current: float, status: str, rule: str, room: float
) -> None:
    interconnection, check = connect(Electrical.model_validate(electrical), current, 1)
    assert interconnection is not None
    assert (check.status, interconnection.rule, interconnection.max_backfeed_a) == (status, rule, room)


def test_two_inverters_feed_twice_the_current_through_breakers_of_their_own() -> None:
    interconnection, check = connect(Electrical(busbar_a=200, main_breaker_a=200), 16.0, 2)
    assert interconnection is not None
    assert check.value == 40
    assert (interconnection.breakers, interconnection.backfeed_breaker_a) == (2, 20)


def test_without_the_panel_s_figures_the_rule_is_not_evaluated() -> None:
    interconnection, check = connect(Electrical(busbar_a=200), 16.0, 1)
    assert check.status == "not_evaluated"
    assert interconnection is not None
    assert interconnection.max_backfeed_a is None
    assert connect(Electrical(), None, 1)[1].status == "not_evaluated"


def test_off_grid_feeds_no_panel() -> None:
    checks, _, interconnection = ac_checks(design(), NEC, grid=False)
    assert interconnection is None
    assert [check.id for check in checks] == ["ac_voltage"]


@pytest.mark.parametrize(
    ("stated", "ac_voltage", "service", "amperes"),
    [(21.7, 230, None, 21.7), (None, 230, None, 5000 / 230), (None, None, 240, 5000 / 240),
     (None, 400, 230, 5000 / (400 * 3**0.5)), (None, None, None, None)],
)  # fmt: skip
def test_the_output_current_is_stated_or_follows_from_power_and_voltage(
    stated: float | None, ac_voltage: float | None, service: float | None, amperes: float | None
) -> None:
    changes = {"ac_current_max_a": stated, "ac_voltage_v": ac_voltage}
    inverter = InverterDatasheet.model_validate(STRING_INVERTER | changes)
    assert output_current(inverter, service) == (None if amperes is None else pytest.approx(amperes))


def test_an_inverter_of_another_voltage_fails_and_a_three_phase_one_in_an_undescribed_home_warns() -> None:
    def status(service: float | None, rated: float | None) -> str:
        electrical = Electrical(service_voltage_v=service)
        checks, _, _ = ac_checks(design(inverter={"ac_voltage_v": rated}), electrical, grid=False)
        return by_id(checks)["ac_voltage"].status

    assert status(240, 230) == "pass"
    assert status(120, 230) == "fail"
    assert status(None, 400) == "warn"
    assert status(None, 230) == status(230, None) == "not_evaluated"


def test_an_inverter_that_carries_the_loads_but_cannot_start_them_fails_on_surge() -> None:
    checks = by_id(backup_checks(design(inverter={"surge_w": 6000}), 3000.0, 7000.0))
    assert checks["inverter_power"].status == "pass"
    assert checks["inverter_surge"].status == "fail"


def test_a_surge_that_nobody_states_is_not_passed() -> None:
    checks = by_id(backup_checks(design(inverter={"surge_w": None}), 3000.0, 7000.0))
    assert checks["inverter_surge"].status == "not_evaluated"
    unknown = by_id(backup_checks(design(inverter={"surge_w": 9000}), None, None))
    assert {check.status for check in unknown.values()} == {"not_evaluated"}


@pytest.mark.parametrize(
    ("awg", "square_millimetres"),
    [
        ("14", 2.08),
        ("12", 3.31),
        ("10", 5.26),
        ("8", 8.37),
        ("4/0", 107.2),
        ("1/0", 53.5),
        ("250 kcmil", 126.7),
    ],
)
def test_wire_sizes_have_the_cross_section_of_their_definition(awg: str, square_millimetres: float) -> None:
    assert area_mm2(awg) == pytest.approx(square_millimetres, rel=0.003)


def test_voltage_drop_follows_ohm_and_warns_beyond_the_recommendation() -> None:
    of = design()
    conductors = dc_conductors(of, NEC)
    near, far = (
        by_id(voltage_drop_checks(of, conductors, Electrical(dc_cable_m=length)))["dc_voltage_drop"]
        for length in (20.0, 90.0)
    )
    assert near.value == pytest.approx(100 * 2 * resistance(area_mm2("14"), 20) * 9.6 / 417, abs=1e-3)
    assert (near.status, far.status) == ("pass", "warn")


def test_without_a_cable_length_the_drop_is_not_evaluated() -> None:
    checks = voltage_drop_checks(design(), dc_conductors(design(), NEC), NEC)
    assert [check.status for check in checks] == ["not_evaluated", "not_evaluated"]
