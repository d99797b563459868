"""Where a design's energy goes: the year of the array against the year of the loads."""

import math

import numpy as np

from core.pv.weather_year import HOURS, FloatArray
from nodes.sizing.battery_dispatch import Plant, with_battery
from nodes.sizing.design import Design
from nodes.sizing.storage import Bank
from nodes.sizing.storage_checks import charge_limit
from nodes.sizing.tariffs import Prices, time_of_use
from nodes.sizing.year_flows import YearFlows, without_battery
from state.equipment import Storage
from state.job import SystemType


def flows_of(
    system_type: SystemType,
    design: Design,
    bank: Bank | None,
    p_dc: FloatArray,
    p_ac: FloatArray,
    load: FloatArray | None,
    storage: Storage | None = None,
    prices: Prices | None = None,
) -> tuple[YearFlows, str | None]:
    """Flows of the year, and how the battery is used, in words; without a known load everything is exported.

    Parameters
    ----------
    p_dc, p_ac, load : ndarray, shape (8760,)
        Input and output of the inverters, and the loads. [W]
    storage, prices : optional
        How the battery is to be used, and what a time-of-use strategy follows.

    Returns
    -------
    flows : YearFlows
    used : str or None
        None without a battery.
    """
    wanted = np.zeros_like(p_ac) if load is None else load
    if bank is None:
        return without_battery(p_ac, wanted), None
    plant = plant_of(system_type, design, bank, storage)
    follows = storage is not None and storage.strategy == "time_of_use" and plant.grid
    if follows and prices is not None and not prices.flat:
        return time_of_use(p_dc, wanted, plant, prices)
    used = "serves the loads whenever the array cannot"
    if follows:
        used += ", as no tariff varies by the hour"
    return with_battery(p_dc, wanted, plant), used


def plant_of(system_type: SystemType, design: Design, bank: Bank, storage: Storage | None = None) -> Plant:
    """The battery system that a design and its bank make, as its datasheets limit it."""
    volts, battery = bank.nominal_voltage, bank.battery
    accepts, _ = charge_limit(bank)
    charger = design.inverter.charge_current_max_a
    charging = [
        math.inf if accepts is None else accepts * volts,
        math.inf if charger is None else charger * design.inverters * volts,
    ]
    gives = battery.max_discharge_a
    grid = system_type != "off_grid"
    return Plant(
        pac0=design.pac0 if grid else design.backup_pac0,
        inverter_efficiency=bank.efficiencies.inverter,
        usable_energy=bank.usable_energy,
        charge_efficiency=bank.efficiencies.charge,
        discharge_efficiency=bank.efficiencies.discharge,
        charge_power=min(charging),
        discharge_power=math.inf if gives is None else gives * bank.parallel * volts,
        grid=grid,
        export=grid,
        reserve=storage.backup_reserve_pct / 100.0 if grid and storage is not None else 0.0,
        rate_effect=bank.rate_effect,
        nominal_energy=bank.nominal_energy,
        grid_charge=np.zeros(HOURS) if grid and storage is not None and storage.grid_charging else None,
    )
