"""What temperature, rate and use make of a battery: figures of its own sheet first, else published tables."""

import math
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise

import numpy as np

from core.pv.weather_year import FloatArray
from state.base import Model
from state.equipment import BatteryDatasheet, Chemistry


class TemperatureTable(Model):
    """Required ÷ rated capacity by battery temperature, rising [°C]."""

    source: str
    celsius: list[float]
    required_to_rated: list[float]


class RateTable(Model):
    source: str
    hours: list[float]
    capacity_ah: list[float]


class CycleTable(Model):
    source: str
    depth_of_discharge_pct: list[float]
    cycles: list[float]


class ChargingRange(Model):
    source: str
    celsius_min: float
    celsius_max: float


class Effects(Model):
    temperature: TemperatureTable
    rate: RateTable | None = None
    cycle_life: CycleTable
    charging: ChargingRange | None = None


@cache
def effects() -> dict[str, Effects]:
    """By chemistry."""
    text = files(__package__).joinpath("data", "battery_effects.toml").read_text("utf-8")
    return {chemistry: Effects.model_validate(tables) for chemistry, tables in tomllib.loads(text).items()}


def temperature_factor(chemistry: Chemistry, temperature: float) -> float:
    """Capacity at `temperature` [°C] ÷ rated capacity: interpolated in the table, held at its ends."""
    table = effects()[chemistry].temperature
    return 1.0 / _interpolated(temperature, table.celsius, table.required_to_rated)


@dataclass(frozen=True, slots=True, eq=False)
class RateEffect:
    """How much faster than by the energy it gives a battery empties at high power.

    Parameters
    ----------
    rates : ndarray, shape (n,)
        Current ÷ rated capacity, rising; the first is the rate that capacity is rated at. [1/h]
    drain : ndarray, shape (n,)
        Charge that leaves ÷ charge that is given at each rate; the first is 1.
    """

    rates: FloatArray
    drain: FloatArray

    def at(self, rate: FloatArray) -> FloatArray:
        """The drain at any rate, like `rate` [1/h].

        Peukert's law between the points and beyond the last; slower than rated earns no credit.
        """
        x, y = np.log(self.rates), np.log(self.drain)
        wanted = np.log(np.maximum(rate, self.rates[0]))
        slope = (y[-1] - y[-2]) / (x[-1] - x[-2])
        drain: FloatArray = np.exp(np.interp(wanted, x, y) + slope * np.maximum(0.0, wanted - x[-1]))
        return drain


@lru_cache(maxsize=256)
def rate_effect(battery: BatteryDatasheet) -> RateEffect | None:
    """How the battery empties at high power; None for lithium without a table, whose losses are in its round trip."""
    own = _rate_effect(battery.capacity_ah, battery.capacity_at_rates or ())
    table = effects()[battery.chemistry].rate
    if own is not None or table is None:
        return own
    return _rate_effect(table.capacity_ah[0], list(zip(table.hours, table.capacity_ah, strict=True)))


def rate_source(battery: BatteryDatasheet) -> str | None:
    """Where the rate effect comes from; None without one."""
    if _rate_effect(battery.capacity_ah, battery.capacity_at_rates or ()) is not None:
        return "the battery's datasheet"
    table = effects()[battery.chemistry].rate
    return None if table is None else table.source


def cycle_life(battery: BatteryDatasheet, depth_of_discharge: float) -> tuple[float, str]:
    """Cycles to the end of life at that depth, a fraction, and where the figure comes from.

    Between the points of a table along a straight line of logarithms; a shallower depth than its first earns
    no more cycles, a deeper one than its last costs them in proportion.
    """
    own = sorted(battery.cycles_at_depths or ())
    if own:
        depths, cycles, source = [depth for depth, _ in own], [count for _, count in own], "its datasheet"
    else:
        table = effects()[battery.chemistry].cycle_life
        depths, cycles, source = table.depth_of_discharge_pct, table.cycles, table.source
    wanted = 100.0 * depth_of_discharge
    found = math.exp(
        _interpolated(math.log(wanted), [math.log(d) for d in depths], [math.log(c) for c in cycles])
    )
    return found * min(1.0, depths[-1] / wanted), source


def _rate_effect(rated_ah: float, capacities: Sequence[tuple[float, float]]) -> RateEffect | None:
    """From (hours of discharge, capacity in Ah); None where none is faster than the rated one."""
    points = sorted(
        (capacity / hours / rated_ah, rated_ah / capacity)
        for hours, capacity in capacities
        if capacity <= rated_ah
    )
    rising = [point for index, point in enumerate(points) if index == 0 or point[1] >= points[index - 1][1]]
    if len(rising) < 2 or not math.isclose(rising[0][1], 1.0):
        return None
    rates, drain = zip(*rising, strict=True)
    return RateEffect(np.array(rates), np.array(drain))


def _interpolated(at: float, x: Sequence[float], y: Sequence[float]) -> float:
    if at <= x[0]:
        return y[0]
    for (x0, x1), (y0, y1) in zip(pairwise(x), pairwise(y), strict=True):
        if at <= x1:
            return y0 + (at - x0) / (x1 - x0) * (y1 - y0)
    return y[-1]
