import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodes.sizing.storage import (
    LEAD_ACID_MULTIPLIER,
    Bank,
    bank_for,
    efficiencies,
    required_ah,
    temperature_factor,
)
from nodes.sizing.storage_checks import currents, misfit, storage_checks
from state.equipment import BatteryDatasheet, InverterDatasheet
from state.sizing import Check
from tests.support.sizing import HYBRID_INVERTER, LEAD_ACID, LITHIUM

inverter = InverterDatasheet.model_validate(HYBRID_INVERTER)
lithium = BatteryDatasheet.model_validate(LITHIUM)
lead_acid = BatteryDatasheet.model_validate(LEAD_ACID)


def bank(
    battery: BatteryDatasheet = lead_acid,
    *,
    daily: float = 6000.0,
    days: float = 1.0,
    volts: float = 48.0,
    temperature: float = 25.0,
    with_inverter: InverterDatasheet | None = None,
) -> Bank:
    return bank_for(
        battery,
        with_inverter,
        daily_energy=daily,
        autonomy_days=days,
        system_voltage=volts,
        temperature=temperature,
    )


def checked(
    of: Bank, *, peak: float | None = 3000.0, pdc0: float = 3000.0, **changes: object
) -> dict[str, Check]:
    on = InverterDatasheet.model_validate(HYBRID_INVERTER | changes)
    flowing = currents(of, on, 1, peak_power=peak, pdc0=pdc0)
    return {check.id: check for check in storage_checks(of, on, flowing, temperature=25.0)}


def test_required_ampere_hours_follow_the_stated_formula() -> None:
    needed = required_ah(6000, 2, 48, depth_of_discharge=0.7, efficiency=0.9 * 0.95, temperature_factor=0.84)
    assert needed == pytest.approx(6000 * 2 / (48 * 0.7 * 0.9 * 0.95 * 0.84))


def test_a_lead_acid_bank_is_never_divided_by_its_series_count() -> None:
    """The predecessor divided required Ah by the number in series, which halved a 24 V bank of 12 V units."""
    forty_eight = bank(volts=48.0)
    assert forty_eight.series == 4
    assert forty_eight.parallel == math.ceil(forty_eight.required_ah / 200)
    assert forty_eight.capacity_ah >= forty_eight.required_ah
    assert forty_eight.nominal_energy >= 6000 / (0.7 * 0.9 * 0.95)


def test_the_efficiency_of_the_inverter_is_not_an_ornament() -> None:
    """The predecessor had an "efficiency" that nothing used."""
    good = inverter.model_copy(update={"efficiency_pct": 98.0})
    poor = inverter.model_copy(update={"efficiency_pct": 85.0})
    ratio = bank(with_inverter=poor).required_ah / bank(with_inverter=good).required_ah
    assert ratio == pytest.approx(98 / 85)


def test_the_round_trip_of_the_battery_is_split_between_its_two_ways() -> None:
    along = efficiencies(None, lithium)
    assert along.round_trip == pytest.approx(0.94)
    assert along.charge == along.discharge
    assert efficiencies(None, lead_acid).discharge == 0.95
    assert efficiencies(None, lead_acid).inverter == 0.90


@given(st.floats(100, 50_000), st.floats(100, 50_000), st.floats(0.2, 7), st.floats(0.2, 7))
def test_more_load_or_more_autonomy_is_never_a_smaller_bank(
    one: float, two: float, short: float, long: float
) -> None:
    small = bank(daily=min(one, two), days=min(short, long))
    large = bank(daily=max(one, two), days=max(short, long))
    assert large.units >= small.units
    assert large.required_ah >= small.required_ah


@given(st.floats(-20, 60), st.floats(-20, 60))
def test_a_colder_lead_acid_bank_is_never_smaller(one: float, two: float) -> None:
    assert bank(temperature=min(one, two)).required_ah >= bank(temperature=max(one, two)).required_ah


@given(st.floats(200, 40_000), st.floats(0.3, 5), st.floats(-10, 40), st.sampled_from([12.0, 24.0, 48.0]))
def test_a_bank_carries_at_least_the_autonomy_that_was_asked_for(
    daily: float, days: float, temperature: float, volts: float
) -> None:
    for battery in (lead_acid, lithium.model_copy(update={"nominal_v": volts})):
        found = bank(battery, daily=daily, days=days, temperature=temperature, volts=volts)
        assert found.autonomy_days >= days * (1 - 1e-9)


@pytest.mark.parametrize(("temperature", "multiplier"), LEAD_ACID_MULTIPLIER)
def test_the_capacity_table_is_met_at_its_points(temperature: float, multiplier: float) -> None:
    assert temperature_factor("lead_acid", temperature) == pytest.approx(1 / multiplier)


def test_between_and_beyond_the_points_the_table_is_interpolated_and_held() -> None:
    assert 1 / temperature_factor("lead_acid", 12.8) == pytest.approx(1.15, abs=0.001)
    assert temperature_factor("lead_acid", -20) == temperature_factor("lead_acid", -6.7)
    assert temperature_factor("lead_acid", 45) == 1.0
    assert temperature_factor("lithium_ion", -5) == 1.0


def test_the_trade_s_48_volts_may_be_51_2() -> None:
    found = bank(lithium)
    assert (found.series, found.nominal_voltage) == (1, 51.2)
    checks = checked(found)
    assert checks["battery_system_voltage"].status == "pass"
    assert checks["inverter_battery_voltage"].status == "pass"


def test_units_that_do_not_make_up_the_system_voltage_fail() -> None:
    assert checked(bank(lithium, volts=36.0))["battery_system_voltage"].status == "fail"
    assert checked(bank(lead_acid), battery_voltage_v=24)["inverter_battery_voltage"].status == "fail"
    assert (
        checked(bank(lead_acid), battery_voltage_v=None)["inverter_battery_voltage"].status == "not_evaluated"
    )


def test_loads_that_draw_more_than_the_battery_gives_fail() -> None:
    small = bank(lithium, daily=2000.0)
    assert checked(small, peak=4000.0)["battery_discharge_current"].status == "pass"
    assert checked(small, peak=6000.0)["battery_discharge_current"].status == "fail"
    assert checked(small, peak=None)["battery_discharge_current"].status == "not_evaluated"


def test_lead_acid_is_charged_at_a_seventh_of_its_capacity_at_most() -> None:
    found = bank(lead_acid, daily=3000.0)
    assert found.parallel == 1
    assert checked(found, pdc0=1300.0)["battery_charge_current"].status == "pass"
    assert checked(found, pdc0=1500.0)["battery_charge_current"].status == "warn"
    assert checked(found, pdc0=1500.0, charge_current_max_a=25)["battery_charge_current"].status == "pass"


def test_an_array_beyond_the_charger_warns_and_an_unknown_charger_says_what_would_do() -> None:
    found = bank(lithium)
    assert checked(found, pdc0=8000.0)["charge_controller_current"].status == "warn"
    unknown = checked(found, pdc0=5120.0, charge_current_max_a=None)["charge_controller_current"]
    assert unknown.status == "not_evaluated"
    assert "100 A" in unknown.detail


def test_the_bank_that_fits_is_preferred_over_the_one_that_is_smallest() -> None:
    def rank(of: Bank, pdc0: float = 1000.0) -> tuple[object, ...]:
        return misfit(of, currents(of, inverter, 1, peak_power=3000.0, pdc0=pdc0))

    wrong_voltage = bank(lithium.model_copy(update={"nominal_v": 40.0}), daily=1000.0)
    assert rank(bank(lithium)) < rank(wrong_voltage)
    weak = bank(lithium.model_copy(update={"max_discharge_a": 10.0, "capacity_ah": 80.0}))
    assert rank(bank(lithium)) < rank(weak)
    assert rank(bank(lead_acid, daily=3000.0), 1000.0) < rank(bank(lead_acid, daily=3000.0), 4000.0)


def test_the_result_shows_what_the_bank_gives() -> None:
    result = bank(lithium, with_inverter=inverter).to_result()
    assert (result.units_in_series, result.strings_in_parallel, result.units) == (1, 2, 2)
    assert result.nominal_kwh == pytest.approx(10.24)
    assert result.usable_kwh == pytest.approx(8.192)
    assert result.autonomy_days == pytest.approx(8192 * math.sqrt(0.94) * 0.97 / 6000, abs=0.01)
