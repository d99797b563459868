"""What sizing asks, and what it makes of the answers."""

from typing import Any

import pytest

from core.climate.screening import screening_year
from nodes.sizing.engine import size
from state.weather import DesignTemperatures
from tests.support.sizing import (
    COLD_UNKNOWN,
    DATASHEETS,
    MODULE,
    STRING_INVERTER,
    answer,
    job_of,
    nairobi_year,
    resource_of,
    statuses,
)


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
