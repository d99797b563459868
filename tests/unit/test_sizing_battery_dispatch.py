import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.pv.weather_year import FloatArray
from nodes.sizing.battery_dispatch import Plant, dispatch, with_battery
from nodes.sizing.battery_effects import RateEffect
from nodes.sizing.year_flows import without_battery

PLANT = Plant(
    pac0=3000.0,
    inverter_efficiency=0.95,
    usable_energy=5000.0,
    charge_efficiency=0.96,
    discharge_efficiency=0.96,
    charge_power=2000.0,
    discharge_power=2500.0,
    grid=True,
    export=True,
)
plants = st.builds(
    Plant,
    pac0=st.floats(100, 10_000),
    inverter_efficiency=st.floats(0.5, 1),
    usable_energy=st.just(0.0) | st.floats(1, 20_000),
    charge_efficiency=st.floats(0.6, 1),
    discharge_efficiency=st.floats(0.6, 1),
    charge_power=st.floats(0, 10_000) | st.just(math.inf),
    discharge_power=st.floats(0, 10_000) | st.just(math.inf),
    grid=st.booleans(),
    export=st.booleans(),
)


def year_of(seed: int) -> tuple[FloatArray, FloatArray]:
    """A sunny and a dark half of every day, and loads at any hour. [W]"""
    random = np.random.default_rng(seed)
    daylight = np.maximum(0.0, np.sin((np.arange(8760) % 24 - 6) / 12 * np.pi))
    return daylight * random.uniform(0, 5000, 8760), random.uniform(0, 2500, 8760)


@settings(max_examples=40, deadline=None)
@given(plants, st.integers(0, 1000))
def test_every_watt_hour_of_the_year_is_accounted_for(plant: Plant, seed: int) -> None:
    p_dc, load = year_of(seed)
    flows = with_battery(p_dc, load, plant)
    served = flows.from_array + flows.from_battery + flows.grid_import + flows.unserved
    assert served - flows.grid_charge == pytest.approx(load.sum(), rel=1e-9, abs=1e-6)
    eta = plant.inverter_efficiency
    gone = (flows.from_array + flows.export + flows.curtailed) / eta + flows.into_battery
    assert gone == pytest.approx(p_dc.sum(), rel=1e-9, abs=1e-6)
    stored = flows.into_battery * plant.charge_efficiency - flows.out_of_battery / plant.discharge_efficiency
    assert stored == pytest.approx(flows.soc_change, abs=1e-6 * max(1.0, flows.into_battery))
    assert flows.from_battery == pytest.approx(flows.out_of_battery * eta)


@settings(max_examples=40, deadline=None)
@given(plants, st.integers(0, 1000))
def test_flows_are_never_negative_and_shares_lie_between_none_and_all(plant: Plant, seed: int) -> None:
    flows = with_battery(*year_of(seed), plant)
    for flow in (flows.from_array, flows.from_battery, flows.grid_import, flows.unserved, flows.export):
        assert flow >= 0
    assert flows.curtailed >= -1e-6
    assert 0 <= (flows.self_consumption or 0) <= 1
    assert 0 <= (flows.self_sufficiency or 0) <= 1
    assert -plant.usable_energy <= flows.soc_change <= 1e-6


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000))
def test_without_a_battery_the_year_balances_too(seed: int) -> None:
    p_ac, load = year_of(seed)
    flows = without_battery(p_ac, load)
    assert flows.from_array + flows.grid_import == pytest.approx(flows.load)
    assert flows.from_array + flows.export == pytest.approx(flows.generation)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.floats(0, 8000), st.floats(0, 8000))
def test_a_larger_battery_never_leaves_more_unserved(seed: int, one: float, two: float) -> None:
    p_dc, load = year_of(seed)
    island = replace(PLANT, grid=False, export=False)
    small = with_battery(p_dc, load, replace(island, usable_energy=min(one, two)))
    large = with_battery(p_dc, load, replace(island, usable_energy=max(one, two)))
    # The larger one starts with more in it, and never has less in it afterwards.
    assert large.unserved <= small.unserved + 1e-6


def test_an_island_neither_buys_nor_sells() -> None:
    flows = with_battery(*year_of(1), replace(PLANT, grid=False, export=False))
    assert flows.grid_import == flows.export == 0
    assert flows.unserved > 0
    assert flows.curtailed > 0


def test_a_grid_serves_what_is_missing_and_takes_what_is_left() -> None:
    flows = with_battery(*year_of(1), PLANT)
    assert flows.unserved == 0
    assert flows.grid_import > 0
    assert flows.export > 0


def test_the_inverter_s_rating_limits_what_array_and_battery_serve_together() -> None:
    p_dc, load = np.full(8760, 4000.0), np.full(8760, 2000.0)
    flows = with_battery(p_dc, load, replace(PLANT, pac0=500.0, export=False))
    assert flows.from_array + flows.from_battery == pytest.approx(500.0 * 8760)


def test_export_and_loads_share_the_inverter() -> None:
    p_dc, load = np.full(8760, 9000.0), np.full(8760, 1000.0)
    flows = with_battery(p_dc, load, PLANT)
    assert flows.export == pytest.approx((3000.0 - 1000.0) * 8760)


def test_a_day_by_hand() -> None:
    """2000 W for one hour, then the dark: half goes into the battery, and comes back with its losses."""
    p_dc, load = np.zeros(8760), np.zeros(8760)
    load[0] = 10_000.0  # empties the battery
    p_dc[24], load[24], load[25] = 2000.0, 950.0, 2000.0
    flows = with_battery(p_dc, load, replace(PLANT, pac0=1e6, discharge_power=math.inf, charge_power=800.0))
    assert flows.from_array == pytest.approx(950.0)
    assert flows.into_battery == pytest.approx(800.0)
    assert flows.export == pytest.approx(200.0 * 0.95)
    emptied = 5000.0 * 0.96 * 0.95
    assert flows.from_battery == pytest.approx(emptied + 800.0 * 0.96 * 0.96 * 0.95)


def test_a_year_without_load_or_sun_has_no_shares_to_show() -> None:
    nothing = np.zeros(8760)
    flows = without_battery(nothing, nothing)
    assert flows.self_consumption is None
    assert flows.self_sufficiency is None
    assert flows.cycles is None


def test_many_plants_at_once_are_dispatched_as_each_alone() -> None:
    p_dc, load = year_of(5)
    plants = [replace(PLANT, usable_energy=size, pac0=1000.0 + size) for size in (0.0, 800.0, 9000.0)]
    for together, plant in zip(dispatch(p_dc, load, plants), plants, strict=True):
        assert together == with_battery(p_dc, load, plant)


@settings(max_examples=20, deadline=None)
@given(plants, st.integers(0, 1000))
def test_a_plain_loop_over_the_hours_comes_to_the_same(plant: Plant, seed: int) -> None:
    p_dc, load = year_of(seed)
    eta, charge, unserved = plant.inverter_efficiency, plant.usable_energy, 0.0
    for sun, wanted in zip(p_dc.tolist(), load.tolist(), strict=True):
        carried = min(wanted, plant.pac0)
        used = min(carried, sun * eta)
        taken = min(
            sun - used / eta, plant.charge_power, (plant.usable_energy - charge) / plant.charge_efficiency
        )
        given = min((carried - used) / eta, plant.discharge_power, charge * plant.discharge_efficiency)
        charge += taken * plant.charge_efficiency - given / plant.discharge_efficiency
        unserved += wanted - used - given * eta
    flows = with_battery(p_dc, load, plant)
    assert flows.unserved + flows.grid_import == pytest.approx(unserved, rel=1e-9, abs=1e-6)
    assert plant.usable_energy + flows.soc_change == pytest.approx(charge, abs=1e-5)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.floats(0, 1))
def test_a_reserve_is_never_touched(seed: int, reserve: float) -> None:
    p_dc, load = year_of(seed)
    flows = with_battery(p_dc, load, replace(PLANT, reserve=reserve))
    assert PLANT.usable_energy + flows.soc_change >= reserve * PLANT.usable_energy - 1e-6
    assert flows.from_battery <= with_battery(p_dc, load, PLANT).from_battery + 1e-6


def test_high_power_empties_a_bank_sooner_than_its_energy_says() -> None:
    effect = RateEffect(np.array([0.05, 0.2]), np.array([1.0, 1.25]))
    nothing, load = np.zeros(8760), np.full(8760, 950.0)
    plain = replace(PLANT, grid=False, export=False, discharge_power=math.inf)
    drained = replace(plain, rate_effect=effect, nominal_energy=5000.0)
    gave = with_battery(nothing, load, drained).from_battery
    assert gave == pytest.approx(with_battery(nothing, load, plain).from_battery / 1.25)


def test_the_grid_charges_only_where_it_may_and_what_it_charges_is_bought() -> None:
    night = np.arange(8760) % 24 < 4
    load = np.where(np.arange(8760) % 24 >= 18, 500.0, 0.0)
    plant = replace(PLANT, hold=night, grid_charge=np.where(night, 1000.0, 0.0))
    flows = with_battery(np.zeros(8760), load, plant)
    assert flows.hourly is not None
    assert flows.grid_charge > 0
    assert (flows.hourly.charged[~night] == 0).all()
    assert flows.grid_import == pytest.approx(load.sum() - flows.from_battery + flows.grid_charge)
    assert flows.grid_charge * 0.95 * 0.96 - flows.out_of_battery / 0.96 == pytest.approx(flows.soc_change)
