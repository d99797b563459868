"""What it costs, what it saves, and when it has paid for itself.

A figure that does not exist is None: a payback without savings, an internal rate of return of a cash flow
that never turns positive. Nothing here is ever NaN or infinite.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from nodes.sizing.tables import Horizon, price_books
from state.equipment import Chemistry, Economics, PriceBook
from state.sizing import EconomicsResult

LONGEST_PAYBACK = 100.0
LEAST_USEFUL_KWH = 1.0
"""A year's energy below which a cost per kWh says nothing."""
IRR_LOWEST, IRR_HIGHEST = -0.99, 10.0


@dataclass(frozen=True, slots=True)
class Bill:
    """What is bought, and the energy of the first year that is worth money. Energies in kWh."""

    pdc0_kw: float
    pac0_kw: float
    battery_kwh: float
    chemistry: Chemistry | None
    self_used_kwh: float
    exported_kwh: float


@dataclass(frozen=True, slots=True)
class Valuation:
    result: EconomicsResult | None
    assumptions: tuple[str, ...]
    warnings: tuple[str, ...]


def value(bill: Bill, economics: Economics) -> Valuation:
    """Cost, savings and the cash flow over the horizon, in the job's currency.

    Notes
    -----
    Prices are constant over the horizon (real terms), energy falls with degradation, batteries and inverters
    are bought again at the end of their lives, maintenance is a share of the capital cost every year.
    """
    currency = economics.currency
    prices, missing, sources = _prices(economics, with_battery=bill.battery_kwh > 0)
    if missing:
        reason = (
            f"No price book for {currency}: {', '.join(missing)} missing, so no cost or payback is given."
        )
        return Valuation(None, (), (reason,))
    horizon = price_books().horizon
    cost = _capital_cost(bill, prices)
    tariff, tariff_source = _tariff(economics)
    assumptions = [*sources, *_horizon_assumptions(horizon, bill)]
    warnings: list[str] = []
    if tariff is None:
        warnings.append(f"No tariff in {currency} was given: savings and payback are not given.")
        result = EconomicsResult(
            currency=currency, capital_cost=cost, annual_savings=None, simple_payback_years=None,
            npv=None, irr=None, lcoe=_lcoe(bill, cost, horizon),
        )  # fmt: skip
        return Valuation(result, tuple(assumptions), tuple(warnings))
    assumptions += tariff_source
    if bill.exported_kwh > 0 and economics.export_tariff_per_kwh is None:
        assumptions.append("Exported energy is valued at nothing: no export tariff was given.")
    self_use = bill.self_used_kwh * tariff
    export = bill.exported_kwh * (economics.export_tariff_per_kwh or 0.0)
    flow = cash_flow(cost, self_use + export, horizon, bill.chemistry)
    result = EconomicsResult(
        currency=currency,
        capital_cost=cost,
        annual_savings=round(self_use + export, 2),
        simple_payback_years=_rounded(simple_payback(cost["total"], self_use + export), 2),
        npv=round(net_present_value(horizon.discount_rate, flow), 2),
        irr=_rounded(internal_rate_of_return(flow), 4),
        lcoe=_lcoe(bill, cost, horizon),
        annual_savings_self_use=round(self_use, 2),
        annual_savings_export=round(export, 2),
    )
    return Valuation(result, tuple(assumptions), tuple(warnings))


def simple_payback(cost: float, annual_savings: float) -> float | None:
    """Years until first-year savings have paid the cost; None where that is never, or not in a lifetime."""
    return cost / annual_savings if annual_savings * LONGEST_PAYBACK > cost else None


def cash_flow(
    cost: dict[str, float], first_year_savings: float, horizon: Horizon, chemistry: Chemistry | None
) -> list[float]:
    """Net flow by year: the investment in year 0, then savings minus maintenance and replacements."""
    return [-cost["total"]] + [
        first_year_savings * (1.0 - horizon.degradation_per_year) ** (year - 1)
        - _running_cost(cost, year, horizon, chemistry)
        for year in range(1, horizon.years + 1)
    ]


def net_present_value(rate: float, flow: Sequence[float]) -> float:
    return sum(amount / (1.0 + rate) ** year for year, amount in enumerate(flow))


def internal_rate_of_return(flow: Sequence[float]) -> float | None:
    """The rate at which the flow is worth nothing, by bisection; None where there is none or not just one."""
    low, high = IRR_LOWEST, IRR_HIGHEST
    worth_low, worth_high = net_present_value(low, flow), net_present_value(high, flow)
    if not (math.isfinite(worth_low) and worth_low > 0 > worth_high):
        return None
    for _ in range(80):
        middle = (low + high) / 2
        if net_present_value(middle, flow) > 0:
            low = middle
        else:
            high = middle
    return low


def _running_cost(cost: dict[str, float], year: int, horizon: Horizon, chemistry: Chemistry | None) -> float:
    running = horizon.maintenance_share_of_capital * cost["total"]
    if _due(year, horizon.inverter_life_years, horizon.years):
        running += cost["inverter"]
    if chemistry is not None and _due(year, horizon.battery_life_years[chemistry], horizon.years):
        running += cost["battery"]
    return running


def _due(year: int, life: float, horizon_years: int) -> bool:
    """Whether something with that life is bought again in `year`; not in the last, where nothing follows."""
    return year < horizon_years and math.floor(year / life) > math.floor((year - 1) / life)


def _lcoe(bill: Bill, cost: dict[str, float], horizon: Horizon) -> float | None:
    """Present cost ÷ present energy that is of use, self-used or exported, per kWh."""
    useful = bill.self_used_kwh + bill.exported_kwh
    if useful < LEAST_USEFUL_KWH:
        return None
    years = range(1, horizon.years + 1)
    discount = {year: (1.0 + horizon.discount_rate) ** -year for year in years}
    energy = sum(
        useful * (1.0 - horizon.degradation_per_year) ** (year - 1) * discount[year] for year in years
    )
    spent = cost["total"] + sum(
        _running_cost(cost, year, horizon, bill.chemistry) * discount[year] for year in years
    )
    return round(spent / energy, 4)


def _capital_cost(bill: Bill, prices: PriceBook) -> dict[str, float]:
    items = {
        "array": (prices.array_per_kw or 0.0) * bill.pdc0_kw,
        "inverter": (prices.inverter_per_kw or 0.0) * bill.pac0_kw,
        "battery": (prices.battery_per_kwh or 0.0) * bill.battery_kwh,
        "installation": prices.installation or 0.0,
    }
    rounded = {item: round(amount, 2) for item, amount in items.items()}
    return {**rounded, "total": round(sum(rounded.values()), 2)}


def _prices(economics: Economics, *, with_battery: bool) -> tuple[PriceBook, list[str], list[str]]:
    """The job's own prices over those of its currency's book; which are missing; where they come from."""
    book = price_books().currencies.get(economics.currency)
    own = economics.price_book.model_dump(exclude_none=True) if economics.price_book else {}
    listed = book.prices.model_dump(exclude_none=True) if book else {}
    prices = PriceBook(**{**listed, **own})
    needed = [
        "array_per_kw",
        "inverter_per_kw",
        "installation",
        *(["battery_per_kwh"] if with_battery else []),
    ]
    missing = [name for name in needed if getattr(prices, name) is None]
    sources = []
    if own:
        sources.append("Prices given with the job: " + ", ".join(sorted(own)) + ".")
    if book and set(listed) - set(own):
        sources.append(f"{economics.currency} prices: {book.source}.")
    return prices, missing, sources


def _tariff(economics: Economics) -> tuple[float | None, list[str]]:
    if economics.tariff_per_kwh is not None:
        return economics.tariff_per_kwh, []
    book = price_books().currencies.get(economics.currency)
    if book is None or book.tariff_per_kwh is None:
        return None, []
    return book.tariff_per_kwh, [f"Tariff {book.tariff_per_kwh:g} {economics.currency}/kWh: {book.source}."]


def _horizon_assumptions(horizon: Horizon, bill: Bill) -> list[str]:
    lives = f"inverter {horizon.inverter_life_years:g} years"
    if bill.chemistry is not None:
        lives += f", battery {horizon.battery_life_years[bill.chemistry]:g} years"
    ageing = horizon.sources["degradation_per_year"]
    upkeep = horizon.maintenance_share_of_capital
    return [
        f"Cash flow of {horizon.years} years at constant prices, discounted at {horizon.discount_rate:.0%}.",
        f"Degradation {horizon.degradation_per_year:.1%} per year ({ageing}).",
        f"Maintenance {upkeep:.0%} of the capital cost per year; life of the {lives} (settings).",
    ]


def _rounded(number: float | None, digits: int) -> float | None:
    return None if number is None else round(number, digits)
