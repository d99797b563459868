"""Copper cables and overcurrent devices by IEC 60364.

Capacities: PVC insulation (70 °C), three loaded conductors, multi-core cable in conduit on a wall (method B2), as the
Atlas Copco GA 7 VSD (page 92) and GA 75+ (page 192) manuals print them by IEC 60364-5-52. PV cables to EN 50618
bear more; their own table was not read, so for them these figures are on the safe side.
"""

from bisect import bisect_left
from dataclasses import dataclass

from state.sizing import Conductor

DEVICES_A = (
    6,
    10,
    13,
    16,
    20,
    25,
    32,
    40,
    50,
    63,
    80,
    100,
    125,
    160,
    200,
    250,
    315,
    400,
    500,
    630,
    800,
    1000,
)
"""Preferred ratings of IEC 60898-1 and IEC 60947-2, as public tables of devices list them [A]."""

AMBIENTS_C = (30, 40, 45, 50, 55)
BUNCHED_IN_TABLE = 3


@dataclass(frozen=True, slots=True)
class Cable:
    """A cross-section [mm²] and what it carries at each of `AMBIENTS_C` [A]."""

    mm2: float
    capacities: tuple[float, float, float, float, float]


CABLES = (
    Cable(1.5, (15, 13, 12, 11, 9)),
    Cable(2.5, (20, 17, 16, 14, 12)),
    Cable(4, (27, 23, 21, 19, 16)),
    Cable(6, (34, 30, 27, 24, 21)),
    Cable(10, (46, 40, 36, 33, 28)),
    Cable(16, (62, 54, 49, 44, 38)),
    Cable(25, (80, 70, 63, 57, 49)),
    Cable(35, (99, 86, 78, 70, 60)),
    Cable(50, (118, 103, 93, 84, 72)),
    Cable(70, (149, 130, 118, 106, 91)),
    Cable(95, (179, 156, 141, 127, 109)),
    Cable(120, (206, 179, 163, 146, 126)),
)


def next_device(current: float) -> float | None:
    """The smallest preferred device of at least `current` [A]; None above 1000 A."""
    index = bisect_left(DEVICES_A, current - 1e-9)
    return float(DEVICES_A[index]) if index < len(DEVICES_A) else None


def cable(circuit: str, i_max: float, *, temp_ambient: float, ocpd_required: bool = True) -> Conductor:
    """The smallest cable for `i_max` [A] at `temp_ambient` [°C], protected by its device: I_B ≤ I_n ≤ I_z.

    `mm2` is None where no cable of the table suffices, as above 55 °C.
    """
    device = next_device(i_max)
    carried = device if ocpd_required else i_max
    column = bisect_left(AMBIENTS_C, temp_ambient)
    chosen = None
    if carried is not None and column < len(AMBIENTS_C):
        chosen = next((each for each in CABLES if each.capacities[column] >= carried), None)
    return Conductor(
        circuit=circuit,
        i_max_a=round(i_max, 2),
        i_continuous_a=round(i_max, 2),
        ocpd_a=device,
        awg=None,
        mm2=None if chosen is None else chosen.mm2,
        ocpd_required=ocpd_required,
        ampacity_a=None if chosen is None else chosen.capacities[0],
        corrected_ampacity_a=None if chosen is None else chosen.capacities[column],
    )
