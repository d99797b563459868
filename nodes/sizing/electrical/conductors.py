"""Copper conductors and overcurrent devices by the tables of the National Electrical Code, 2023 edition.

Sources: wiresizes.com/guides/nec-table-310-16 (310.16 and its corrections),
intrysys.com/tools/electrical/wire-ampacity-chart (310.16, 240.4(D)), up.codes E3705.2 (310.15(B)(1)),
callout.app/codes/nec-2023-240-6 and sparkshift.app/code/nec-240-6 (240.6(A)).

Not covered: aluminium, parallel conductors, raceways lower than 7/8 in above a roof.
"""

from bisect import bisect_left
from dataclasses import dataclass

from state.sizing import Conductor

STANDARD_SIZES_A = (
    *(15, 20, 25, 30, 35, 40, 45, 50, 60, 70, 80, 90, 100, 110, 125, 150, 175, 200, 225, 250, 300, 350, 400),
    *(450, 500, 600, 700, 800, 1000, 1200, 1600, 2000, 2500, 3000, 4000, 5000, 6000),
)
"""240.6(A): fuses and inverse-time breakers [A]."""


ROUNDING = 1e-9
"""A current that equals an ampacity up to floating point is carried [A]."""


@dataclass(frozen=True, slots=True)
class Wire:
    """A copper conductor: ampacity by 310.16 at 30 °C, and the largest device by 240.4(D) [A]."""

    awg: str
    ampacity_75: float
    ampacity_90: float
    small_conductor_cap: float | None = None


COPPER = (
    Wire("14", 20, 25, 15),
    Wire("12", 25, 30, 20),
    Wire("10", 35, 40, 30),
    Wire("8", 50, 55),
    Wire("6", 65, 75),
    Wire("4", 85, 95),
    Wire("3", 100, 115),
    Wire("2", 115, 130),
    Wire("1", 130, 145),
    Wire("1/0", 150, 170),
    Wire("2/0", 175, 195),
    Wire("3/0", 200, 225),
    Wire("4/0", 230, 260),
    Wire("250 kcmil", 255, 290),
    Wire("300 kcmil", 285, 320),
    Wire("350 kcmil", 310, 350),
    Wire("400 kcmil", 335, 380),
    Wire("500 kcmil", 380, 430),
    Wire("600 kcmil", 420, 475),
)

AMBIENT_CORRECTION_90 = (
    *((10, 1.15), (15, 1.12), (20, 1.08), (25, 1.04), (30, 1.00), (35, 0.96), (40, 0.91), (45, 0.87)),
    *((50, 0.82), (55, 0.76), (60, 0.71), (65, 0.65), (70, 0.58), (75, 0.50), (80, 0.41), (85, 0.29)),
)
"""310.15(B)(1): upper end of each ambient range [°C] and the factor of the 90 °C column."""

BUNDLING = ((3, 1.00), (6, 0.80), (9, 0.70), (20, 0.50), (30, 0.45), (40, 0.40))
"""310.15(C)(1): most current-carrying conductors in one raceway, and the factor."""


def next_standard_size(current: float) -> float | None:
    """The smallest standard device of at least `current` [A]; None above 6000 A. 240.6(A), 240.4(B)."""
    index = bisect_left(STANDARD_SIZES_A, current - ROUNDING)
    return float(STANDARD_SIZES_A[index]) if index < len(STANDARD_SIZES_A) else None


def ambient_correction(temp_ambient: float) -> float | None:
    """Factor of the 90 °C column at `temp_ambient` [°C]; None above 85 °C, where the table ends."""
    return next((factor for upper, factor in AMBIENT_CORRECTION_90 if temp_ambient <= upper), None)


def bundling_adjustment(conductors: int) -> float:
    """Factor for `conductors` current-carrying conductors in one raceway; 0.35 above 40."""
    return next((factor for most, factor in BUNDLING if conductors <= most), 0.35)


def conductor(
    circuit: str,
    i_max: float,
    *,
    temp_ambient: float,
    bundled: int,
    continuous_factor: float = 1.25,
    ocpd_required: bool = True,
) -> Conductor:
    """The smallest copper conductor, 90 °C insulation on 75 °C terminals, and the device that protects it.

    Parameters
    ----------
    i_max : float
        Maximum circuit current by 690.8(A). [A]
    temp_ambient : float
        Hottest ambient of the raceway. [°C]
    bundled : int
        Current-carrying conductors in the raceway.

    Returns
    -------
    Conductor
        `awg` is None where no single conductor of the table suffices.
    """
    i_continuous = continuous_factor * i_max
    device = next_standard_size(i_continuous)
    derating = derating_of(temp_ambient, bundled)
    wire = _smallest(i_max, i_continuous, device if ocpd_required else None, derating)
    return Conductor(
        circuit=circuit,
        i_max_a=round(i_max, 2),
        i_continuous_a=round(i_continuous, 2),
        ocpd_a=device,
        awg=None if wire is None else wire.awg,
        ocpd_required=ocpd_required,
        ampacity_a=None if wire is None else wire.ampacity_75,
        corrected_ampacity_a=None
        if wire is None or derating is None
        else round(wire.ampacity_90 * derating, 2),
    )


def derating_of(temp_ambient: float, bundled: int) -> float | None:
    """What heat and company leave of the 90 °C column, as a fraction; None above 85 °C."""
    correction = ambient_correction(temp_ambient)
    return None if correction is None else correction * bundling_adjustment(bundled)


def largest_device(conductor: Conductor) -> float | None:
    """The largest device that protects a conductor [A]: the next size up, 240.4(B), under the cap of 240.4(D)."""
    wire = next((each for each in COPPER if each.awg == conductor.awg), None)
    if wire is None or conductor.corrected_ampacity_a is None:
        return None
    allowed = next_standard_size(min(wire.ampacity_75, conductor.corrected_ampacity_a))
    cap = wire.small_conductor_cap
    return allowed if allowed is None or cap is None else min(allowed, cap)


def _smallest(i_max: float, i_continuous: float, device: float | None, derating: float | None) -> Wire | None:
    if derating is None:
        return None
    for wire in COPPER:
        carries = (
            wire.ampacity_75 >= i_continuous - ROUNDING and wire.ampacity_90 * derating >= i_max - ROUNDING
        )
        if carries and (device is None or _protects(device, wire, derating)):
            return wire
    return None


def _protects(device: float, wire: Wire, derating: float) -> bool:
    """Whether `device` protects `wire`: 240.4(B) allows the next size up, 240.4(D) caps the small ones."""
    if wire.small_conductor_cap is not None and device > wire.small_conductor_cap:
        return False
    ampacity = min(wire.ampacity_75, wire.ampacity_90 * derating)
    allowed = next_standard_size(ampacity)
    return allowed is not None and device <= allowed
