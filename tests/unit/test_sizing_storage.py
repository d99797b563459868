import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nodes.sizing.battery_effects import cycle_life, effects, rate_effect, temperature_factor
from nodes.sizing.storage import Bank, bank_for, efficiencies, largest_draw, longest_days, required_ah
from nodes.sizing.storage_checks import currents, misfit, storage_checks
from state.equipment import BatteryDatasheet, Chemistry, InverterDatasheet
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


@pytest.mark.parametrize("chemistry", ["lead_acid", "lithium_ion"])
def test_the_capacity_table_is_met_at_its_points(chemistry: Chemistry) -> None:
    table = effects()[chemistry].temperature
    for temperature, multiplier in zip(table.celsius, table.required_to_rated, strict=True):
        assert temperature_factor(chemistry, temperature) == pytest.approx(1 / multiplier)


def test_between_and_beyond_the_points_the_table_is_interpolated_and_held() -> None:
    assert 1 / temperature_factor("lead_acid", 12.8) == pytest.approx(1.15, abs=0.001)
    assert temperature_factor("lead_acid", -20) == temperature_factor("lead_acid", -6.7)
    assert temperature_factor("lead_acid", 45) == 1.0
    assert temperature_factor("lithium_ion", 0) == pytest.approx(0.80)
    assert temperature_factor("lithium_ion", 30) == 1.0


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


T105 = lead_acid.model_copy(
    update={
        "nominal_v": 6.0,
        "capacity_ah": 225.0,
        "capacity_at_rates": ((5.0, 185.0), (10.0, 207.0), (20.0, 225.0), (100.0, 250.0)),
    }
)


@pytest.mark.parametrize(("hours", "capacity"), [(20.0, 225.0), (10.0, 207.0), (5.0, 185.0)])
def test_a_bank_drained_in_the_hours_of_its_sheet_gives_what_the_sheet_says(
    hours: float, capacity: float
) -> None:
    """Trojan T-105 data sheet: 225 Ah in 20 h, 207 Ah in 10 h, 185 Ah in 5 h."""
    effect = rate_effect(T105)
    assert effect is not None
    given = capacity / hours * hours
    lost = given * float(effect.at(np.array([capacity / hours / 225.0]))[0])
    assert lost == pytest.approx(225.0)


def test_slower_than_rated_earns_no_credit_and_faster_than_the_sheet_follows_peukert() -> None:
    effect = rate_effect(T105)
    assert effect is not None
    slow, edge, beyond = effect.at(np.array([0.001, 37.0 / 225.0, 74.0 / 225.0]))
    assert slow == 1.0
    exponent = math.log((225 / 185) / (225 / 207)) / math.log((185 / 5) / (207 / 10))
    assert beyond / edge == pytest.approx(2.0**exponent)


def test_loads_in_few_hours_need_more_lead_acid_than_the_same_energy_spread_out() -> None:
    evening = [0.0] * 18 + [0.25] * 4 + [0.0] * 2
    spread, peaked = (
        bank_for(
            lead_acid,
            None,
            daily_energy=20_000,
            autonomy_days=1.0,
            system_voltage=48,
            temperature=25,
            hourly_share=share,
        )
        for share in ([1 / 24] * 24, evening)
    )
    assert peaked.required_ah > 1.05 * spread.required_ah
    assert peaked.drain > 1.05
    assert spread.drain == pytest.approx(1.0)


shapes = st.lists(st.floats(0.01, 10), min_size=24, max_size=24).map(lambda w: [each / sum(w) for each in w])


@settings(deadline=None, max_examples=60)
@given(shapes, st.floats(0.1, 5), st.floats(500, 40_000), st.sampled_from([lead_acid, lithium, T105]))
def test_the_stated_autonomy_holds_from_every_hour_and_is_what_was_asked(
    share: list[float], days: float, daily: float, battery: BatteryDatasheet
) -> None:
    found = bank_for(
        battery,
        inverter,
        daily_energy=daily,
        autonomy_days=days,
        system_voltage=48,
        temperature=15,
        hourly_share=share,
    )
    hours, by_hour = found.autonomy_days * 24, found.drawn
    assert hours >= days * 24 * (1 - 1e-9)
    for start in range(24):
        drawn = [by_hour[(start + hour) % 24] for hour in range(int(hours) + 1)]
        taken = sum(drawn[:-1]) + (hours - int(hours)) * drawn[-1]
        assert taken <= found.usable_energy * (1 + 1e-6)


@given(shapes, st.floats(0.05, 6))
def test_how_much_and_how_long_are_each_other_s_inverse(share: list[float], days: float) -> None:
    assert longest_days(share, largest_draw(share, days)) >= days * (1 - 1e-9)
    whole = float(math.ceil(days))
    assert largest_draw(share, whole) == pytest.approx(whole)


def test_cycle_life_is_read_at_the_depth_and_never_better_than_the_shallowest_point() -> None:
    cycles, source = cycle_life(lead_acid, 0.5)
    assert cycles == pytest.approx(1000)
    assert "Concorde" in source
    assert cycle_life(lead_acid, 0.05)[0] == pytest.approx(5000)
    assert cycle_life(lithium, 0.9)[0] < 5000
    own = lithium.model_copy(update={"cycles_at_depths": ((80.0, 7000.0),)})
    assert cycle_life(own, 0.8)[0] == pytest.approx(7000)
    assert cycle_life(own, 0.8)[1] == "its datasheet"
    assert cycle_life(own, 1.0)[0] == pytest.approx(5600)


@pytest.mark.parametrize(("temperature", "status"), [(-5.0, "warn"), (20.0, "pass"), (50.0, "warn")])
def test_a_lithium_bank_that_may_not_be_charged_is_warned_of(temperature: float, status: str) -> None:
    found = bank(lithium, temperature=temperature)
    flowing = currents(found, inverter, 1, peak_power=1000.0, pdc0=1000.0)
    checks = {each.id: each for each in storage_checks(found, inverter, flowing, temperature=temperature)}
    assert checks["battery_temperature"].status == status


def test_a_stated_battery_voltage_range_decides_before_the_nominal_voltage() -> None:
    assert (
        checked(bank(lithium), battery_v_min=40, battery_v_max=60)["inverter_battery_voltage"].status
        == "pass"
    )
    assert (
        checked(bank(lithium), battery_v_min=40, battery_v_max=50)["inverter_battery_voltage"].status
        == "fail"
    )
