"""What designs are ranked by: warnings and nearness to what is wanted, cost per useful kWh, or size.

Whatever the objective, a failed check weighs most, and an array short of what is wanted next.
"""

from dataclasses import dataclass

import numpy as np

from core.pv.weather_year import FloatArray
from nodes.sizing import economics
from nodes.sizing.array import UNSERVED_LIMIT
from nodes.sizing.candidates import Candidate
from nodes.sizing.flows import flows_of
from nodes.sizing.screen import Pricing
from nodes.sizing.storage_result import life_years
from nodes.sizing.year_flows import YearFlows
from nodes.sizing.yields import UnitYear, rated_efficiency
from state.economics import Economics
from state.equipment import Objective
from state.job import SystemType

RATIOS = np.array([0.4, 0.7, 0.9, 1.0, 1.1, 1.2, 1.35, 1.5, 1.75, 2.0, 2.5, 3.5, 5.0])
SIZES = np.array([0.5, 0.8, 0.9, 1.0, 1.1, 1.25, 2.0])
"""Where the energy of array ÷ inverter and of array ÷ wanted is worked out; between them it is interpolated."""

Key = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Ranking:
    """An objective, and what it takes to measure it."""

    objective: Objective
    system_type: SystemType
    economics: Economics
    unit: UnitYear
    load: FloatArray | None

    def key(self, candidate: Candidate) -> Key:
        """Lower is better."""
        failed, warned, far = candidate.rank
        if not candidate.design.groups:
            return 1, failed, warned, far
        if self.objective == "smallest":
            return 0, failed, candidate.falls_short, candidate.area, candidate.design.pac0, warned, far
        cost = self.cost_per_kwh(candidate) if self.objective == "cost_per_kwh" else None
        if cost is not None:
            return 0, failed, candidate.falls_short, cost, warned, far
        return 0, failed, warned, far

    def flows(self, candidate: Candidate) -> YearFlows:
        """Where the energy of a design goes, by the unit year: as near as another module's coefficients allow."""
        design = candidate.design
        p_dc = design.pdc0 * self.unit.p_dc
        p_ac = self._p_ac(candidate)
        flows, _ = flows_of(self.system_type, design, candidate.bank, p_dc, p_ac, self.load)
        return flows

    def serves(self, candidate: Candidate) -> bool:
        """Whether a design leaves no more unserved than may be; the grid serves what it does not."""
        if self.system_type != "off_grid" or self.load is None:
            return True
        return self.flows(candidate).unserved <= UNSERVED_LIMIT * float(self.load.sum())

    def generation(self, candidate: Candidate) -> float:
        """AC energy of a year by the unit year [Wh]."""
        return float(self._p_ac(candidate).sum())

    def _p_ac(self, candidate: Candidate) -> FloatArray:
        design = candidate.design
        return self.unit.behind(design.pdc0, design.pac0, rated_efficiency(design.inverter))

    def cost_per_kwh(self, candidate: Candidate) -> float | None:
        """Capital cost per useful kWh of the first year; None where a price is unknown or nothing is useful."""
        flows = self.flows(candidate)
        useful = self._useful(flows.from_array + flows.from_battery, flows.export) / 1000.0
        total = _total(bill_of(candidate, flows), self.economics)
        return None if total is None or useful <= 0 else total / useful

    def pricing(self, wanted: float) -> Pricing | None:
        """Cost per useful kWh for arrays about `wanted` [W], elementwise and roughly; None where not needed."""
        if self.objective != "cost_per_kwh":
            return None
        per_array, per_inverter, fixed = (
            self._unit_price(*unit) for unit in ((1.0, 0.0), (0.0, 1.0), (0.0, 0.0))
        )
        if per_array is None or per_inverter is None or fixed is None:
            return None
        table = self._useful_table(wanted)

        def price(pdc0: FloatArray, pac0: FloatArray) -> FloatArray:
            cost = fixed + ((per_array - fixed) * pdc0 + (per_inverter - fixed) * pac0) / 1000.0
            useful: FloatArray = cost / np.maximum(_between(table, pdc0 / wanted, pdc0 / pac0), 1e-9)
            return useful

        return price

    def _unit_price(self, pdc0_kw: float, pac0_kw: float) -> float | None:
        bill = economics.Bill(
            pdc0_kw=pdc0_kw, pac0_kw=pac0_kw, battery_kwh=0.0, chemistry=None, self_used_kwh=0.0, exported_kwh=0.0
        )  # fmt: skip
        return _total(bill, self.economics)

    def _useful(self, used: float, exported: float) -> float:
        paid = [
            self.economics.export_tariff_per_kwh,
            *(p.export_per_kwh for p in self.economics.tariff_periods),
        ]
        sold = self.load is None or any(paid)
        return used + (exported if sold else 0.0)

    def _useful_table(self, wanted: float) -> FloatArray:
        """Useful kWh of a year by size and ratio, shape (len(SIZES), len(RATIOS)).

        With a battery the loads of a day count as served by that day's sun.
        """
        rows = []
        for size in SIZES * wanted:
            row = []
            for ratio in RATIOS:
                p_ac = self.unit.behind(size, size / ratio, rated_efficiency(None))
                row.append(self._useful_of(p_ac) / 1000.0)
            rows.append(row)
        return np.array(rows)

    def _useful_of(self, p_ac: FloatArray) -> float:
        if self.load is None:
            return float(p_ac.sum())
        made, wanted = p_ac, self.load
        if self.system_type != "grid_tied":
            made, wanted = p_ac.reshape(-1, 24).sum(axis=1), self.load.reshape(-1, 24).sum(axis=1)
        used = float(np.minimum(made, wanted).sum())
        return self._useful(used, float(made.sum()) - used)


def bill_of(candidate: Candidate, flows: YearFlows) -> economics.Bill:
    """What is bought, and the energy of its first year."""
    design, bank = candidate.design, candidate.bank
    return economics.Bill(
        pdc0_kw=design.pdc0 / 1000.0,
        pac0_kw=design.pac0 / 1000.0,
        battery_kwh=0.0 if bank is None else bank.nominal_energy / 1000.0,
        chemistry=None if bank is None else bank.battery.chemistry,
        self_used_kwh=(flows.from_array + flows.from_battery - flows.grid_charge) / 1000.0,
        exported_kwh=flows.export / 1000.0,
        hourly=flows.hourly,
        battery_life_years=None if bank is None else life_years(bank, flows),
    )


def _total(bill: economics.Bill, prices: Economics) -> float | None:
    cost = economics.capital_cost(bill, prices)
    return None if cost is None else cost["total"]


def _between(table: FloatArray, size: FloatArray, ratio: FloatArray) -> FloatArray:
    """Bilinear interpolation in the table, held at its edges."""
    row, across = _place(SIZES, size)
    column, along = _place(RATIOS, ratio)
    upper = table[row, column] * (1 - along) + table[row, column + 1] * along
    lower = table[row + 1, column] * (1 - along) + table[row + 1, column + 1] * along
    between: FloatArray = upper * (1 - across) + lower * across
    return between


def _place(
    axis: FloatArray, value: FloatArray
) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.intp]], FloatArray]:
    within = np.clip(value, axis[0], axis[-1])
    place = np.clip(np.searchsorted(axis, within, side="right") - 1, 0, len(axis) - 2)
    return place, (within - axis[place]) / (axis[place + 1] - axis[place])


BY: dict[Objective, str] = {
    "fewest_warnings": "fewest warnings, then nearness to what was wanted",
    "cost_per_kwh": "capital cost per useful kWh of a year",
    "smallest": "the area that the modules cover, then the inverters' power",
}
"""What each objective means, in the words of a result."""
