"""Prices by the hour, and a battery that follows them."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from nodes.sizing.battery_dispatch import with_battery
from nodes.sizing.tariffs import prices_of, time_of_use
from state.economics import Economics, TariffPeriod
from tests.support.sizing import HOME, HYBRID_INVERTER, LITHIUM, MODULE, sized
from tests.unit.test_sizing_battery_dispatch import PLANT, year_of

PEAK: dict[str, Any] = {"name": "peak", "price_per_kwh": 40, "from_hour": 18, "to_hour": 22}
NIGHT: dict[str, Any] = {"name": "night", "price_per_kwh": 8, "from_hour": 22, "to_hour": 6}


def economics(**given: Any) -> Economics:
    return Economics.model_validate({"tariff_per_kwh": 20} | given)


def test_a_flat_tariff_is_the_same_in_every_hour() -> None:
    prices = prices_of(economics(export_tariff_per_kwh=5))
    assert prices is not None
    assert prices.flat
    assert (prices.bought[0], prices.sold[0]) == (20, 5)


def test_the_tariff_of_the_currency_s_book_stands_in_and_says_so() -> None:
    prices = prices_of(Economics())
    assert prices is not None
    assert prices.bought[0] == 20
    assert "KES/kWh" in (prices.source or "")
    assert prices_of(Economics(currency="XOF")) is None


def test_periods_hold_in_their_hours_over_midnight_too_and_the_flat_tariff_in_the_others() -> None:
    prices = prices_of(economics(tariff_periods=[PEAK, NIGHT]))
    assert prices is not None
    day = prices.bought[:24]
    assert list(day[18:22]) == [40] * 4
    assert list(day[22:]) + list(day[:6]) == [8] * 8
    assert list(day[6:18]) == [20] * 12


def test_seasons_and_weekends_have_prices_of_their_own_and_the_first_that_holds_is_meant() -> None:
    summer = {"name": "summer peak", "price_per_kwh": 60, "from_hour": 18, "to_hour": 22, "months": [6, 7, 8]}
    weekend = {"name": "weekend", "price_per_kwh": 5, "days": "weekends", "export_per_kwh": 1}
    prices = prices_of(economics(tariff_periods=[weekend, summer, PEAK]))
    assert prices is not None
    bought, sold = prices.bought.reshape(365, 24), prices.sold.reshape(365, 24)
    assert set(np.unique(bought[5:7])) == {5}
    assert (sold[5, 0], sold[4, 0]) == (1, 0)
    assert bought[0, 19] == 40
    june_monday = next(day for day in range(151, 181) if day % 7 == 0)
    assert bought[june_monday, 19] == 60


def test_a_tariff_that_leaves_hours_without_a_price_is_refused() -> None:
    with pytest.raises(ValidationError, match="no price for 0:00 on weekdays of month 1"):
        Economics.model_validate({"tariff_periods": [PEAK]})
    whole_day = {"name": "all day", "price_per_kwh": 10}
    assert Economics.model_validate({"tariff_periods": [PEAK, whole_day]}).tariff_per_kwh is None


def test_a_period_from_an_hour_to_the_same_hour_holds_never() -> None:
    never = TariffPeriod(name="never", price_per_kwh=1, from_hour=5, to_hour=5)
    assert not any(never.holds(hour, 1, weekend=False) for hour in range(24))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 500), st.booleans(), st.floats(0, 15))
def test_following_the_tariff_never_costs_more_than_serving_the_loads_at_any_time(
    seed: int, may_charge: bool, export: float
) -> None:
    prices = prices_of(economics(tariff_periods=[PEAK, NIGHT], export_tariff_per_kwh=export))
    assert prices is not None
    p_dc, load = year_of(seed)
    plant = (
        PLANT
        if not may_charge
        else type(PLANT)(
            **{name: getattr(PLANT, name) for name in PLANT.__slots__} | {"grid_charge": np.zeros(8760)}
        )
    )
    plain = with_battery(p_dc, load, plant)
    flows, words = time_of_use(p_dc, load, plant, prices)
    assert words
    assert plain.hourly is not None
    assert flows.hourly is not None
    assert prices.bill(flows.hourly) <= prices.bill(plain.hourly) + 1e-6


def test_a_battery_without_sun_earns_its_keep_by_the_night_tariff() -> None:
    prices = prices_of(economics(tariff_periods=[PEAK, NIGHT]))
    assert prices is not None
    load = np.full(8760, 600.0)
    plant = type(PLANT)(
        **{name: getattr(PLANT, name) for name in PLANT.__slots__} | {"grid_charge": np.zeros(8760)}
    )
    flows, words = time_of_use(np.zeros(8760), load, plant, prices)
    assert "charged from the grid" in words
    assert flows.hourly is not None
    bought = flows.hourly.bought.reshape(365, 24).mean(axis=0)
    assert bought[19] < 0.1 * 600
    assert bought[23] > 600


def hybrid(**changes: Any) -> Any:
    given: dict[str, Any] = {
        "system_type": "hybrid",
        "demand": {"appliances": [*HOME, {"name": "Heater", "power_w": 1500, "hours_per_day": 6}]},
        "equipment": {"module": MODULE, "inverter": HYBRID_INVERTER, "battery": LITHIUM},
        "array": {"pdc0_w": 400},
    }
    return sized(**(given | changes))


def test_a_result_tells_how_the_battery_is_run_and_that_it_saves_more() -> None:
    tariff = {"tariff_per_kwh": 20, "tariff_periods": [PEAK, NIGHT]}
    plain = hybrid(economics=tariff)
    clever = hybrid(economics=tariff, storage={"strategy": "time_of_use", "grid_charging": True})
    assert plain.economics.annual_savings <= clever.economics.annual_savings
    assert clever.storage.strategy == "time_of_use"
    assert any("Time-of-use prices" in line for line in clever.assumptions)
    assert any("The battery " in line and "hours" in line for line in clever.assumptions)


def test_a_reserve_is_kept_and_its_hours_are_told() -> None:
    kept = hybrid(storage={"backup_reserve_pct": 90})
    assert kept.storage.reserve_kwh == pytest.approx(0.9 * kept.storage.usable_kwh, abs=0.002)
    assert 0 < kept.storage.backup_hours < 24 * kept.storage.autonomy_days
    assert kept.energy.battery_cycles < hybrid().energy.battery_cycles
    assert any("90 % of it is kept for outages" in line for line in kept.assumptions)
    assert hybrid().storage.backup_hours is None


def test_time_of_use_without_a_tariff_that_varies_is_said_to_be_plain_self_consumption() -> None:
    result = hybrid(storage={"strategy": "time_of_use"})
    assert any("no tariff varies by the hour" in line for line in result.assumptions)
