"""The hourly year of an array: of one watt, from which sizes follow, and of the design that was chosen."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.pv.inverter import EfficiencyCurve
from core.pv.simulate import EnergyYear, Plane, System, simulate
from core.pv.weather_year import FloatArray, WeatherYear
from nodes.sizing.design import Design
from state.equipment import Array, InverterDatasheet, ModuleDatasheet, RoofPlane

DEFAULT_ETA_INV = 0.96
"""Where a datasheet gives no efficiency; the default of PVWatts v8."""
DENSEST_ROWS = 0.99
UNIT_PDC0 = 1000.0


@dataclass(frozen=True, slots=True, eq=False)
class UnitYear:
    """A year of an array of 1 W behind an inverter of 1/`dc_ac_ratio` W; any size follows by scaling.

    Parameters
    ----------
    p_dc, p_ac : ndarray, shape (8760,)
        DC power at the inverter and AC power after it, per W of nameplate. [W/W]
    """

    p_dc: FloatArray
    p_ac: FloatArray

    def behind(self, pdc0: float, pac0: float, eta_inv_nom: float) -> FloatArray:
        """AC power of an array of `pdc0` [W] behind `pac0` [W], shape (8760,) [W]."""
        return EfficiencyCurve.pvwatts(eta_inv_nom).output(pdc0 * self.p_dc, pac0=pac0)


def rated_efficiency(inverter: InverterDatasheet | None) -> float:
    stated = None if inverter is None else inverter.efficiency_pct
    return DEFAULT_ETA_INV if stated is None else stated / 100.0


def best_first(year: WeatherYear, array: Array, planes: Sequence[RoofPlane]) -> list[RoofPlane]:
    """The planes in the order of the light they receive over the year."""
    if len(planes) < 2:
        return list(planes)
    light = _simulate(
        year, array, [(plane, UNIT_PDC0) for plane in planes], -0.0035, UNIT_PDC0, DEFAULT_ETA_INV
    )
    sums = light.poa_global.sum(axis=1)
    return [plane for _, plane in sorted(zip(-sums, planes, strict=True), key=lambda pair: float(pair[0]))]


def unit_year(
    year: WeatherYear,
    array: Array,
    shares: Sequence[tuple[RoofPlane, float]],
    module: ModuleDatasheet,
    *,
    dc_ac_ratio: float,
    eta_inv_nom: float,
) -> UnitYear:
    """The year of 1 W whose modules lie on the planes in the given shares."""
    whole = sum(share for _, share in shares)
    laid = [(plane, UNIT_PDC0 * share / whole) for plane, share in shares if share > 0]
    seen = _simulate(year, array, laid, _gamma(module), UNIT_PDC0 / dc_ac_ratio, eta_inv_nom)
    return UnitYear(seen.p_dc / UNIT_PDC0, seen.p_ac / UNIT_PDC0)


def energy_year(year: WeatherYear, array: Array, planes: Sequence[RoofPlane], design: Design) -> EnergyYear:
    """The year of a design, each plane with the modules that lie on it."""
    laid = [(plane, design.modules_on(plane.name) * design.module.p_mp_w) for plane in planes]
    return _simulate(
        year,
        array,
        [(plane, pdc0) for plane, pdc0 in laid if pdc0 > 0],
        _gamma(design.module),
        design.pac0,
        rated_efficiency(design.inverter),
    )


def _gamma(module: ModuleDatasheet) -> float:
    return module.gamma_pmp_pct_per_c / 100.0


def _simulate(
    year: WeatherYear,
    array: Array,
    laid: Sequence[tuple[RoofPlane, float]],
    gamma_pdc: float,
    pac0: float,
    eta_inv_nom: float,
) -> EnergyYear:
    planes = [
        Plane(plane.surface_tilt, plane.surface_azimuth, plane.mount, pdc0, gamma_pdc) for plane, pdc0 in laid
    ]
    system = System(
        pac0=pac0,
        losses_percent=array.losses_percent,
        inverter=EfficiencyCurve.pvwatts(eta_inv_nom),
        albedo=array.albedo,
        gcr=min(array.gcr, DENSEST_ROWS),
    )
    return simulate(year, planes, system)
