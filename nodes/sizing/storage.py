"""The battery bank: how many ampere-hours, how many units, and whether the inverter may use them."""

import math
from dataclasses import dataclass
from itertools import pairwise

from state.equipment import BatteryDatasheet, Chemistry, InverterDatasheet
from state.sizing import StorageResult

DEFAULT_INVERTER_EFFICIENCY = 0.90
COULOMBIC_EFFICIENCY = 0.95
DEFAULT_DEPTH_OF_DISCHARGE = 0.70
"""The predecessor's defaults, used where a datasheet is silent. Its depth of discharge was for lead-acid; for
a lithium battery without a stated one it is the cautious figure."""

LEAD_ACID_MULTIPLIER = (
    (-6.7, 1.59),
    (-1.1, 1.40),
    (4.4, 1.30),
    (10.0, 1.19),
    (15.6, 1.11),
    (21.1, 1.04),
    (25.0, 1.00),
)
"""Required ÷ rated capacity of lead-acid by battery temperature [°C]. Magnum Energy ME2512 manual, table B-5,
and alphasolar.net battery worksheet; their 26.7 °C row is put at 25 °C, where capacity is rated (Rolls,
article 246381)."""

VOLTAGE_TOLERANCE = 0.10
"""A 51.2 V battery is the "48 V" of the trade: nominal voltages this close name the same system voltage."""


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


def temperature_factor(chemistry: Chemistry, temperature: float) -> float:
    """Capacity at `temperature` [°C] ÷ rated capacity.

    Lead-acid by interpolation in the table above, held at its ends. Lithium: 1, no published table was read;
    see the check `battery_temperature`.
    """
    if chemistry != "lead_acid":
        return 1.0
    table = LEAD_ACID_MULTIPLIER
    if temperature <= table[0][0]:
        return 1.0 / table[0][1]
    for (colder, above), (warmer, below) in pairwise(table):
        if temperature <= warmer:
            share = (temperature - colder) / (warmer - colder)
            return 1.0 / (above + share * (below - above))
    return 1.0


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


@dataclass(frozen=True, slots=True)
class Bank:
    """A bank of equal units; energies in Wh, currents in A."""

    battery: BatteryDatasheet
    system_voltage: float
    required_ah: float
    depth_of_discharge: float
    temperature_factor: float
    efficiencies: Efficiencies
    series: int
    parallel: int
    daily_energy: float

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
    def autonomy_days(self) -> float:
        delivered = self.usable_energy * self.efficiencies.discharge * self.efficiencies.inverter
        return delivered / self.daily_energy if self.daily_energy else math.inf

    def to_result(self) -> StorageResult:
        return StorageResult(
            battery=self.battery,
            chemistry=self.battery.chemistry,
            required_ah=round(self.required_ah, 1),
            units_in_series=self.series,
            strings_in_parallel=self.parallel,
            units=self.units,
            nominal_kwh=round(self.nominal_energy / 1000, 3),
            usable_kwh=round(self.usable_energy / 1000, 3),
            autonomy_days=round(self.autonomy_days, 2),
            system_voltage_v=self.system_voltage,
            depth_of_discharge_pct=round(100 * self.depth_of_discharge, 1),
            temperature_factor=round(self.temperature_factor, 4),
        )


def bank_for(
    battery: BatteryDatasheet,
    inverter: InverterDatasheet | None,
    *,
    daily_energy: float,
    autonomy_days: float,
    system_voltage: float,
    temperature: float,
) -> Bank:
    """The smallest bank of `battery` that carries `daily_energy` [Wh] for `autonomy_days`.

    series = system voltage ÷ unit voltage, parallel = required Ah ÷ unit Ah, rounded up.
    """
    along_the_way = efficiencies(inverter, battery)
    depth = (battery.depth_of_discharge_pct or 100.0 * DEFAULT_DEPTH_OF_DISCHARGE) / 100.0
    factor = temperature_factor(battery.chemistry, temperature)
    required = required_ah(
        daily_energy,
        autonomy_days,
        system_voltage,
        depth_of_discharge=depth,
        efficiency=along_the_way.inverter * along_the_way.discharge,
        temperature_factor=factor,
    )
    return Bank(
        battery=battery,
        system_voltage=system_voltage,
        required_ah=required,
        depth_of_discharge=depth,
        temperature_factor=factor,
        efficiencies=along_the_way,
        series=max(1, round(system_voltage / battery.nominal_v)),
        parallel=max(1, math.ceil(required / battery.capacity_ah - 1e-9)),
        daily_energy=daily_energy,
    )
