"""What an array delivers: its power in each interval, and the sums of a year."""

from dataclasses import dataclass

import numpy as np

from core.pv.system import Plane
from core.pv.weather_year import FloatArray, monthly_sums


@dataclass(frozen=True, slots=True, eq=False)
class PowerSeries:
    """What an array does in each interval.

    Parameters
    ----------
    planes : tuple of Plane
        The array.
    p_ac : ndarray, shape (n,)
        Output of the inverter. [W]
    p_dc : ndarray, shape (n,)
        Its input: all planes together, after system losses. [W]
    poa_global : ndarray, shape (planes, n)
        Light on each open plane. [W/m²]
    temp_cell : ndarray, shape (planes, n)
        Without light that of the air. [°C]
    losses : dict
        Stages in the order in which the energy passes them; of the energy that enters a stage, the percentage lost
        there, negative where it is a gain. [%]
    """

    planes: tuple[Plane, ...]
    p_ac: FloatArray
    p_dc: FloatArray
    poa_global: FloatArray
    temp_cell: FloatArray
    losses: dict[str, float]

    @property
    def pdc0(self) -> float:
        """Nameplate of all planes [W]."""
        return sum(plane.pdc0 for plane in self.planes)


class EnergyYear(PowerSeries):
    """A `PowerSeries` of the 8760 hours of a model year, and its sums."""

    __slots__ = ()

    @property
    def ac_annual_kwh(self) -> float:
        return float(self.p_ac.sum()) / 1000.0

    @property
    def ac_monthly_kwh(self) -> FloatArray:
        return monthly_sums(self.p_ac) / 1000.0

    @property
    def poa_annual_kwh_m2(self) -> float:
        """Light on the planes, weighted by their nameplates."""
        return float(self._poa_mean.sum()) / 1000.0

    @property
    def poa_monthly_kwh_m2(self) -> FloatArray:
        return monthly_sums(self._poa_mean) / 1000.0

    @property
    def specific_yield_kwh_per_kwp(self) -> float:
        return self.ac_annual_kwh / (self.pdc0 / 1000.0)

    @property
    def performance_ratio(self) -> float | None:
        """Yield against that of the nameplate under the same light (IEC 61724-1); None without light."""
        reference_yield = self.poa_annual_kwh_m2
        return self.specific_yield_kwh_per_kwp / reference_yield if reference_yield > 0.0 else None

    @property
    def capacity_factor(self) -> float:
        """Mean output against the array's nameplate, between 0 and 1."""
        return self.specific_yield_kwh_per_kwp / len(self.p_ac)

    @property
    def _poa_mean(self) -> FloatArray:
        weights = np.array([plane.pdc0 for plane in self.planes]) / self.pdc0
        return np.asarray(weights @ self.poa_global)
