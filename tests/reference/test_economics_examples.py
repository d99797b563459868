"""Economics that others published, each with its source; reproduced to the digits they give."""

import pytest

from nodes.sizing.cash_flow import (
    cash_flow,
    internal_rate_of_return,
    levelised_cost,
    net_present_value,
    simple_payback,
)
from nodes.sizing.economics import Bill
from nodes.sizing.tables import horizon

HOURS = 8760


@pytest.mark.parametrize(
    ("flow", "rate", "digits", "source"),
    [
        (
            [-100, 39, 59, 55, 20],
            0.28095,
            5e-6,
            "numpy_financial.irr, after Gitman, Managerial Finance, page 348",
        ),
        ([-100, 0, 0, 74], -0.0955, 5e-5, "numpy.irr, examples"),
        ([-985, 75, 120, 100, 1200], 0.1236620, 5e-8, "finpak.sdsu.edu HIRR: =IRR(C19:G19) 12.36620 %"),
    ],
)
def test_internal_rates_of_return(flow: list[float], rate: float, digits: float, source: str) -> None:
    found = internal_rate_of_return(flow)
    assert found == pytest.approx(rate, abs=digits), source


def test_the_present_value_at_the_published_rate_is_nought() -> None:
    """finpak.sdsu.edu HIRR: the net present value at the internal rate of return is ($0.00)."""
    assert net_present_value(0.1236620, [-985, 75, 120, 100, 1200]) == pytest.approx(0.0, abs=0.005)


def test_the_levelised_cost_of_a_small_array() -> None:
    """indextestingapp.uonbi.ac.ke 13390471: 1.50 $/W, capacity factor 22 %, 10 years at 8 %, 0.04 $/kWh to run:
    0.1159 $/kWh without and 0.1559 $/kWh with the running cost (their figures cut off after four digits)."""
    energy = [HOURS * 0.22] * 10
    without = levelised_cost(0.08, [1500.0, *[0.0] * 10], energy)
    assert int(without * 1e4) / 1e4 == 0.1159
    assert int(levelised_cost(0.08, [1500.0, *[0.04 * kwh for kwh in energy]], energy) * 1e4) / 1e4 == 0.1559


@pytest.mark.parametrize(("rate", "years"), [(0.08, 10), (0.05, 25), (0.10, 25)])
def test_without_ageing_and_replacements_it_is_the_fixed_charge_rate_of_sam(rate: float, years: int) -> None:
    """SAM, LCOE calculator: LCOE = (FCR × TCC + FOC) / AEP, with the capital recovery factor as FCR."""
    charge_rate = rate * (1 + rate) ** years / ((1 + rate) ** years - 1)
    capital, fixed, energy = 12_000.0, 150.0, 9_000.0
    ours = levelised_cost(rate, [capital, *[fixed] * years], [energy] * years)
    assert ours == pytest.approx((charge_rate * capital + fixed) / energy, rel=1e-12)


def test_a_levelised_cost_without_interest() -> None:
    """jiskha.com 2870137: 995 000 $ and 175 000 $ a year, 25 years, 89 500 000 kWh in all: 0.06 $/kWh."""
    energy = [89_500_000 / 25] * 25
    assert levelised_cost(0.0, [995_000, *[175_000] * 25], energy) == pytest.approx(0.06, abs=0.005)


def test_the_predecessor_s_prices_for_a_home_in_kenya() -> None:
    """Its defaults: 25 000 KSh/kW panel, 5 000 KSh/kWh battery, 12 000 KSh/kW inverter, 35 000 KSh installation."""
    cost = 25_000 * 3 + 12_000 * 5 + 5_000 * 7.68 + 35_000
    assert simple_payback(cost, 4000 * 20) == pytest.approx(208_400 / 80_000)
    flow = cash_flow({"total": cost, "inverter": 60_000, "battery": 38_400}, 80_000, horizon(), "lithium_ion")
    assert flow[0].net == -208_400
    assert Bill(3, 5, 7.68, "lithium_ion", 4000, 0).hourly is None
