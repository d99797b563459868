"""The hourly year of an array: of one watt, from which sizes follow, and of the design that was chosen."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.pv.inverter import EfficiencyCurve
from core.pv.simulate import EnergyYear, Plane, System, simulate
from core.pv.system import NO_LOSS
from core.pv.weather_year import FloatArray, WeatherYear
from nodes.sizing.dc_model import DEFAULT_ETA_INV, curve_of, diode_of, rated_efficiency
from nodes.sizing.design import Design
from state.equipment import Array, ModuleDatasheet, RoofPlane

__all__ = ["DEFAULT_ETA_INV", "UnitYear", "best_first", "energy_year", "rated_efficiency", "unit_year"]

DENSEST_ROWS = 0.99
DEFAULT_EFFICIENCY, MOST_EFFICIENT = 0.19, 0.3
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


def best_first(year: WeatherYear, array: Array, planes: Sequence[RoofPlane]) -> list[RoofPlane]:
    """The planes in the order of the light they receive over the year."""
    if len(planes) < 2:
        return list(planes)
    light = _simulate(year, array, [(plane, UNIT_PDC0) for plane in planes], None, UNIT_PDC0, curve_of(None))
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
    curve = EfficiencyCurve.pvwatts(eta_inv_nom)
    seen = _simulate(year, array, laid, module, UNIT_PDC0 / dc_ac_ratio, curve)
    return UnitYear(seen.p_dc / UNIT_PDC0, seen.p_ac / UNIT_PDC0)


def energy_year(year: WeatherYear, array: Array, planes: Sequence[RoofPlane], design: Design) -> EnergyYear:
    """The year of a design, each plane with the modules that lie on it."""
    laid = [(plane, design.modules_on(plane.name) * design.module.p_mp_w) for plane in planes]
    return _simulate(
        year,
        array,
        [(plane, pdc0) for plane, pdc0 in laid if pdc0 > 0],
        design.module,
        design.pac0,
        curve_of(design.inverter),
    )


def _simulate(
    year: WeatherYear,
    array: Array,
    laid: Sequence[tuple[RoofPlane, float]],
    module: ModuleDatasheet | None,
    pac0: float,
    inverter: EfficiencyCurve,
) -> EnergyYear:
    """Run planes with their nameplates [W]; without a module PVWatts' own."""
    planes = [
        Plane(plane.surface_tilt, plane.surface_azimuth, plane.mount, pdc0)
        if module is None
        else Plane(
            plane.surface_tilt,
            plane.surface_azimuth,
            plane.mount,
            pdc0,
            gamma_pdc=module.gamma_pmp_pct_per_c / 100.0,
            efficiency=_efficiency(module),
            diode=diode_of(module, array),
        )
        for plane, pdc0 in laid
    ]
    system = System(
        pac0=pac0,
        losses_percent=array.system_losses_percent,
        inverter=inverter,
        albedo=array.albedo,
        gcr=min(array.gcr, DENSEST_ROWS),
        temperature_model=array.temperature_model,
        shading_percent=array.shading_monthly_percent or NO_LOSS,
        soiling_percent=array.soiling_monthly_percent or NO_LOSS,
    )
    return simulate(year, planes, system)


def _efficiency(module: ModuleDatasheet) -> float:
    """Of the module's area; where that is unknown or cannot be, that of a standard module in PVWatts."""
    stated = DEFAULT_EFFICIENCY if module.area_m2 is None else module.p_mp_w / module.area_m2 / 1000.0
    return stated if 0.0 < stated < MOST_EFFICIENT else DEFAULT_EFFICIENCY
