import json
import math
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.catalog import search_batteries, search_inverters, search_modules
from core.climate.screening import screening_year
from core.errors import InvalidInput
from nodes.sizing.engine import size
from state.sizing import SizingAnswer, SizingResult
from state.weather import DesignTemperatures
from tests.support.sizing import (
    GREENSBORO,
    HOME,
    HYBRID_INVERTER,
    LITHIUM,
    MODULE,
    STRING_INVERTER,
    greensboro_year,
    job_of,
    nairobi_year,
    resource_of,
    sized,
    statuses,
)

DATASHEETS = {"module": MODULE, "inverter": STRING_INVERTER}
COLD_UNKNOWN: dict[str, Any] = {"electrical": {"service_voltage_v": 230}}


def answer(answers: dict[str, Any] | None = None, quality: str = "user", **changes: Any) -> SizingAnswer:
    year = nairobi_year()
    return size(job_of(**changes), year, resource_of(year, quality=quality), answers or {})


def check_of(result: SizingResult, check_id: str) -> Any:
    return next(check for check in result.checks if check.id == check_id)


# --- the homes of the demonstration ---------------------------------------------------------------------


def test_a_nairobi_home_gets_a_feasible_hybrid_system_from_the_catalogue() -> None:
    result = sized(
        system_type="hybrid",
        demand={"appliances": HOME},
        roof=[{"name": "north", "surface_tilt": 15, "surface_azimuth": 0, "area_m2": 40}],
        electrical={"design_temp_min_c": 6, "service_voltage_v": 230, "standard": "iec_62548"},
        storage={"autonomy_days": 1, "system_voltage_v": 48},
    )
    assert (result.status, result.binding_check) == ("feasible", None)
    assert result.array is not None
    assert result.inverter is not None
    assert result.storage is not None
    assert result.energy is not None
    assert result.inverter.kind == "hybrid"
    assert result.inverter.pac0_w >= 1220
    assert result.storage.autonomy_days >= 1
    assert 1 <= result.storage.units <= 4
    assert 1000 < result.energy.specific_yield_kwh_per_kwp < 2000
    assert result.energy.self_sufficiency is not None
    assert result.energy.self_sufficiency > 0.7
    assert result.energy.unserved_kwh == 0


@pytest.mark.parametrize("chemistry", ["lithium_ion", "lead_acid"])
def test_either_chemistry_gives_a_bank_of_that_chemistry(chemistry: str) -> None:
    result = sized(
        system_type="hybrid", demand={"appliances": HOME}, equipment={"battery_chemistry": chemistry}
    )
    assert result.status == "feasible"
    assert result.storage is not None
    assert result.storage.chemistry == chemistry


def test_a_greensboro_home_gets_a_feasible_grid_tied_system_from_its_typical_year() -> None:
    result = sized(
        greensboro_year(),
        site=GREENSBORO,
        demand={"monthly_kwh": [1100, 980, 850, 720, 760, 980, 1180, 1150, 930, 720, 780, 1020]},
        roof=[
            {"name": "south", "surface_tilt": 25, "surface_azimuth": 180, "area_m2": 38},
            {"name": "west", "surface_tilt": 25, "surface_azimuth": 270, "area_m2": 26},
        ],
        electrical={
            "design_temp_min_c": -13,
            "busbar_a": 200,
            "main_breaker_a": 200,
            "service_voltage_v": 240,
        },
        economics={
            "currency": "USD",
            "tariff_per_kwh": 0.14,
            "export_tariff_per_kwh": 0.04,
            "price_book": {"array_per_kw": 900, "inverter_per_kw": 250, "installation": 4500},
        },
    )
    assert result.status == "feasible"
    assert result.storage is None
    assert result.energy is not None
    assert result.energy.ac_annual_kwh == pytest.approx(11_170, rel=0.12)
    assert 1200 < result.energy.specific_yield_kwh_per_kwp < 1500
    assert statuses(result)["nec_705_12_busbar"] == "pass"
    assert result.interconnection is not None
    assert result.interconnection.rule == "705.12(B)(2)"
    assert {conductor.circuit for conductor in result.conductors} >= {"pv_source", "inverter_output"}
    assert result.economics is not None
    assert result.economics.currency == "USD"


def test_an_off_grid_home_is_served_all_but_a_little() -> None:
    result = sized(system_type="off_grid", demand={"appliances": HOME})
    assert result.status == "feasible"
    assert result.energy is not None
    assert result.energy.unserved_kwh is not None
    assert result.energy.demand_kwh is not None
    assert result.energy.unserved_kwh <= 0.01 * result.energy.demand_kwh
    assert result.energy.export_kwh == result.energy.grid_import_kwh == 0
    assert result.interconnection is None
    assert any("the worst of the year" in line for line in result.assumptions)


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


# --- what sets the size ---------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.5, 1.0, 1.5])
def test_the_array_produces_the_share_of_the_year_s_use_that_was_asked_for(share: float) -> None:
    result = sized(array={"energy_share": share}, equipment=DATASHEETS, demand={"daily_kwh": 20})
    assert result.energy is not None
    assert result.energy.ac_annual_kwh == pytest.approx(share * 20 * 365, rel=0.09)


def test_a_given_power_is_met_to_the_next_whole_string() -> None:
    result = sized(array={"pdc0_w": 5000}, equipment=DATASHEETS, demand=None)
    assert result.array is not None
    assert 4750 <= result.array.pdc0_w <= 5300


def test_without_demand_the_roof_is_filled_but_not_overfilled() -> None:
    result = sized(
        demand=None,
        equipment=DATASHEETS,
        roof=[{"name": "a", "surface_tilt": 10, "surface_azimuth": 0, "area_m2": 25}],
    )
    assert result.array is not None
    assert 10 <= result.array.modules <= 12
    assert result.energy is not None
    assert result.energy.self_consumption is None


def test_racks_may_cover_only_the_ground_cover_ratio_s_share_of_their_area() -> None:
    result = sized(
        demand=None,
        equipment=DATASHEETS,
        array={"gcr": 0.5},
        roof=[{"name": "a", "surface_tilt": 10, "surface_azimuth": 0, "area_m2": 50, "mount": "rack"}],
    )
    assert result.array is not None
    assert 10 <= result.array.modules <= 12


def test_a_roof_too_small_for_the_target_warns_and_says_what_it_holds() -> None:
    result = sized(
        demand={"daily_kwh": 40},
        equipment=DATASHEETS,
        roof=[{"name": "a", "surface_tilt": 10, "surface_azimuth": 0, "area_m2": 20}],
    )
    assert statuses(result)["roof_area"] == "warn"
    assert check_of(result, "roof_area").limit == 10
    assert statuses(result)["array_size"] == "warn"


def test_the_sunnier_plane_is_filled_first() -> None:
    result = sized(
        demand={"daily_kwh": 5},
        equipment=DATASHEETS,
        roof=[
            {"name": "steep south", "surface_tilt": 60, "surface_azimuth": 180, "area_m2": 40},
            {"name": "flat", "surface_tilt": 5, "surface_azimuth": 0, "area_m2": 40},
        ],
    )
    assert result.array is not None
    assert [plane.name for plane in result.array.planes] == ["flat"]


def test_energy_scales_with_the_array() -> None:
    small = sized(array={"pdc0_w": 2800}, equipment=DATASHEETS).energy
    large = sized(array={"pdc0_w": 5600}, equipment=DATASHEETS).energy
    assert small is not None
    assert large is not None
    assert large.ac_annual_kwh == pytest.approx(2 * small.ac_annual_kwh, rel=0.02)
    assert sum(large.ac_monthly_kwh) == pytest.approx(large.ac_annual_kwh, abs=1)
    spread = math.hypot(5.0, 3.9, 3.0, 3.0, 2.0, 5.0) / 100.0
    assert large.p50_annual_kwh == large.ac_annual_kwh
    assert large.p90_annual_kwh == pytest.approx((1 - 1.2816 * spread) * large.ac_annual_kwh, abs=0.2)


# --- what is asked --------------------------------------------------------------------------------------


def test_an_unknown_cold_temperature_is_asked_for_and_meanwhile_nothing_cold_is_passed() -> None:
    got = answer(**COLD_UNKNOWN)
    (question,) = got.questions
    assert (question.id, question.kind, question.unit) == ("design_temp_min_c", "number", "°C")
    assert (question.minimum, question.maximum) == (-60, 30)
    assert "voltage" in question.why
    assert got.sizing is not None
    assert got.sizing.status == "screening"
    assert statuses(got.sizing)["nec_690_7_max_voltage"] == "not_evaluated"
    assert got.sizing.string_limits is not None
    assert got.sizing.string_limits.v_oc_cold_v is None


def test_the_question_suggests_a_figure_and_says_what_it_stands_on() -> None:
    (question,) = answer(**COLD_UNKNOWN).questions
    assert isinstance(question.default, float)
    assert -60 <= question.default <= 30
    assert f"{question.default:g} °C" in question.why or f"{question.default} °C" in question.why


def test_a_modelled_year_has_no_cold_days_so_its_suggestion_lies_far_below_its_nights() -> None:
    year = screening_year(-1.29, 36.82, 1795.0)
    modelled = resource_of(year).model_copy(update={"quality": "screening"})
    (question,) = size(job_of(**COLD_UNKNOWN), year, modelled, {}).questions
    assert question.default == round(float(year.temp_air.min()) - 13.0)
    assert "an estimate" in question.why


def test_the_answer_settles_the_question() -> None:
    got = answer({"design_temp_min_c": 4}, **COLD_UNKNOWN)
    assert got.questions == []
    assert got.sizing is not None
    assert got.sizing.status == "feasible"
    assert statuses(got.sizing)["nec_690_7_max_voltage"] == "pass"


@pytest.mark.parametrize("temp_min", [-40, -10, 15])
def test_strings_laid_out_while_the_cold_is_unknown_survive_any_answer(temp_min: float) -> None:
    waiting = answer(equipment=DATASHEETS, **COLD_UNKNOWN).sizing
    settled = answer({"design_temp_min_c": temp_min}, equipment=DATASHEETS, **COLD_UNKNOWN).sizing
    assert waiting is not None
    assert waiting.array is not None
    assert settled is not None
    assert settled.string_limits is not None
    most = settled.string_limits.modules_per_string_max
    assert most is not None
    assert max(string.modules_per_string for string in waiting.array.strings) <= most


def test_the_climate_s_own_extremes_spare_the_question_and_their_doubt_is_passed_on() -> None:
    year = nairobi_year()
    extremes = DesignTemperatures(min_c=5.5, max_c=31, source="ten years of archive", approximation="a mean")
    got = size(job_of(**COLD_UNKNOWN), year, resource_of(year, design_temperatures=extremes), {})
    assert got.questions == []
    assert got.sizing is not None
    assert any("a mean" in line for line in got.sizing.warnings)
    assert got.sizing.string_limits is not None
    assert got.sizing.string_limits.design_temp_max_c == 31


def test_everything_missing_is_asked_at_once() -> None:
    got = answer(demand=None, system_type="off_grid", **COLD_UNKNOWN)
    assert {question.id for question in got.questions} == {"design_temp_min_c", "demand_daily_kwh"}
    assert got.sizing is None
    then = answer(
        {"design_temp_min_c": 4, "demand_daily_kwh": 6}, demand=None, system_type="off_grid", **COLD_UNKNOWN
    )
    assert [question.id for question in then.questions] == ["demand_peak_power_w"]
    assert then.sizing is not None


def test_an_appliance_of_unknown_power_is_asked_for_beside_the_rest() -> None:
    got = answer(demand={"appliances": [{"name": "Kiln", "hours_per_day": 1}]}, **COLD_UNKNOWN)
    assert {question.id for question in got.questions} == {"design_temp_min_c", "appliance_power_w_0"}


def test_an_existing_array_without_named_equipment_is_asked_for_it_by_choice() -> None:
    strings = [{"mppt": 1, "modules_per_string": 8}]
    got = answer(array={"strings": strings})
    assert [(question.id, question.kind) for question in got.questions] == [
        ("equipment_module", "choice"),
        ("equipment_inverter", "choice"),
    ]
    answers = {question.id: (question.choices or [""])[0] for question in got.questions}
    assert answer(answers, array={"strings": strings}).sizing is not None


def asked(**changes: Any) -> list[str]:
    return [question.id for question in answer(**changes).questions]


def test_half_of_a_panel_is_asked_for_the_other_half_where_the_grid_is_fed_by_the_nec() -> None:
    known = {"design_temp_min_c": 6, "service_voltage_v": 230}
    assert asked(electrical=known) == []
    assert asked(electrical=known | {"busbar_a": 200}) == ["main_breaker_a"]
    assert asked(electrical=known | {"main_breaker_a": 200}) == ["busbar_a"]
    assert asked(electrical=known | {"busbar_a": 200, "standard": "iec_62548"}) == []
    told = answer({"main_breaker_a": 200}, electrical=known | {"busbar_a": 200}).sizing
    assert told is not None
    assert statuses(told)["nec_705_12_busbar"] == "pass"


def test_an_inverter_without_its_maximum_voltage_is_asked_for_it() -> None:
    silent = DATASHEETS | {"inverter": STRING_INVERTER | {"vdc_max_v": None}}
    assert asked(equipment=silent) == ["inverter_vdc_max_v"]
    told = answer({"inverter_vdc_max_v": 450}, equipment=silent).sizing
    assert told is not None
    assert told.string_limits is not None
    assert told.string_limits.modules_per_string_max == 8


def test_strings_in_parallel_ask_for_the_fuse_rating_that_their_modules_bear() -> None:
    silent = DATASHEETS | {"module": MODULE | {"max_series_fuse_a": None}}
    strings = [{"mppt": 1, "modules_per_string": 8, "parallel": 2}]
    assert asked(equipment=silent, array={"strings": strings}) == ["module_max_series_fuse_a"]
    told = answer({"module_max_series_fuse_a": 20}, equipment=silent, array={"strings": strings}).sizing
    assert told is not None
    assert statuses(told)["nec_690_9_string_fuse"] == "pass"


# --- existing designs, infeasible designs ---------------------------------------------------------------


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


# --- the whole result -----------------------------------------------------------------------------------


def test_alternatives_are_other_designs_with_what_they_trade_away() -> None:
    result = sized(equipment={"module": MODULE}, demand={"daily_kwh": 15})
    assert 1 <= len(result.alternatives) <= 3
    assert all(alternative.trades and alternative.ac_annual_kwh for alternative in result.alternatives)
    assert result.array is not None
    smaller = next(each for each in result.alternatives if each.title == "A smaller array")
    assert smaller.modules < result.array.modules
    assert "fewer" in smaller.trades


def test_assumptions_name_what_the_job_did_not_say() -> None:
    text = "\n".join(sized().assumptions)
    for said in (
        "No roof was described",
        "Module chosen",
        "Inverter chosen",
        "losses 14 %",
        "BDEW",
        "Price book kenya-homes",
    ):
        assert said in text


def test_critical_loads_alone_size_the_bank_of_a_hybrid_when_asked() -> None:
    whole = sized(system_type="hybrid", demand={"appliances": HOME}, equipment={"inverter": HYBRID_INVERTER})
    critical = sized(
        system_type="hybrid",
        demand={"appliances": HOME},
        equipment={"inverter": HYBRID_INVERTER},
        storage={"critical_only": True},
    )
    assert whole.storage is not None
    assert critical.storage is not None
    assert critical.storage.required_ah < whole.storage.required_ah
    assert check_of(critical, "inverter_power").limit == 370


def test_more_load_never_gives_a_smaller_off_grid_bank_or_array() -> None:
    equipment = {"module": MODULE, "inverter": HYBRID_INVERTER, "battery": LITHIUM}

    def home(hours: float) -> SizingResult:
        demand = {"appliances": [*HOME, {"name": "Iron", "power_w": 1000, "hours_per_day": hours}]}
        return sized(system_type="off_grid", demand=demand, equipment=equipment)

    sizes = [home(hours) for hours in (0.2, 1, 2, 4)]
    units = [each.storage.units for each in sizes if each.storage is not None]
    powers = [each.array.pdc0_w for each in sizes if each.array is not None]
    assert units == sorted(units)
    assert powers == sorted(powers)


jobs = st.fixed_dictionaries(
    {
        "system_type": st.sampled_from(["grid_tied", "hybrid", "off_grid"]),
        "demand": st.one_of(
            st.builds(lambda kwh: {"daily_kwh": kwh}, st.floats(0.1, 500)),
            st.builds(lambda monthly: {"monthly_kwh": monthly}, st.lists(st.floats(1, 5000), min_size=12, max_size=12)),
            st.just({"appliances": HOME}),
        ),
        "roof": st.lists(
            st.fixed_dictionaries(
                {
                    "surface_tilt": st.floats(0, 90),
                    "surface_azimuth": st.floats(0, 360),
                    "area_m2": st.none() | st.floats(1, 300),
                    "mount": st.sampled_from(["roof", "rack"]),
                }
            ),
            max_size=2,
        ).map(lambda planes: [plane | {"name": f"plane {index}"} for index, plane in enumerate(planes)]),
        "array": st.fixed_dictionaries(
            {"losses_percent": st.floats(0, 99), "pdc0_w": st.none() | st.floats(100, 200_000)}
        ),
        "electrical": st.fixed_dictionaries(
            {
                "standard": st.sampled_from(["nec_2023", "iec_62548"]),
                "design_temp_min_c": st.floats(-60, 30),
                "busbar_a": st.none() | st.floats(50, 400),
                "main_breaker_a": st.none() | st.floats(50, 400),
                "service_voltage_v": st.none() | st.sampled_from([120.0, 230.0, 240.0, 400.0]),
                "dwelling": st.booleans(),
            }
        ),
        "storage": st.fixed_dictionaries(
            {"autonomy_days": st.floats(0.1, 5), "system_voltage_v": st.sampled_from([12.0, 24.0, 48.0, 96.0])}
        ),
    }
)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(jobs)
def test_any_job_gives_a_document_without_nan_whose_infeasibility_has_a_failed_check(
    job: dict[str, Any],
) -> None:
    year = nairobi_year()
    try:
        got = size(job_of(**job), year, resource_of(year), {"demand_peak_power_w": 2000})
    except InvalidInput:
        return
    json.dumps(got.to_json(), allow_nan=False)
    result = got.sizing
    assert result is not None
    failed = [check.id for check in result.checks if check.status == "fail"]
    assert (result.status == "infeasible") == bool(failed)
    assert (result.binding_check in failed) if failed else (result.binding_check is None)
    for check in result.checks:
        if check.status in {"pass", "warn", "fail"}:
            assert check.value is not None
            assert check.limit is not None


@settings(max_examples=15, deadline=None)
@given(st.floats(-45, 25), st.floats(-45, 25))
def test_a_colder_home_never_gets_longer_strings(one: float, two: float) -> None:
    def limit(temp_min: float) -> int:
        electrical = {"design_temp_min_c": temp_min, "service_voltage_v": 230}
        result = sized(equipment=DATASHEETS, electrical=electrical)
        assert result.string_limits is not None
        assert result.string_limits.modules_per_string_max is not None
        return result.string_limits.modules_per_string_max

    assert limit(min(one, two)) <= limit(max(one, two))
