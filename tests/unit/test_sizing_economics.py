import json
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.catalog.prices import find_price_book, price_books
from core.errors import InvalidInput, NotFound
from nodes.sizing.cash_flow import cash_flow, internal_rate_of_return, net_present_value, simple_payback
from nodes.sizing.economics import Bill, value
from nodes.sizing.tables import horizon as settings_of_horizon
from state.economics import Economics, PriceBook

HOME = Bill(
    pdc0_kw=4.0, pac0_kw=5.0, battery_kwh=10.24, chemistry="lithium_ion", self_used_kwh=4200, exported_kwh=900
)
GRID_TIED = Bill(
    pdc0_kw=4.0, pac0_kw=4.0, battery_kwh=0.0, chemistry=None, self_used_kwh=3000, exported_kwh=2500
)


def test_the_kenyan_book_prices_a_home_item_by_item() -> None:
    result = value(HOME, Economics()).result
    assert result is not None
    assert result.capital_cost == {
        "array": 100_000, "inverter": 60_000, "battery": 51_200, "installation": 35_000, "total": 246_200,
    }  # fmt: skip
    assert result.annual_savings == 4200 * 20
    assert result.simple_payback_years == pytest.approx(246_200 / 84_000, abs=0.01)


def test_a_system_that_exports_nothing_pays_for_itself_by_what_it_serves() -> None:
    """The predecessor counted only excess energy: for a well-sized system its payback was infinite."""
    well_sized = Bill(4.0, 5.0, 10.24, "lithium_ion", self_used_kwh=4200, exported_kwh=0)
    result = value(well_sized, Economics()).result
    assert result is not None
    assert result.simple_payback_years is not None
    assert 0 < result.simple_payback_years < 5


def test_savings_count_self_use_at_the_tariff_and_export_at_its_own() -> None:
    result = value(GRID_TIED, Economics(tariff_per_kwh=25, export_tariff_per_kwh=8)).result
    assert result is not None
    assert (result.annual_savings_self_use, result.annual_savings_export) == (75_000, 20_000)
    assert result.annual_savings == 95_000


def test_export_without_a_tariff_is_worth_nothing_and_that_is_said() -> None:
    valuation = value(GRID_TIED, Economics())
    assert valuation.result is not None
    assert valuation.result.annual_savings_export == 0
    assert any("no export tariff" in line for line in valuation.assumptions)


def test_a_currency_without_a_price_book_gets_a_warning_instead_of_a_cost() -> None:
    valuation = value(GRID_TIED, Economics(currency="XOF", tariff_per_kwh=100))
    assert valuation.result is None
    assert "No price book for XOF" in valuation.warnings[0]


def test_prices_given_with_the_job_stand_in_for_a_book_and_come_before_it() -> None:
    own = PriceBook(array_per_kw=900, inverter_per_kw=250, installation=4500)
    dollars = value(GRID_TIED, Economics(currency="USD", tariff_per_kwh=0.14, price_book=own)).result
    assert dollars is not None
    assert dollars.capital_cost["total"] == 900 * 4 + 250 * 4 + 4500
    dearer = value(HOME, Economics(price_book=PriceBook(array_per_kw=30_000))).result
    assert dearer is not None
    assert dearer.capital_cost["array"] == 120_000
    assert dearer.capital_cost["inverter"] == 60_000


def test_a_battery_without_a_price_leaves_the_cost_open() -> None:
    own = PriceBook(array_per_kw=900, inverter_per_kw=250, installation=4500)
    assert value(HOME, Economics(currency="XOF", price_book=own)).result is None


def test_without_a_tariff_there_is_a_cost_but_no_saving() -> None:
    own = PriceBook(array_per_kw=900, inverter_per_kw=250, installation=4500)
    valuation = value(GRID_TIED, Economics(currency="USD", price_book=own))
    assert valuation.result is not None
    assert valuation.result.annual_savings is None
    assert valuation.result.simple_payback_years is valuation.result.irr is valuation.result.npv is None
    assert valuation.result.lcoe is not None
    assert any("No tariff" in line for line in valuation.warnings)


def test_nothing_saved_is_never_paid_back() -> None:
    nothing = Bill(4.0, 5.0, 0.0, None, self_used_kwh=0, exported_kwh=0)
    result = value(nothing, Economics()).result
    assert result is not None
    assert result.simple_payback_years is result.irr is result.lcoe is None
    assert simple_payback(1000, 0) is None


@given(
    st.floats(0.1, 1e5), st.floats(0.1, 1e5), st.floats(0, 1e6), st.floats(0, 1e8), st.floats(0, 1e8),
    st.floats(0, 1e6),
)  # fmt: skip
def test_no_figure_is_ever_infinite_or_not_a_number(
    pdc0: float, pac0: float, battery: float, self_used: float, exported: float, tariff: float
) -> None:
    bill = Bill(pdc0, pac0, battery, "lead_acid" if battery else None, self_used, exported)
    result = value(bill, Economics(tariff_per_kwh=tariff)).result
    assert result is not None
    json.dumps(result.to_json(), allow_nan=False)


@given(st.floats(1, 1e6), st.floats(0, 3e5))
def test_at_the_internal_rate_of_return_the_flow_is_worth_nothing(cost: float, savings: float) -> None:
    flow = [-cost] + [savings] * 25
    rate = internal_rate_of_return(flow)
    if rate is None:
        assert savings * 25 < cost * 1.01 or savings / cost > 9
    else:
        assert net_present_value(rate, flow) == pytest.approx(0, abs=1e-4 * cost)


def test_batteries_and_inverters_are_bought_again_at_the_end_of_their_lives() -> None:
    horizon = settings_of_horizon()
    cost = {"array": 0.0, "inverter": 100.0, "battery": 1000.0, "installation": 0.0, "total": 1100.0}
    flow = cash_flow(cost, 0.0, horizon, "lithium_ion")
    upkeep = 1100 * horizon.maintenance_share_of_capital
    bought = {
        year: round(-amount - upkeep, 6) for year, amount in enumerate(each.net for each in flow) if year
    }
    assert {year: amount for year, amount in bought.items() if amount} == {10: 1000.0, 15: 100.0, 20: 1000.0}
    assert len(flow) == horizon.years + 1


def test_energy_fades_with_the_years() -> None:
    horizon = settings_of_horizon()
    cost = {"inverter": 0.0, "battery": 0.0, "total": 0.0}
    flow = cash_flow(cost, 1000.0, horizon, None)
    assert flow[1].net == 1000
    assert flow[25].net == pytest.approx(1000 * (1 - horizon.degradation_per_year) ** 24)


def test_the_levelised_cost_is_the_price_at_which_the_present_value_is_nought() -> None:
    result = value(HOME, Economics()).result
    assert result is not None
    assert result.lcoe is not None
    sold_at_cost = value(
        HOME, Economics(tariff_per_kwh=result.lcoe, export_tariff_per_kwh=result.lcoe)
    ).result
    assert sold_at_cost is not None
    assert sold_at_cost.npv == pytest.approx(0, abs=0.001 * HOME.self_used_kwh)


def test_every_setting_of_the_horizon_gives_its_reason() -> None:
    horizon = settings_of_horizon()
    assert set(horizon.sources) == set(type(horizon).model_fields) - {"sources"}
    assert all(row.source and row.date and row.unit for book in price_books() for row in book.rows)
    assert math.isclose(horizon.degradation_per_year, 0.005)


@given(
    st.sampled_from(["array_per_kw", "inverter_per_kw", "battery_per_kwh", "installation"]),
    st.floats(1.01, 5),
)
def test_a_dearer_item_is_never_a_cheaper_system_a_better_deal_or_a_cheaper_kilowatt_hour(
    item: str, factor: float
) -> None:
    book = price_books()[0].prices()
    dearer = book.model_copy(update={item: getattr(book, item) * factor})
    cheap, dear = (value(HOME, Economics(price_book=prices)).result for prices in (book, dearer))
    assert cheap is not None
    assert dear is not None
    assert dear.capital_cost["total"] >= cheap.capital_cost["total"]
    assert (dear.npv or 0) <= (cheap.npv or 0)
    assert (dear.lcoe or 0) >= (cheap.lcoe or 0)
    assert (dear.irr or -1) <= (cheap.irr or -1)


@given(st.floats(1, 100), st.floats(1, 100))
def test_a_dearer_tariff_never_saves_less(one: float, two: float) -> None:
    low, high = (value(HOME, Economics(tariff_per_kwh=each)).result for each in sorted((one, two)))
    assert low is not None
    assert high is not None
    assert (low.annual_savings or 0) <= (high.annual_savings or 0)
    assert (low.npv or 0) <= (high.npv or 0)


def test_the_cash_flow_is_told_year_by_year_and_adds_up_to_the_present_value() -> None:
    result = value(HOME, Economics(years=12, discount_rate=0.05)).result
    assert result is not None
    assert [year.year for year in result.cash_flow] == list(range(13))
    assert result.cash_flow[0].net == -result.capital_cost["total"]
    assert result.cash_flow[10].replacements == result.capital_cost["battery"]
    told = net_present_value(0.05, [year.net for year in result.cash_flow])
    assert told == pytest.approx(result.npv, abs=0.2)


def test_growing_tariffs_make_the_later_years_worth_more() -> None:
    flat, growing = (value(HOME, Economics(tariff_growth=rate)).result for rate in (0.0, 0.03))
    assert flat is not None
    assert growing is not None
    assert (growing.npv or 0) > (flat.npv or 0)
    assert growing.cash_flow[1] == flat.cash_flow[1]
    assert growing.annual_savings == flat.annual_savings


def test_a_battery_worn_out_by_its_cycles_is_bought_more_often() -> None:
    worn = replace(HOME, battery_life_years=4.0)
    result = value(worn, Economics()).result
    assert result is not None
    assert [year.year for year in result.cash_flow if year.replacements] == [4, 8, 12, 15, 16, 20, 24]


def test_a_named_book_prices_the_job_in_its_own_currency_only() -> None:
    american = value(HOME, Economics(currency="USD", price_book="usa-retail", tariff_per_kwh=0.15))
    assert american.result is None
    assert "installation missing" in american.warnings[0]
    with pytest.raises(InvalidInput, match="/economics/price_book"):
        value(HOME, Economics(currency="KES", price_book="usa-retail"))


def test_every_price_of_a_book_says_where_and_when_it_was_found() -> None:
    for book in price_books():
        items = [row.item for row in book.rows]
        assert len(items) == len(set(items))
        for row in book.rows:
            assert row.source
            assert row.date
            assert book.currency in row.unit
    assert find_price_book("Kenya homes").currency == "KES"
    with pytest.raises(NotFound, match="did you mean 'kenya-homes'"):
        find_price_book("kenya-home")
