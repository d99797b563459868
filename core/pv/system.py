"""What a plant consists of, as far as its energy goes."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from core.pv.inverter import EfficiencyCurve
from core.pv.single_diode import SingleDiode
from core.pv.temperature import Mount, TemperatureModel

NO_LOSS = (0.0,) * 12


@dataclass(frozen=True, slots=True)
class Plane:
    """A part of the array whose modules look the same way.

    Parameters
    ----------
    surface_tilt : float
        0 lies flat, 90 stands upright. [°]
    surface_azimuth : float
        Where the modules look, clockwise from north. [°]
    mount : {"roof", "rack"}
        In the plane of a roof, or in rows on a rack.
    pdc0 : float
        Nameplate of the modules on this plane. [W]
    gamma_pdc : float, default -0.0035
        Relative change of their power with the cell temperature. [1/°C]
    efficiency : float, default 0.19
        Nameplate over area and 1000 W/m²; the default is that of a standard module in PVWatts. What becomes electricity
        does not heat, says `temperature.noct_sam`. [unitless]
    diode : SingleDiode, optional
        The modules' electrical model, scaled to `pdc0`; without one power is linear in light and temperature, as in
        PVWatts, with the efficiency in weak light of the median module.
    """

    surface_tilt: float
    surface_azimuth: float
    mount: Mount
    pdc0: float
    gamma_pdc: float = -0.0035
    efficiency: float = 0.19
    diode: SingleDiode | None = None


@dataclass(frozen=True, slots=True)
class System:
    """Everything about a plant but its planes.

    Parameters
    ----------
    pac0 : float
        Rated output of the inverter, or of all inverters together. [W]
    losses_percent : float, default 14
        What no model here computes: mismatch, wiring, availability; see `state.losses.SystemLosses`. [%]
    inverter : EfficiencyCurve
        By default that of PVWatts for 96 %.
    albedo : float, default 0.2
        Of the ground. [unitless]
    gcr : float, default 0.4
        Ground cover ratio of racks. [unitless]
    rows : int, optional
        Rows of a rack, one behind the other; by default those of a square array of its power.
    temperature_model : {"fuentes", "noct_sam", "faiman"}
        See `temperature`.
    shading_percent, soiling_percent : sequence of 12 float
        Light lost to obstacles on the horizon, and to dirt, in each month; beside `losses_percent`. [%]
    """

    pac0: float
    losses_percent: float = 14.0
    inverter: EfficiencyCurve = field(default_factory=EfficiencyCurve.pvwatts)
    albedo: float = 0.2
    gcr: float = 0.4
    rows: int | None = None
    temperature_model: TemperatureModel = "fuentes"
    shading_percent: Sequence[float] = NO_LOSS
    soiling_percent: Sequence[float] = NO_LOSS


def demand_physical(planes: Sequence[Plane], system: System) -> None:
    """Refuse what cannot be.

    Raises
    ------
    ValueError
        If there is no plane, or a number lies outside its physical range; all of them are named.
    """
    demands = {
        "at least one plane": len(planes) > 0,
        "a nameplate above zero on each plane": all(0.0 < plane.pdc0 < np.inf for plane in planes),
        "tilts between 0 and 90": all(0.0 <= plane.surface_tilt <= 90.0 for plane in planes),
        "finite azimuths": all(np.isfinite(plane.surface_azimuth) for plane in planes),
        "a gamma_pdc between -0.02 and 0": all(-0.02 <= plane.gamma_pdc <= 0.0 for plane in planes),
        "an efficiency between 0 and 0.5": all(0.0 < plane.efficiency < 0.5 for plane in planes),
        "pac0 above zero": 0.0 < system.pac0 < np.inf,
        "losses_percent between 0 and 100": 0.0 <= system.losses_percent <= 100.0,
        "albedo between 0 and 1": 0.0 <= system.albedo <= 1.0,
        "gcr above 0, below 1": 0.0 < system.gcr < 1.0,
        "rows above zero": system.rows is None or system.rows > 0,
        "twelve shares of shading between 0 and 100": _are_shares(system.shading_percent),
        "twelve shares of soiling between 0 and 100": _are_shares(system.soiling_percent),
    }
    broken = [demand for demand, met in demands.items() if not met]
    if broken:
        raise ValueError("a simulation needs " + ", ".join(broken))


def _are_shares(monthly: Sequence[float]) -> bool:
    return len(monthly) == 12 and all(0.0 <= percent <= 100.0 for percent in monthly)
