"""How large the array is to be: planes, the modules they hold, and the power that the target asks for."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.pv.weather_year import DAYS_IN_MONTH, FloatArray, monthly_sums
from nodes.sizing.battery_dispatch import Plant, with_battery
from nodes.sizing.demand import Load
from nodes.sizing.storage import Efficiencies
from nodes.sizing.strings import PlaneRoom
from nodes.sizing.yields import UnitYear
from state.equipment import Array, ModuleDatasheet, RoofPlane

UNSERVED_TARGET = 0.01
"""Share of the yearly demand that an off-grid array is sized to leave unserved at most; a setting of ours."""
UNSERVED_LIMIT = 0.05
"""Share beyond which an off-grid design does not do what it is for.

HOMER, which is what off-grid systems are commonly sized with, calls infeasible what leaves more unserved than its
"maximum annual capacity shortage", and gives 1 to 5 % for those who accept some (homerenergy.com, HOMER Pro 3.10,
Maximum Annual Capacity Shortage; usersupport.homerenergy.com, Capacity shortage in HOMER).
"""
GROWTH, GROWTH_STEPS = 1.15, 5
"""An off-grid array grows by this much, this often, while more than the target stays unserved."""
LEAST_TILT = 10.0
"""Flatter modules keep their dirt: the least tilt taken where a roof is not described. [°]"""


def planes_of(roof: Sequence[RoofPlane], latitude: float) -> tuple[list[RoofPlane], list[str]]:
    """The roof as described; without one a plane that faces the equator, tilted like the latitude."""
    if roof:
        return list(roof), []
    tilt = round(min(max(abs(latitude), LEAST_TILT), 45.0), 1)
    plane = RoofPlane(name="array", surface_tilt=tilt, surface_azimuth=180.0 if latitude >= 0 else 0.0)
    facing = "south" if latitude >= 0 else "north"
    return [plane], [
        f"No roof was described: one plane facing {facing} at {tilt:g}° with room enough, close to the roof."
    ]


def room_on(plane: RoofPlane, module: ModuleDatasheet, gcr: float) -> PlaneRoom:
    """How many modules lie on a plane: its area within the setbacks, for racks a share, ÷ a module's area."""
    usable = usable_area(plane, gcr)
    if usable is None or module.area_m2 is None:
        return PlaneRoom(plane.name, None)
    return PlaneRoom(plane.name, math.floor(usable / module.area_m2 + 1e-9))


def usable_area(plane: RoofPlane, gcr: float) -> float | None:
    """What modules may cover [m²], of racks the share `gcr`; None where the plane has no known area.

    A rectangle loses its setback along all four edges; without a known width it is taken as a square.
    """
    if plane.area_m2 is None:
        return None
    width = math.sqrt(plane.area_m2) if plane.width_m is None else plane.width_m
    height = plane.area_m2 / width
    inner = max(0.0, width - 2 * plane.setback_m) * max(0.0, height - 2 * plane.setback_m)
    return inner * (gcr if plane.mount == "rack" else 1.0)


def room_for(planes: Sequence[PlaneRoom]) -> int | None:
    """Modules on all planes together; None where one of them has no known limit."""
    limits = [plane.most_modules for plane in planes]
    return None if None in limits else sum(limit for limit in limits if limit is not None)


@dataclass(frozen=True, slots=True)
class Target:
    """What the array is to be, and why; None in `pdc0` where the roof alone decides."""

    pdc0: float | None
    basis: str


def target_of(
    array: Array,
    system_type: str,
    load: Load | None,
    unit: UnitYear,
    *,
    battery: Efficiencies | None,
    usable_energy: float,
) -> Target:
    """The nameplate power [W] that was asked for, or that the demand asks for.

    Parameters
    ----------
    battery : Efficiencies or None
        Of the bank in between; None without one.
    usable_energy : float
        Of the bank, for off-grid systems, whose array must also refill it. [Wh]

    Notes
    -----
    Losses count here as they do in the yield: both come from the same hourly year.
    """
    if array.pdc0_w is not None:
        return Target(array.pdc0_w, "nameplate power as asked for")
    if load is None:
        return Target(None, "as much as the roof holds")
    detour = np.ones(12) if battery is None else _detour(load, unit, battery)
    if system_type == "off_grid" and battery is not None:
        return _for_the_worst_month(load, unit, detour, battery, usable_energy)
    needed = float((load.daily_energy * DAYS_IN_MONTH * detour).sum())
    return Target(
        array.energy_share * needed / float(unit.p_ac.sum()),
        f"{array.energy_share:.0%} of the year's use",
    )


def _detour(load: Load, unit: UnitYear, battery: Efficiencies) -> FloatArray:
    """Energy to generate ÷ energy to use, by month: what is used in the dark has gone through the battery."""
    by_hour = np.array([unit.p_ac[hour::24].sum() for hour in range(24)])
    dark = float(load.hourly_share[by_hour < 1e-3 * by_hour.max()].sum())
    return np.full(12, 1.0 + dark * (1.0 / battery.round_trip - 1.0))


def _for_the_worst_month(
    load: Load, unit: UnitYear, detour: FloatArray, battery: Efficiencies, usable_energy: float
) -> Target:
    """Carry the month in which demand is largest against the sun, then grow until the year is served."""
    yields = monthly_sums(unit.p_ac)
    if not (yields > 0).all():
        return Target(None, "as much as the roof holds: one month has no sun at all")
    by_month = load.daily_energy * DAYS_IN_MONTH * detour / yields
    worst = int(np.argmax(by_month))
    size = float(by_month[worst])
    hourly = load.hourly()
    basis = f"the demand of month {worst + 1}, the worst of the year"
    for step in range(GROWTH_STEPS + 1):
        plant = Plant(
            pac0=float(hourly.max()) * 2.0,
            inverter_efficiency=battery.inverter,
            usable_energy=usable_energy,
            charge_efficiency=battery.charge,
            discharge_efficiency=battery.discharge,
            charge_power=math.inf,
            discharge_power=math.inf,
            grid=False,
            export=False,
        )
        unserved = with_battery(size * unit.p_dc, hourly, plant).unserved
        if unserved <= UNSERVED_TARGET * load.annual_energy or step == GROWTH_STEPS:
            break
        size *= GROWTH
    if step:
        basis += f", and {GROWTH**step - 1:.0%} more for its overcast days"
    return Target(size, basis)
