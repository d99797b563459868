"""What every offer is measured against."""

from collections.abc import Sequence
from dataclasses import dataclass

from nodes.sizing.storage import FLAT
from nodes.sizing.strings import SiteTemperatures
from state.equipment import Electrical, RoofPlane, Storage
from state.job import SystemType


@dataclass(frozen=True, slots=True)
class Brief:
    """What every offer is measured against.

    Parameters
    ----------
    planes : sequence of RoofPlane
        Best first.
    peak_power, surge_power : float or None
        Of the loads that run without the grid; None where unknown or where none do. [W]
    daily_energy : float
        That the bank must carry for a day. [Wh]
    hourly_share : tuple of 24 floats
        How that spreads over the day, sum 1.
    """

    system_type: SystemType
    planes: Sequence[RoofPlane]
    gcr: float
    electrical: Electrical
    storage: Storage
    site: SiteTemperatures
    dc_ac_ratio: float | None
    peak_power: float | None
    surge_power: float | None
    daily_energy: float
    hourly_share: tuple[float, ...] = FLAT

    @property
    def has_battery(self) -> bool:
        return self.system_type != "grid_tied"
