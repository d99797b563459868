"""The battery bank: how many ampere-hours, how many units, and how long it carries the loads."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from nodes.sizing.battery_effects import RateEffect, rate_effect, temperature_factor
from state.equipment import BatteryDatasheet, InverterDatasheet
from state.sizing import StorageResult

DEFAULT_INVERTER_EFFICIENCY = 0.90
COULOMBIC_EFFICIENCY = 0.95
DEFAULT_DEPTH_OF_DISCHARGE = 0.70
"""The predecessor's defaults, used where a datasheet is silent. Its depth of discharge was for lead-acid; for
a lithium battery without a stated one it is the cautious figure."""

VOLTAGE_TOLERANCE = 0.10
"""A 51.2 V battery is the "48 V" of the trade: nominal voltages this close name the same system voltage."""
FLAT = (1.0 / 24.0,) * 24
DAY = 24


@dataclass(frozen=True, slots=True)
class Efficiencies:
    """Between the battery's terminals and the loads, each a fraction; one-way for the battery."""

    inverter: float
    charge: float
    discharge: float

    @property
    def round_trip(self) -> float:
        return self.charge * self.discharge


def efficiencies(inverter: InverterDatasheet | None, battery: BatteryDatasheet) -> Efficiencies:
    """From the datasheets; the defaults above where they are silent. A round trip is split evenly."""
    stated = inverter.efficiency_pct if inverter is not None else None
    one_way = COULOMBIC_EFFICIENCY
    if battery.round_trip_efficiency_pct is not None:
        one_way = math.sqrt(battery.round_trip_efficiency_pct / 100.0)
    return Efficiencies(
        inverter=DEFAULT_INVERTER_EFFICIENCY if stated is None else stated / 100.0,
        charge=one_way,
        discharge=one_way,
    )


def required_ah(
    daily_energy: float,
    autonomy_days: float,
    system_voltage: float,
    *,
    depth_of_discharge: float,
    efficiency: float,
    temperature_factor: float,
) -> float:
    """Rated capacity that carries `daily_energy` [Wh] for `autonomy_days` at `system_voltage` [V] [Ah]."""
    return (
        daily_energy * autonomy_days / (system_voltage * depth_of_discharge * efficiency * temperature_factor)
    )


def largest_draw(by_hour: Sequence[float], days: float) -> float:
    """The most that `days` on end ask for, whichever hour they begin with; like `by_hour`, 24 values.

    For whole days that is the day's sum times their number.
    """
    whole, rest = divmod(days, 1.0)
    return whole * math.fsum(by_hour) + _largest_part(tuple(by_hour), rest * DAY)


def longest_days(by_hour: Sequence[float], amount: float) -> float:
    """How many days `amount` lasts from the hour from which it lasts least; the inverse of `largest_draw`."""
    day = math.fsum(by_hour)
    if day <= 0:
        return math.inf
    whole, rest = divmod(amount, day)
    hours = min(_hours_of(by_hour, start, rest) for start in range(DAY))
    return whole + hours / DAY


@lru_cache(maxsize=256)
def _largest_part(by_hour: tuple[float, ...], hours: float) -> float:
    if hours <= 0:
        return 0.0
    full, part = int(hours), hours - int(hours)
    twice = by_hour + by_hour
    # The dearest stretch may begin or end with the fraction of an hour.
    return max(
        math.fsum(twice[start : start + full])
        + part * max(twice[start + full], twice[start - 1] if start else by_hour[-1])
        for start in range(DAY)
    )


def _hours_of(by_hour: Sequence[float], start: int, amount: float) -> float:
    """Hours that `amount` lasts from the beginning of the hour `start`."""
    for hour in range(DAY):
        asked = by_hour[(start + hour) % DAY]
        if asked > amount:
            return hour + amount / asked
        amount -= asked
    return float(DAY)


@dataclass(frozen=True, slots=True)
class Bank:
    """A bank of equal units; energies in Wh, currents in A. `by_hour` is the load of the day it is sized for."""

    battery: BatteryDatasheet
    system_voltage: float
    required_ah: float
    depth_of_discharge: float
    temperature_factor: float
    efficiencies: Efficiencies
    series: int
    parallel: int
    by_hour: tuple[float, ...]
    rate_effect: RateEffect | None = None

    @property
    def daily_energy(self) -> float:
        return math.fsum(self.by_hour)

    @property
    def units(self) -> int:
        return self.series * self.parallel

    @property
    def nominal_voltage(self) -> float:
        return self.series * self.battery.nominal_v

    @property
    def capacity_ah(self) -> float:
        """Strings in parallel add up; units in series share one current and add nothing [Ah]."""
        return self.parallel * self.battery.capacity_ah

    @property
    def nominal_energy(self) -> float:
        return self.nominal_voltage * self.capacity_ah

    @property
    def usable_energy(self) -> float:
        """Between full and the depth of discharge, at the battery's temperature and terminals [Wh]."""
        return self.nominal_energy * self.depth_of_discharge * self.temperature_factor

    @property
    def drawn(self) -> tuple[float, ...]:
        """What each hour of the day takes out of the bank, with its losses and at its rate [Wh]."""
        return _drawn(self.by_hour, self.efficiencies, self.rate_effect, self.nominal_energy)

    @property
    def autonomy_days(self) -> float:
        """How long the full bank carries the day's loads without sun, whenever that begins."""
        return longest_days(self.drawn, self.usable_energy)

    @property
    def drain(self) -> float:
        """Charge that leaves ÷ charge that is given over the day: 1 where its rate costs nothing."""
        given = _drawn(self.by_hour, self.efficiencies, None, self.nominal_energy)
        return math.fsum(self.drawn) / math.fsum(given) if self.daily_energy else 1.0

    def to_result(self) -> StorageResult:
        days = self.autonomy_days
        return StorageResult(
            battery=self.battery,
            chemistry=self.battery.chemistry,
            required_ah=round(self.required_ah, 1),
            units_in_series=self.series,
            strings_in_parallel=self.parallel,
            units=self.units,
            nominal_kwh=round(self.nominal_energy / 1000, 3),
            usable_kwh=round(self.usable_energy / 1000, 3),
            # Rounded down: what is stated must hold.
            autonomy_days=math.floor(100 * min(days, 1e4) + 1e-6) / 100,
            system_voltage_v=self.system_voltage,
            depth_of_discharge_pct=round(100 * self.depth_of_discharge, 1),
            temperature_factor=round(self.temperature_factor, 4),
            rate_factor=round(1.0 / self.drain, 4),
        )


def bank_for(
    battery: BatteryDatasheet,
    inverter: InverterDatasheet | None,
    *,
    daily_energy: float,
    autonomy_days: float,
    system_voltage: float,
    temperature: float,
    hourly_share: Sequence[float] = FLAT,
) -> Bank:
    """The smallest bank of `battery` that carries `daily_energy` [Wh] for `autonomy_days`.

    series = system voltage ÷ unit voltage, parallel = required Ah ÷ unit Ah, rounded up.

    Parameters
    ----------
    hourly_share : sequence of 24 floats
        Shares of the day's energy, sum 1: high power empties lead-acid faster, and part of a day asks for the
        most it may hold.
    """
    return _bank(
        battery,
        efficiencies(inverter, battery),
        tuple(daily_energy * share for share in hourly_share),
        autonomy_days,
        system_voltage,
        temperature,
    )


@lru_cache(maxsize=2048)
def _bank(
    battery: BatteryDatasheet,
    along_the_way: Efficiencies,
    by_hour: tuple[float, ...],
    autonomy_days: float,
    system_voltage: float,
    temperature: float,
) -> Bank:
    """A search meets the same battery with many inverters and arrays."""
    depth = (battery.depth_of_discharge_pct or 100.0 * DEFAULT_DEPTH_OF_DISCHARGE) / 100.0
    factor = temperature_factor(battery.chemistry, temperature)
    effect = rate_effect(battery)
    series = max(1, round(system_voltage / battery.nominal_v))
    volts = min(system_voltage, series * battery.nominal_v)

    def required(parallel: int | None) -> float:
        """Of a bank of that many strings; of one whose size costs nothing where that is None."""
        nominal = None if parallel is None else series * battery.nominal_v * parallel * battery.capacity_ah
        drawn = _drawn(by_hour, along_the_way, None if nominal is None else effect, nominal or 0.0)
        return required_ah(
            largest_draw(drawn, autonomy_days),
            1.0,
            volts,
            depth_of_discharge=depth,
            efficiency=1.0,
            temperature_factor=factor,
        )

    # A larger bank empties more slowly, so what it needs falls as its size grows: the least is found by halving.
    least = max(1, math.ceil(required(None) / battery.capacity_ah - 1e-9))
    parallel = least
    if effect is not None and required(least) > least * battery.capacity_ah * (1 + 1e-9):
        most = max(least + 1, math.ceil(required(least) / battery.capacity_ah))
        while most - least > 1:
            middle = (least + most) // 2
            enough = required(middle) <= middle * battery.capacity_ah * (1 + 1e-9)
            least, most = (least, middle) if enough else (middle, most)
        parallel = most
    return Bank(
        battery=battery,
        system_voltage=system_voltage,
        required_ah=required(parallel),
        depth_of_discharge=depth,
        temperature_factor=factor,
        efficiencies=along_the_way,
        series=series,
        parallel=parallel,
        by_hour=by_hour,
        rate_effect=effect,
    )


def _drawn(
    by_hour: tuple[float, ...], eta: Efficiencies, effect: RateEffect | None, nominal_energy: float
) -> tuple[float, ...]:
    at_terminals = [energy / eta.inverter for energy in by_hour]
    if effect is None or nominal_energy <= 0:
        return tuple(energy / eta.discharge for energy in at_terminals)
    drain = effect.at(np.array(at_terminals) / nominal_energy)
    return tuple(float(lost * each) / eta.discharge for lost, each in zip(drain, at_terminals, strict=True))
