"""What a result says of its bank: limits, reserve, life, and what must charge it."""

import math

from nodes.sizing.battery_effects import cycle_life, effects, rate_source
from nodes.sizing.charge_controller import charge_controller
from nodes.sizing.design import Design
from nodes.sizing.flows import plant_of
from nodes.sizing.storage import Bank, longest_days
from nodes.sizing.tables import horizon
from nodes.sizing.year_flows import YearFlows
from state.equipment import Storage
from state.job import JobInput, SystemType
from state.sizing import StorageResult


def storage_result(
    system_type: SystemType, storage: Storage, design: Design, bank: Bank, flows: YearFlows
) -> StorageResult:
    """The bank, as it was used in the year of `flows`."""
    plant = plant_of(system_type, design, bank, storage)
    kept = plant.reserve * plant.usable_energy
    cycles, _ = cycle_life(bank.battery, bank.depth_of_discharge)
    life = life_years(bank, flows)
    return bank.to_result().model_copy(
        update={
            "inverter_efficiency": plant.inverter_efficiency,
            "charge_efficiency": plant.charge_efficiency,
            "discharge_efficiency": plant.discharge_efficiency,
            "carried_power_w": plant.pac0,
            "charge_power_w": _finite(plant.charge_power),
            "discharge_power_w": _finite(plant.discharge_power),
            "reserve_kwh": round(kept / 1000, 3) if plant.grid else None,
            "backup_hours": _backup_hours(bank, kept) if plant.grid and kept > 0 else None,
            "strategy": storage.strategy if plant.grid else "self_consumption",
            "cycle_life": round(cycles),
            "life_years": None if life is None else round(life, 1),
            "charge_controller": charge_controller(design, bank) if system_type == "off_grid" else None,
        }
    )


def life_years(bank: Bank, flows: YearFlows) -> float | None:
    """Years until its cycles are used up or its calendar life is over, whichever is sooner; None unused.

    Cycles are counted as full ones between full and the depth of discharge, so many small ones, which wear less,
    count as much as their energy: the cautious side.
    """
    if flows.cycles is None:
        return None
    calendar = horizon().battery_life_years[bank.battery.chemistry]
    cycles, _ = cycle_life(bank.battery, bank.depth_of_discharge)
    return min(calendar, cycles / flows.cycles) if flows.cycles > 0 else calendar


def bank_assumptions(job: JobInput, bank: Bank, used: str | None) -> list[str]:
    """What the bank's figures rest on; `used` is the way it is run, in words."""
    battery, eta = bank.battery, bank.efficiencies
    told = []
    if battery.depth_of_discharge_pct is None:
        told.append(
            f"The battery's datasheet gives no depth of discharge; {bank.depth_of_discharge:.0%} is taken."
        )
    told.append(
        f"Bank: inverter efficiency {eta.inverter:.2f}, battery one way {eta.discharge:.3f}, "
        f"temperature factor {bank.temperature_factor:.3f} at {job.storage.temperature_c:g} °C "
        f"({effects()[battery.chemistry].temperature.source})."
    )
    rate = rate_source(battery)
    if rate is not None:
        told.append(
            f"Discharge rate: the day's loads take {bank.drain:.3f} times their energy out of the bank ({rate})."
        )
    _, cycles = cycle_life(battery, bank.depth_of_discharge)
    calendar = horizon().battery_life_years[battery.chemistry]
    told.append(f"Battery life: cycles by {cycles}; at most {calendar:g} years by the calendar (setting).")
    if job.system_type == "hybrid":
        kept = job.storage.backup_reserve_pct
        share = f"{kept:g} % of it is" if kept else "no part of it is"
        told.append(f"The battery {used or 'serves the loads'}; {share} kept for outages.")
    told.append("Array and battery share the inverter (DC-coupled); flows are hourly means over one year.")
    return told


def _backup_hours(bank: Bank, kept: float) -> float:
    hours = 24 * longest_days(bank.drawn, kept)
    return math.floor(10 * min(hours, 8760.0)) / 10


def _finite(power: float) -> float | None:
    return round(power, 1) if math.isfinite(power) else None
