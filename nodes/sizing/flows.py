"""Where a design's energy goes: the year of the array against the year of the loads."""

import math

import numpy as np

from nodes.sizing.battery_dispatch import FloatArray, Plant, YearFlows, with_battery, without_battery
from nodes.sizing.design import Design
from nodes.sizing.storage import Bank
from nodes.sizing.storage_checks import charge_limit
from state.job import SystemType


def flows_of(
    system_type: SystemType,
    design: Design,
    bank: Bank | None,
    p_dc: FloatArray,
    p_ac: FloatArray,
    load: FloatArray | None,
) -> YearFlows:
    """Flows of the year; without a known load everything is exported.

    Parameters
    ----------
    p_dc, p_ac, load : ndarray, shape (8760,)
        Input and output of the inverters, and the loads. [W]
    """
    wanted = np.zeros_like(p_ac) if load is None else load
    if bank is None:
        return without_battery(p_ac, wanted)
    return with_battery(p_dc, wanted, plant_of(system_type, design, bank))


def plant_of(system_type: SystemType, design: Design, bank: Bank) -> Plant:
    """The battery system that a design and its bank make, as its datasheets limit it."""
    volts, battery = bank.nominal_voltage, bank.battery
    accepts, _ = charge_limit(bank)
    charger = design.inverter.charge_current_max_a
    charging = [
        math.inf if accepts is None else accepts * volts,
        math.inf if charger is None else charger * design.inverters * volts,
    ]
    gives = battery.max_discharge_a
    return Plant(
        pac0=design.pac0,
        inverter_efficiency=bank.efficiencies.inverter,
        usable_energy=bank.usable_energy,
        charge_efficiency=bank.efficiencies.charge,
        discharge_efficiency=bank.efficiencies.discharge,
        charge_power=min(charging),
        discharge_power=math.inf if gives is None else gives * bank.parallel * volts,
        grid=system_type != "off_grid",
        export=system_type != "off_grid",
    )
