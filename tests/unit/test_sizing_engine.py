"""Sizing from job to result: the homes of the demonstration, and what holds of any job."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InvalidInput
from nodes.sizing.engine import size
from state.sizing import SizingResult
from tests.support.sizing import (
    DATASHEETS,
    GREENSBORO,
    HOME,
    HYBRID_INVERTER,
    LITHIUM,
    MODULE,
    check_of,
    greensboro_year,
    job_of,
    nairobi_year,
    resource_of,
    sized,
    statuses,
)


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
