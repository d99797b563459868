"""Where the energy of a year went: hour by hour, and in sums."""

import math
from dataclasses import dataclass, field

import numpy as np

from core.pv.weather_year import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class HourlyFlows:
    """AC power in each hour, shape (8760,) each [W].

    `served` reaches the loads from array or battery; `charged`, a part of `bought`, goes into the battery.
    """

    served: FloatArray
    bought: FloatArray
    charged: FloatArray
    sold: FloatArray
    unserved: FloatArray


@dataclass(frozen=True, slots=True)
class YearFlows:
    """Energy over the year at the AC side, unless said otherwise [Wh].

    What holds, up to rounding:
    load = from_array + from_battery + (grid_import - grid_charge) + unserved
    and on the DC side: p_dc = used directly + into the battery from it + exported + curtailed, before their losses.
    """

    load: float
    generation: float
    from_array: float
    from_battery: float
    grid_import: float
    """For the loads and, where the grid may charge the battery, for that."""
    unserved: float
    export: float
    curtailed: float
    into_battery: float = 0.0
    """At the battery's terminals, before charging losses; from the array and from the grid."""
    out_of_battery: float = 0.0
    """At the battery's terminals, after discharging losses."""
    soc_change: float = 0.0
    """Energy left in the battery at the end minus at the start."""
    usable_energy: float = 0.0
    grid_charge: float = 0.0
    """The part of `grid_import` that charged the battery."""
    hours_unserved: int = 0
    hourly: HourlyFlows | None = field(default=None, compare=False, repr=False)

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


def without_battery(p_ac: FloatArray, load: FloatArray) -> YearFlows:
    """Flows of a grid-tied system: what the loads do not take at that hour is exported.

    Parameters
    ----------
    p_ac, load : ndarray, shape (8760,)
        AC output and load. [W]
    """
    used = np.minimum(p_ac, load)
    nothing = np.zeros_like(used)
    hourly = HourlyFlows(used, load - used, nothing, p_ac - used, nothing)
    return YearFlows(
        load=float(load.sum()),
        generation=float(p_ac.sum()),
        from_array=float(used.sum()),
        from_battery=0.0,
        grid_import=float(hourly.bought.sum()),
        unserved=0.0,
        export=float(hourly.sold.sum()),
        curtailed=0.0,
        hourly=hourly,
    )


def _share(part: float, whole: float) -> float | None:
    return min(1.0, max(0.0, part / whole)) if whole > 0 and math.isfinite(part) else None
