"""What a system costs by item, what it saves, and what that is worth: the economics of a result."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.catalog.prices import find_price_book, price_book_of
from core.errors import FieldError, InvalidInput
from nodes.sizing.cash_flow import (
    Year,
    cash_flow,
    internal_rate_of_return,
    levelised_cost,
    net_present_value,
    simple_payback,
)
from nodes.sizing.tables import Horizon, horizon
from nodes.sizing.tariffs import Prices, prices_of
from nodes.sizing.year_flows import HourlyFlows
from state.economics import Economics, NamedPriceBook, PriceBook
from state.equipment import Chemistry
from state.sizing import CashFlowYear, EconomicsResult

LEAST_USEFUL_KWH = 1.0
"""A year's energy below which a cost per kWh says nothing."""


@dataclass(frozen=True, slots=True)
class Bill:
    """What is bought, and the energy of the first year that is worth money. Energies in kWh.

    `hourly` prices that energy hour by hour; without it one flat tariff does. `battery_life_years` is None where
    the calendar life alone is known.
    """

    pdc0_kw: float
    pac0_kw: float
    battery_kwh: float
    chemistry: Chemistry | None
    self_used_kwh: float
    exported_kwh: float
    hourly: HourlyFlows | None = None
    battery_life_years: float | None = None


@dataclass(frozen=True, slots=True)
class Valuation:
    result: EconomicsResult | None
    assumptions: tuple[str, ...]
    warnings: tuple[str, ...]


def value(bill: Bill, economics: Economics) -> Valuation:
    """Cost, savings and the cash flow over the horizon, in the job's currency.

    Notes
    -----
    Prices are constant over the horizon (real terms) but for the growth of the tariffs that the job gives, energy
    falls with degradation, batteries and inverters are bought again at the end of their lives, maintenance is a
    share of the capital cost every year.
    """
    currency = economics.currency
    prices, missing, sources = _prices(economics, with_battery=bill.battery_kwh > 0)
    if missing:
        reason = (
            f"No price book for {currency}: {', '.join(missing)} missing, so no cost or payback is given."
        )
        return Valuation(None, (), (reason,))
    span = horizon_of(economics, bill)
    cost = _capital_cost(bill, prices)
    tariff = prices_of(economics)
    assumptions = [*sources, *_horizon_assumptions(span, bill, economics)]
    if tariff is None:
        warning = f"No tariff in {currency} was given: savings and payback are not given."
        result = EconomicsResult(
            currency=currency, capital_cost=cost, annual_savings=None, simple_payback_years=None,
            npv=None, irr=None, lcoe=_lcoe(bill, cost, span),
        )  # fmt: skip
        return Valuation(result, tuple(assumptions), (warning,))
    assumptions += _tariff_assumptions(economics, tariff, bill)
    self_use, export = _worth(bill, tariff)
    years = cash_flow(cost, self_use + export, span, bill.chemistry, growth=economics.tariff_growth)
    flow = [year.net for year in years]
    result = EconomicsResult(
        currency=currency,
        capital_cost=cost,
        annual_savings=round(self_use + export, 2),
        simple_payback_years=_rounded(simple_payback(cost["total"], self_use + export), 2),
        npv=round(net_present_value(span.discount_rate, flow), 2),
        irr=_rounded(internal_rate_of_return(flow), 4),
        lcoe=_lcoe(bill, cost, span),
        annual_savings_self_use=round(self_use, 2),
        annual_savings_export=round(export, 2),
        cash_flow=[_shown(year) for year in years],
    )
    return Valuation(result, tuple(assumptions), ())


def horizon_of(economics: Economics, bill: Bill) -> Horizon:
    """The settings, with what the job says and what use makes of the battery's life."""
    span = stated_horizon(economics)
    if bill.battery_life_years is None or bill.chemistry is None:
        return span
    lives = span.battery_life_years | {bill.chemistry: bill.battery_life_years}
    return span.model_copy(update={"battery_life_years": lives})


def stated_horizon(economics: Economics) -> Horizon:
    """The settings, with what the job says in their place."""
    changes: dict[str, object] = {}
    if economics.years is not None:
        changes["years"] = economics.years
    if economics.discount_rate is not None:
        changes["discount_rate"] = economics.discount_rate
    if economics.degradation_percent_per_year is not None:
        changes["degradation_per_year"] = economics.degradation_percent_per_year / 100.0
        changes["sources"] = horizon().sources | {"degradation_per_year": "stated with the job"}
    return horizon().model_copy(update=changes)


def _worth(bill: Bill, prices: Prices) -> tuple[float, float]:
    """What the energy of the first year saves and earns; charging from the grid is paid out of what it saves."""
    hourly = bill.hourly
    if hourly is None:
        return bill.self_used_kwh * float(prices.bought.mean()), bill.exported_kwh * float(prices.sold.mean())
    saved = float((hourly.served - hourly.charged) @ prices.bought)
    return saved / 1000.0, float(hourly.sold @ prices.sold) / 1000.0


def _lcoe(bill: Bill, cost: dict[str, float], span: Horizon) -> float | None:
    """Of the energy that is of use, self-used or exported, per kWh."""
    useful = bill.self_used_kwh + bill.exported_kwh
    if useful < LEAST_USEFUL_KWH:
        return None
    energy = [useful * (1.0 - span.degradation_per_year) ** (year - 1) for year in range(1, span.years + 1)]
    spent = [-year.net for year in cash_flow(cost, 0.0, span, bill.chemistry)]
    return round(levelised_cost(span.discount_rate, spent, energy), 4)


def capital_cost(bill: Bill, economics: Economics) -> dict[str, float] | None:
    """What a system costs by item and in total, without valuing its energy; None where a price is missing."""
    prices, missing, _ = _prices(economics, with_battery=bill.battery_kwh > 0)
    return None if missing else _capital_cost(bill, prices)


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
    """The job's own prices over those of its book; which are missing; where they come from."""
    named = isinstance(economics.price_book, str)
    book = (
        find_price_book(economics.price_book)
        if isinstance(economics.price_book, str)
        else price_book_of(economics.currency)
    )
    if named and book is not None and book.currency != economics.currency:
        reason = f"the price book '{book.name}' is in {book.currency}, the job in {economics.currency}"
        raise InvalidInput([FieldError("/economics/price_book", reason)])
    own = {}
    if isinstance(economics.price_book, PriceBook):
        own = economics.price_book.model_dump(exclude_none=True)
    listed = {} if book is None else book.prices().model_dump(exclude_none=True)
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
    if book is not None:
        sources += _book_sources(book, [name for name in needed if name in listed and name not in own])
    return prices, missing, sources


def _book_sources(book: NamedPriceBook, used: Sequence[str]) -> list[str]:
    """One sentence for each source of the rows that were used."""
    found: dict[str, list[str]] = {}
    for row in book.rows:
        if row.item in used:
            found.setdefault(f"{row.source} ({row.date})", []).append(row.item)
    return [f"Price book {book.name}: {', '.join(items)} from {source}." for source, items in found.items()]


def _tariff_assumptions(economics: Economics, tariff: Prices, bill: Bill) -> list[str]:
    told = [] if tariff.source is None else [tariff.source]
    unpriced = economics.export_tariff_per_kwh is None and not any(
        period.export_per_kwh is not None for period in economics.tariff_periods
    )
    if bill.exported_kwh > 0 and unpriced:
        told.append("Exported energy is valued at nothing: no export tariff was given.")
    if economics.tariff_periods:
        told.append("Time-of-use prices: hours in local standard time, the model year begins on a Monday.")
    return told


def _horizon_assumptions(span: Horizon, bill: Bill, economics: Economics) -> list[str]:
    lives = f"inverter {span.inverter_life_years:g} years"
    if bill.chemistry is not None:
        lives += f", battery {span.battery_life_years[bill.chemistry]:.3g} years"
    ageing = span.sources["degradation_per_year"]
    growing = f", tariffs growing by {economics.tariff_growth:.1%} a year" if economics.tariff_growth else ""
    return [
        f"Cash flow of {span.years} years at constant prices{growing}, discounted at {span.discount_rate:.0%}.",
        f"Degradation {span.degradation_per_year:.1%} per year ({ageing}).",
        f"Maintenance {span.maintenance_share_of_capital:.0%} of the capital cost per year; life of the {lives}.",
    ]


def _shown(year: Year) -> CashFlowYear:
    return CashFlowYear(
        year=year.year,
        savings=round(year.savings, 2),
        maintenance=round(year.maintenance, 2),
        replacements=round(year.replacements, 2),
        net=round(year.net, 2),
    )


def _rounded(number: float | None, digits: int) -> float | None:
    return None if number is None else round(number, digits)
