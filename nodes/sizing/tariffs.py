"""What a kilowatt-hour costs and earns in each hour of the model year, and how a battery follows that."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.catalog.prices import price_book_of
from core.pv.weather_year import HOURS, MONTH_OF_DAY, FloatArray
from nodes.sizing.battery_dispatch import DAY, BoolArray, Plant, dispatch
from nodes.sizing.year_flows import HourlyFlows, YearFlows
from state.economics import Economics, TariffPeriod

WEEKEND = np.arange(365) % 7 >= 5
GRID_CHARGE_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Of the usable energy, what the cheap hours of a day may put into the battery; the best for the year is kept."""


@dataclass(frozen=True, slots=True, eq=False)
class Prices:
    """By hour, shape (8760,) each [currency per kWh]; `source` is None where the job gave them."""

    bought: FloatArray
    sold: FloatArray
    source: str | None = None

    @property
    def flat(self) -> bool:
        return bool(np.ptp(self.bought) == 0 and np.ptp(self.sold) == 0)

    def bill(self, flows: HourlyFlows) -> float:
        """What is paid for the year, less what is earned."""
        return float(flows.bought @ self.bought - flows.sold @ self.sold) / 1000.0


def prices_of(economics: Economics) -> Prices | None:
    """The job's tariff, else that of its currency's book; None where no tariff is known.

    The model year begins on a Monday: a typical year has no calendar of its own.
    """
    flat, source = economics.tariff_per_kwh, None
    if flat is None and not economics.tariff_periods:
        book = price_book_of(economics.currency)
        row = None if book is None else book.row("tariff_per_kwh")
        if book is None or row is None:
            return None
        flat, source = row.price, f"Tariff {row.price:g} {book.currency}/kWh: {row.source} ({row.date})."
    bought = np.full(HOURS, np.nan if flat is None else flat)
    sold = np.full(HOURS, economics.export_tariff_per_kwh or 0.0)
    # The first period that holds is meant, so it is written last.
    for period in reversed(economics.tariff_periods):
        there = _hours_of(period)
        bought[there] = period.price_per_kwh
        if period.export_per_kwh is not None:
            sold[there] = period.export_per_kwh
    return Prices(bought, sold, source)


def time_of_use(p_dc: FloatArray, load: FloatArray, plant: Plant, prices: Prices) -> tuple[YearFlows, str]:
    """The flows of the way to run the battery that costs least, and that way in words.

    Serving the loads whenever the array cannot is one of the ways, so the bill is never larger than with it.
    The others keep the battery for a day's dearer hours, and where the plant allows charge it in the cheapest.
    """
    plants, words = [replace(plant, grid_charge=None)], ["serves the loads whenever the array cannot"]
    for hold, kept in _holds(prices):
        for share in GRID_CHARGE_SHARES if plant.grid_charge is not None else (0.0,):
            charge = _cheapest(prices) & hold
            power = share * plant.usable_energy / max(1.0, charge.sum() / (HOURS / DAY))
            plants.append(replace(plant, hold=hold, grid_charge=np.where(charge, power, 0.0)))
            words.append(
                kept
                if share == 0
                else f"{kept}, and is charged from the grid with up to {share:.0%} of what it holds a day"
            )
    flows = dispatch(p_dc, load, plants)
    bills = [prices.bill(each.hourly) for each in flows if each.hourly is not None]
    best = int(np.argmin(bills))
    return flows[best], words[best]


def _holds(prices: Prices) -> Sequence[tuple[BoolArray, str]]:
    """Hours in which the battery waits for dearer ones of the same day."""
    by_day = prices.bought.reshape(-1, DAY)
    dearest, cheapest = by_day.max(axis=1, keepdims=True), by_day.min(axis=1, keepdims=True)
    waits = ((by_day < dearest).ravel(), ((by_day == cheapest) & (cheapest < dearest)).ravel())
    said = ("serves the loads in the dearest hours of the day", "waits in the cheapest hours of the day")
    return [(hours, words) for hours, words in zip(waits, said, strict=True) if hours.any()]


def _cheapest(prices: Prices) -> BoolArray:
    by_day = prices.bought.reshape(-1, DAY)
    cheapest = by_day.min(axis=1, keepdims=True)
    found: BoolArray = ((by_day == cheapest) & (cheapest < by_day.max(axis=1, keepdims=True))).ravel()
    return found


def _hours_of(period: TariffPeriod) -> BoolArray:
    by_day_kind = np.array(
        [
            [[period.holds(hour, month, weekend=weekend) for hour in range(DAY)] for weekend in (False, True)]
            for month in range(1, 13)
        ]
    )
    holds: BoolArray = by_day_kind[MONTH_OF_DAY, WEEKEND.astype(int)].ravel()
    return holds
