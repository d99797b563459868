"""A battery system through a year of hours, beside the array and the loads.

A battery's hour is a clamp: its charge moves by what the hour brings or asks, and stops at full or at the floor.
Two clamps in a row are one clamp, so a year is composed of its hours within each day and of its days by doubling:
exact, for any number of plants at once, in some two hundred array operations instead of 8760 steps.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.pv.weather_year import HOURS, FloatArray
from nodes.sizing.battery_effects import RateEffect
from nodes.sizing.year_flows import HourlyFlows, YearFlows

BoolArray = NDArray[np.bool_]

DAY = 24


@dataclass(frozen=True, slots=True, eq=False)
class Plant:
    """A DC-coupled battery system. Powers in W, energies in Wh, efficiencies as fractions.

    `export` tells whether surplus may leave to the grid, `grid` whether the grid serves what is missing.
    `reserve` is the share of the usable energy that is kept for outages. In hours of `hold` the battery does not
    serve the loads; `grid_charge` is the most the grid may then put into it at its terminals, by the hour.
    """

    pac0: float
    inverter_efficiency: float
    usable_energy: float
    charge_efficiency: float
    discharge_efficiency: float
    charge_power: float
    discharge_power: float
    grid: bool
    export: bool
    reserve: float = 0.0
    rate_effect: RateEffect | None = None
    nominal_energy: float = 0.0
    hold: BoolArray | None = None
    grid_charge: FloatArray | None = None


def with_battery(p_dc: FloatArray, load: FloatArray, plant: Plant) -> YearFlows:
    """Flows of one battery system; see `dispatch`."""
    return dispatch(p_dc, load, [plant])[0]


def dispatch(p_dc: FloatArray, load: FloatArray, plants: Sequence[Plant]) -> list[YearFlows]:
    """Flows of battery systems that start the year full: loads first, then the battery, then the grid.

    Parameters
    ----------
    p_dc : ndarray, shape (8760,) or (n, 8760)
        Power that the array could put into the inverters, of all plants or of each. [W]
    load : ndarray, shape (8760,)
        Power of the loads. [W]
    plants : sequence of Plant
        `n` of them.

    Returns
    -------
    list of YearFlows
        One a plant.

    Notes
    -----
    All of array and battery passes the inverters, whose rating limits what loads and export take together.
    """
    n = len(plants)
    dc = np.broadcast_to(p_dc, (n, HOURS))
    eta, eta_in = _column(plants, "inverter_efficiency"), _column(plants, "charge_efficiency")
    pac0, capacity = _column(plants, "pac0"), _column(plants, "usable_energy")
    charge_power, discharge_power = _column(plants, "charge_power"), _column(plants, "discharge_power")
    floor = capacity * _column(plants, "reserve")
    exports = np.array([[plant.export] for plant in plants])
    hold = np.array([np.zeros(HOURS, bool) if plant.hold is None else plant.hold for plant in plants])
    offered = np.array(
        [np.zeros(HOURS) if plant.grid_charge is None else plant.grid_charge for plant in plants]
    )

    carried = np.minimum(load, pac0)
    used = np.minimum(carried, eta * dc)
    surplus = dc - used / eta
    charging = np.minimum(surplus, charge_power)
    short = np.where(hold, 0.0, np.minimum((carried - used) / eta, discharge_power))
    # What the grid adds passes the inverter backwards, beside what the array already charges with.
    bought_dc = np.where(hold, np.minimum(np.minimum(offered, charge_power - charging), pac0 * eta), 0.0)
    bought_dc = np.maximum(bought_dc, 0.0)
    to_soc = _drain(plants, short) / _column(plants, "discharge_efficiency")
    soc = _state_of_charge(eta_in * (charging + bought_dc) - to_soc * short, floor, capacity)
    change = np.diff(soc, axis=1)

    taken = np.maximum(change, 0.0) / eta_in
    from_sun = np.minimum(taken, charging)
    from_grid = (taken - from_sun) / eta
    delivered = np.maximum(-change, 0.0) / to_soc
    left = surplus - from_sun
    sold_dc = np.where(exports, np.minimum(left, np.maximum(0.0, pac0 - carried) / eta), 0.0)
    missing = np.maximum(0.0, load - used - delivered * eta)
    spilled = (left - sold_dc) * eta

    generation = (eta * dc).sum(axis=1)
    flows = []
    for row, plant in enumerate(plants):
        buys = missing[row] + from_grid[row] if plant.grid else np.zeros(HOURS)
        lacks = np.zeros(HOURS) if plant.grid else missing[row]
        hourly = HourlyFlows(
            served=used[row] + delivered[row] * plant.inverter_efficiency,
            bought=buys,
            charged=from_grid[row],
            sold=sold_dc[row] * plant.inverter_efficiency,
            unserved=lacks,
        )
        flows.append(
            YearFlows(
                load=float(load.sum()),
                generation=float(generation[row]),
                from_array=float(used[row].sum()),
                from_battery=float(delivered[row].sum()) * plant.inverter_efficiency,
                grid_import=float(buys.sum()),
                unserved=float(lacks.sum()),
                export=float(hourly.sold.sum()),
                curtailed=float(spilled[row].sum()),
                into_battery=float(taken[row].sum()),
                out_of_battery=float(delivered[row].sum()),
                soc_change=float(soc[row, -1] - soc[row, 0]),
                usable_energy=plant.usable_energy,
                grid_charge=float(from_grid[row].sum()) if plant.grid else 0.0,
                # Less than a thousandth of a watt-hour is what rounding leaves.
                hours_unserved=int((lacks > 1e-3).sum()),
                hourly=hourly,
            )
        )
    return flows


def _state_of_charge(moves: FloatArray, floor: FloatArray, ceiling: FloatArray) -> FloatArray:
    """Charge before each hour and after the last, starting full, shape (n, 8761) [Wh].

    Parameters
    ----------
    moves : ndarray, shape (n, 8760)
        What each hour would add where neither limit stood in the way. [Wh]
    floor, ceiling : ndarray, shape (n, 1)
        [Wh]
    """
    n = len(moves)
    by_day = moves.reshape(n, -1, DAY)
    # Clamps s -> min(high, max(low, s + add)) from midnight up to and including each hour of its day.
    add, low, high = np.empty_like(by_day), np.empty_like(by_day), np.empty_like(by_day)
    add[..., 0], low[..., 0], high[..., 0] = by_day[..., 0], floor, ceiling
    for hour in range(1, DAY):
        now = by_day[..., hour]
        add[..., hour] = add[..., hour - 1] + now
        low[..., hour] = np.clip(low[..., hour - 1] + now, floor, ceiling)
        high[..., hour] = np.clip(high[..., hour - 1] + now, floor, ceiling)
    day_add, day_low, day_high = add[..., -1].copy(), low[..., -1].copy(), high[..., -1].copy()
    step, days = 1, by_day.shape[1]
    while step < days:
        before, after = slice(None, -step), slice(step, None)
        then_add, then_low, then_high = day_add[:, after], day_low[:, after], day_high[:, after]
        both = (
            day_add[:, before] + then_add,
            np.minimum(then_high, np.maximum(then_low, day_low[:, before] + then_add)),
            np.minimum(then_high, np.maximum(then_low, day_high[:, before] + then_add)),
        )
        day_add[:, after], day_low[:, after], day_high[:, after] = both
        step *= 2
    ends = np.minimum(day_high, np.maximum(day_low, ceiling + day_add))
    starts = np.concatenate((ceiling, ends[:, :-1]), axis=1)[..., np.newaxis]
    after_hours = np.minimum(high, np.maximum(low, starts + add)).reshape(n, -1)
    return np.concatenate((ceiling, after_hours), axis=1)


def _drain(plants: Sequence[Plant], power: FloatArray) -> FloatArray:
    """Charge that leaves ÷ charge that is given, like `power`, the power at the terminals [W]."""
    drain = np.ones_like(power)
    for row, plant in enumerate(plants):
        if plant.rate_effect is not None and plant.nominal_energy > 0:
            drain[row] = plant.rate_effect.at(power[row] / plant.nominal_energy)
    return drain


def _column(plants: Sequence[Plant], name: str) -> FloatArray:
    return np.array([[getattr(plant, name)] for plant in plants], dtype=np.float64)
