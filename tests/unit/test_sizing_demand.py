import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.catalog.appliances import appliances as known_appliances
from core.catalog.appliances import known_appliance, search_appliances
from core.errors import InvalidInput
from core.pv.weather_year import DAYS_IN_MONTH
from nodes.sizing.demand import Load, load_of
from nodes.sizing.questions import Form
from nodes.sizing.tables import household_shape
from state.demand import Demand


def load(needs_power: bool = True, answers: dict[str, object] | None = None, **demand: object) -> Load:
    form = Form(answers or {})
    found = load_of(Demand.model_validate(demand), form, needs_power=needs_power)
    assert found is not None
    assert form.open == []
    return found


appliances = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.sampled_from(["Fridge", "light", "Kettle", "Security lights"]),
            "power_w": st.floats(1, 5000),
            "quantity": st.integers(1, 20),
            "hours_per_day": st.floats(0.1, 24),
            "surge_factor": st.floats(1, 7),
            "critical": st.booleans(),
        }
    ),
    min_size=1,
    max_size=8,
)


@given(appliances)
def test_the_hourly_shares_of_any_appliances_sum_to_one(given_appliances: list[dict[str, object]]) -> None:
    assert load(appliances=given_appliances).hourly_share.sum() == pytest.approx(1.0)


@given(appliances)
def test_no_hour_asks_for_more_than_everything_switched_on(given_appliances: list[dict[str, object]]) -> None:
    found = load(appliances=given_appliances)
    assert found.peak_power is not None
    assert found.hourly().max() <= found.peak_power * (1 + 1e-9)


@given(appliances)
def test_the_day_holds_the_energy_of_its_appliances(given_appliances: list[dict[str, float]]) -> None:
    energy = sum(a["power_w"] * a["quantity"] * a["hours_per_day"] for a in given_appliances)
    assert load(appliances=given_appliances).mean_daily_energy == pytest.approx(energy)


@pytest.mark.parametrize(
    ("name", "power_w"),
    [
        ("light", 7), ("TV", 100), ("deep freezer", 350), ("laptop", 60), ("desktop", 150),
        ("phone charger", 30), ("dispenser", 500), ("fridge", 300),
        ("Kitchen Lights", 7), ("LED bulbs", 7), ("Samsung fridge", 300), ("chest-freezer", 350),
        ("Laptop charger", 30),
    ],
)  # fmt: skip
def test_a_well_known_appliance_has_its_usual_power(name: str, power_w: float) -> None:
    assert load(appliances=[{"name": name, "hours_per_day": 1}]).peak_power == power_w


def test_an_unknown_appliance_without_a_power_is_asked_for_by_its_place_in_the_list() -> None:
    form = Form({})
    demand = Demand.model_validate(
        {"appliances": [{"name": "TV", "hours_per_day": 1}, {"name": "Kiln", "hours_per_day": 2}]}
    )
    assert load_of(demand, form, needs_power=True) is None
    assert [(question.id, question.unit) for question in form.open] == [("appliance_power_w_1", "W")]


def test_the_answered_power_of_an_appliance_counts() -> None:
    found = load(answers={"appliance_power_w_0": 2500}, appliances=[{"name": "Kiln", "hours_per_day": 2}])
    assert found.mean_daily_energy == pytest.approx(5000)


def test_an_answer_outside_its_limits_is_refused() -> None:
    demand = Demand.model_validate({"appliances": [{"name": "Kiln", "hours_per_day": 2}]})
    with pytest.raises(InvalidInput, match="/answers/appliance_power_w_0"):
        load_of(demand, Form({"appliance_power_w_0": -3}), needs_power=True)


def test_surge_is_everything_running_and_the_worst_single_start() -> None:
    found = load(
        appliances=[
            {"name": "Fridge", "power_w": 300, "quantity": 2, "hours_per_day": 8, "surge_factor": 3},
            {"name": "Pump", "power_w": 750, "hours_per_day": 1, "surge_factor": 2},
        ]
    )
    assert (found.peak_power, found.surge_power) == (1350, 1350 + 750)


def test_a_compressor_without_a_stated_surge_factor_still_gets_a_surge_margin() -> None:
    found = load(appliances=[{"name": "fridge", "hours_per_day": 8}])
    assert (found.peak_power, found.surge_power) == (300, 900)
    assert any("starts with 3 times" in line for line in found.assumptions)


def test_what_cycles_is_spread_over_the_day_and_what_people_use_lies_where_they_use_most() -> None:
    fridge = load(appliances=[{"name": "fridge", "hours_per_day": 8}]).hourly()[:24]
    television = load(appliances=[{"name": "TV", "hours_per_day": 3.5}]).hourly()[:24]
    assert np.ptp(fridge) == 0
    busiest = sorted(range(24), key=lambda hour: -household_shape().hourly[hour])[:4]
    assert set(np.flatnonzero(television)) == set(busiest)
    assert sorted(television)[-4:] == pytest.approx([50, 100, 100, 100])


def test_an_appliance_that_never_stops_is_flat_whatever_its_name() -> None:
    assert np.ptp(load(appliances=[{"name": "Router", "power_w": 12, "hours_per_day": 24}]).hourly()) == 0


def test_twelve_monthly_figures_come_back_as_the_sums_of_their_hours() -> None:
    monthly_kwh = [310.0, 280, 250, 200, 180, 150, 140, 160, 190, 240, 270, 330]
    found = load(needs_power=False, monthly_kwh=monthly_kwh)
    days = np.split(found.hourly().reshape(365, 24), np.cumsum(DAYS_IN_MONTH)[:-1])
    assert [month.sum() / 1000 for month in days] == pytest.approx(monthly_kwh)


def test_energy_alone_leaves_power_unknown_and_asks_only_where_the_inverter_stands_alone() -> None:
    demand = Demand.model_validate({"daily_kwh": 9})
    alone, on_grid = Form({}), Form({})
    off_grid_load = load_of(demand, alone, needs_power=True)
    grid_load = load_of(demand, on_grid, needs_power=False)
    assert off_grid_load is not None
    assert grid_load is not None
    assert off_grid_load.peak_power is grid_load.surge_power is None
    assert [question.id for question in alone.open] == ["demand_peak_power_w"]
    assert on_grid.open == []


def test_the_critical_part_holds_only_what_must_run_without_the_grid() -> None:
    found = load(
        appliances=[
            {"name": "fridge", "hours_per_day": 8, "critical": True},
            {"name": "TV", "hours_per_day": 5},
        ]
    )
    assert found.critical is not None
    assert found.critical.mean_daily_energy == pytest.approx(2400)
    assert found.critical.peak_power == 300


def test_the_tables_name_their_source_and_the_published_shape_is_a_whole_day() -> None:
    assert all(each.source for each in known_appliances())
    assert household_shape().source
    assert sum(household_shape().hourly) == pytest.approx(1.0, abs=1e-3)


WINDOW = {"name": "Iron", "power_w": 1000, "hours_per_day": 2, "use": [{"from_hour": 9, "to_hour": 13}]}


def test_an_appliance_keeps_to_the_hours_it_is_said_to_run_in() -> None:
    iron = load(appliances=[WINDOW]).hourly()[:24]
    assert set(np.flatnonzero(iron)) <= {9, 10, 11, 12}
    assert iron.sum() == pytest.approx(2000)
    cooler = load(
        appliances=[{"name": "fridge", "hours_per_day": 2, "use": [{"from_hour": 22, "to_hour": 2}]}]
    ).hourly()[:24]
    assert set(np.flatnonzero(cooler)) == {22, 23, 0, 1}
    assert np.ptp(cooler[[22, 23, 0, 1]]) == 0


def test_what_never_runs_in_the_same_hour_does_not_add_up_to_a_peak() -> None:
    evening = WINDOW | {"name": "Kettle", "power_w": 1500, "use": [{"from_hour": 18, "to_hour": 21}]}
    apart, anytime = load(appliances=[WINDOW, evening]), load(appliances=[WINDOW | {"use": []}, evening])
    assert apart.peak_power == 1500
    assert anytime.peak_power == 2500


@given(appliances, st.floats(0.05, 1))
def test_diversity_lowers_the_peak_but_never_below_the_largest_appliance_or_the_busiest_hour(
    given_appliances: list[dict[str, float]], factor: float
) -> None:
    whole, together = (
        load(appliances=given_appliances),
        load(appliances=given_appliances, diversity_factor=factor),
    )
    assert whole.peak_power is not None
    assert together.peak_power is not None
    assert together.peak_power <= whole.peak_power * (1 + 1e-9)
    assert together.peak_power >= max(each["power_w"] for each in given_appliances)
    assert together.peak_power >= together.hourly().max() * (1 - 1e-9)
    assert together.mean_daily_energy == whole.mean_daily_energy


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("Refridgerator", "fridge"), ("frige", "fridge"), ("Dish washer", "dishwasher"), ("televison", "TV"),
        ("Kiln", None), ("washing machne", "washing machine"), ("Borehole pump", "well pump, ½ hp"),
    ],
)  # fmt: skip
def test_a_misspelt_appliance_is_still_known_and_a_strange_one_is_not(name: str, known: str | None) -> None:
    found = known_appliance(name)
    assert (None if found is None else found.name) == known


def test_appliances_are_found_with_a_typing_mistake() -> None:
    assert search_appliances("microwve")[0].name == "microwave oven"
    assert len(search_appliances("", 100)) == len(known_appliances())
    assert search_appliances("zzzz") == []
