"""What is paid and earned in each year of the horizon, and what that is worth in one figure.

A figure that does not exist is None: a payback without savings, an internal rate of return of a cash flow
that never turns positive. Nothing here is ever NaN or infinite.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from nodes.sizing.tables import Horizon
from state.equipment import Chemistry

LONGEST_PAYBACK = 100.0
IRR_LOWEST, IRR_HIGHEST = -0.99, 10.0


@dataclass(frozen=True, slots=True)
class Year:
    """One year of the cash flow; year 0 is the investment, as a negative saving."""

    year: int
    savings: float
    maintenance: float
    replacements: float

    @property
    def net(self) -> float:
        return self.savings - self.maintenance - self.replacements


def cash_flow(
    cost: dict[str, float],
    first_year_savings: float,
    span: Horizon,
    chemistry: Chemistry | None,
    *,
    growth: float = 0.0,
) -> list[Year]:
    """The investment in year 0, then savings minus maintenance and replacements.

    Parameters
    ----------
    growth : float
        Of the tariffs, a year. [unitless]
    """
    yearly = (1.0 - span.degradation_per_year) * (1.0 + growth)
    return [Year(0, -cost["total"], 0.0, 0.0)] + [
        Year(
            year,
            first_year_savings * yearly ** (year - 1),
            span.maintenance_share_of_capital * cost["total"],
            _replacements(cost, year, span, chemistry),
        )
        for year in range(1, span.years + 1)
    ]


def _replacements(cost: dict[str, float], year: int, span: Horizon, chemistry: Chemistry | None) -> float:
    due = cost["inverter"] if _due(year, span.inverter_life_years, span.years) else 0.0
    if chemistry is not None:
        due += cost["battery"] * _times_due(year, span.battery_life_years[chemistry], span.years)
    return due


def _due(year: int, life: float, horizon_years: int) -> bool:
    """Whether something with that life is bought again in `year`."""
    return _times_due(year, life, horizon_years) > 0


def _times_due(year: int, life: float, horizon_years: int) -> int:
    """How often something with that life is bought again in `year`; not in the last, where nothing follows."""
    return math.floor(year / life) - math.floor((year - 1) / life) if year < horizon_years else 0


def simple_payback(cost: float, annual_savings: float) -> float | None:
    """Years until first-year savings have paid the cost; None where that is never, or not in a lifetime."""
    return cost / annual_savings if annual_savings * LONGEST_PAYBACK > cost else None


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


def levelised_cost(rate: float, spent: Sequence[float], energy: Sequence[float]) -> float:
    """Present cost ÷ present energy: `spent` from year 0 on, `energy` from year 1 on."""
    return net_present_value(rate, spent) / net_present_value(rate, [0.0, *energy])
