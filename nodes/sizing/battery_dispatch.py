"""A year of hours: where the array's energy goes, with and without a battery."""

# ruff: noqa: PLR1730  in the loop of `with_battery` calls of `min` would cost more than all the arithmetic

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class YearFlows:
    """Energy over the year at the AC side, unless said otherwise [Wh].

    What holds, up to rounding:
    load = from_array + from_battery + grid_import + unserved
    and on the DC side: p_dc = used directly + into the battery + exported + curtailed, before their losses.
    """

    load: float
    generation: float
    from_array: float
    from_battery: float
    grid_import: float
    unserved: float
    export: float
    curtailed: float
    into_battery: float = 0.0
    """At the battery's terminals, before charging losses."""
    out_of_battery: float = 0.0
    """At the battery's terminals, after discharging losses."""
    soc_change: float = 0.0
    """Energy left in the battery at the end minus at the start."""
    usable_energy: float = 0.0

    @property
    def self_sufficiency(self) -> float | None:
        """Share of the load that neither the grid nor nobody served."""
        return _share(self.load - self.grid_import - self.unserved, self.load)

    @property
    def self_consumption(self) -> float | None:
        """Share of what the array could generate that was used at the site, storage losses included."""
        return _share(self.generation - self.export - self.curtailed, self.generation)

    @property
    def cycles(self) -> float | None:
        """Full equivalents: energy out of the battery ÷ what it holds between full and empty."""
        return self.out_of_battery / self.usable_energy if self.usable_energy else None


@dataclass(frozen=True, slots=True)
class Plant:
    """A DC-coupled battery system. Powers in W, energies in Wh, efficiencies as fractions.

    `export` tells whether surplus may leave to the grid, `grid` whether the grid serves what is missing.
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


def without_battery(p_ac: FloatArray, load: FloatArray) -> YearFlows:
    """Flows of a grid-tied system: what the loads do not take at that hour is exported.

    Parameters
    ----------
    p_ac, load : ndarray, shape (8760,)
        AC output and load. [W]
    """
    used = np.minimum(p_ac, load)
    generation, consumed, direct = float(p_ac.sum()), float(load.sum()), float(used.sum())
    return YearFlows(
        load=consumed,
        generation=generation,
        from_array=direct,
        from_battery=0.0,
        grid_import=consumed - direct,
        unserved=0.0,
        export=generation - direct,
        curtailed=0.0,
    )


def with_battery(p_dc: FloatArray, load: FloatArray, plant: Plant) -> YearFlows:
    """Hour by hour: loads first, then the battery, then export; the battery before the grid. It starts full.

    Parameters
    ----------
    p_dc : ndarray, shape (8760,)
        DC power at the inverter's input. [W]
    load : ndarray, shape (8760,)
        AC load. [W]

    Notes
    -----
    Array and battery share one inverter, so together they serve at most its rating; so does what is exported.
    Plain floats in one loop, since an hour depends on the one before: about two milliseconds for a year.
    """
    eta, pac0 = plant.inverter_efficiency, plant.pac0
    eta_in, to_soc = plant.charge_efficiency, 1.0 / plant.discharge_efficiency
    capacity, charge_power, discharge_power = plant.usable_energy, plant.charge_power, plant.discharge_power
    exports, has_grid = plant.export, plant.grid
    soc = capacity
    direct = stored = delivered = exported = spilled = missing = 0.0
    for dc, wanted in zip(p_dc.tolist(), load.tolist(), strict=True):
        carried = wanted
        if carried > pac0:
            carried = pac0
        used = dc * eta
        if used >= carried:
            used = carried
            left = dc - carried / eta
            taken = (capacity - soc) / eta_in
            if taken > charge_power:
                taken = charge_power
            if taken > left:
                taken = left
            soc += taken * eta_in
            stored += taken
            left -= taken
            if exports:
                sold = (pac0 - carried) / eta
                if sold > left:
                    sold = left
                exported += sold * eta
                left -= sold
            spilled += left
            missing += wanted - used
        else:
            given = (carried - used) / eta
            if given > discharge_power:
                given = discharge_power
            if given * to_soc > soc:
                given = soc / to_soc
            soc -= given * to_soc
            delivered += given
            missing += wanted - used - given * eta
        direct += used
    # Each step may leave a rounding of the last bit below zero.
    missing = max(0.0, missing)
    return YearFlows(
        load=float(load.sum()),
        generation=eta * float(p_dc.sum()),
        from_array=direct,
        from_battery=delivered * eta,
        grid_import=missing if has_grid else 0.0,
        unserved=0.0 if has_grid else missing,
        export=exported,
        curtailed=spilled * eta,
        into_battery=stored,
        out_of_battery=delivered,
        soc_change=soc - capacity,
        usable_energy=capacity,
    )


def _share(part: float, whole: float) -> float | None:
    return min(1.0, max(0.0, part / whole)) if whole > 0 else None
