"""Copper cables and overcurrent devices by IEC 60364, and the cables of PV strings by EN 50618."""

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


@dataclass(frozen=True, slots=True)
class Cable:
    """A cross-section [mm²] and what it carries at each ambient temperature of its table [A]."""

    mm2: float
    capacities: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class CableTable:
    """Cables of one kind, laid in one way.

    Parameters
    ----------
    name : str
        The kind, and the way.
    loaded : int
        Conductors together that the capacities hold for.
    ambients : tuple of int
        [°C]
    cables : tuple of Cable
        From the thinnest on.
    source : str
        Where the capacities were read.
    """

    name: str
    loaded: int
    ambients: tuple[int, ...]
    cables: tuple[Cable, ...]
    source: str

    def column(self, temp_ambient: float) -> int | None:
        """The capacities that hold at an ambient temperature [°C]; None above the last."""
        column = bisect_left(self.ambients, temp_ambient)
        return column if column < len(self.ambients) else None


_PVC = (
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
PVC = CableTable(
    name="PVC insulation, in conduit on a wall",
    loaded=3,
    ambients=(30, 40, 45, 50, 55),
    cables=_PVC,
    source="Atlas Copco GA 7 VSD manual, page 90, and GA 75+ manual, page 190, by IEC 60364-5-52 table B.52",
)
"""PVC insulation (70 °C), three loaded conductors, multi-core cable in conduit on a wall (method B2)."""

_PV_AT_60_C = ((4, 44), (6, 57), (10, 79), (16, 107), (25, 142), (35, 176))
"""From 4 mm² on: what makers of inverters ask for (Sungrow SG5.0RT manual, table 5-3: 4 to 6 mm²). [mm²], [A]"""
_PV_FACTORS = {60: 1.0, 70: 0.92, 80: 0.84, 90: 0.75}
PV = CableTable(
    name="H1Z2Z2-K, both conductors of a string side by side on a surface",
    loaded=2,
    ambients=tuple(_PV_FACTORS),
    cables=tuple(
        Cable(mm2, tuple(round(amperes * factor, 1) for factor in _PV_FACTORS.values()))
        for mm2, amperes in _PV_AT_60_C
    ),
    source="Top Cable TOPSOLAR PV H1Z2Z2-K specification, revision 2 of 2018-11-12, tables 1 and 2, by EN 50618",
)
"""Capacities at a conductor of 120 °C, which EN 50618 allows for 20 000 hours in the 25 years of a cable's life."""

TABLES = {"pv_source": PV, "pv_output": PV, "inverter_output": PVC}
"""By circuit."""


def next_device(current: float) -> float | None:
    """The smallest preferred device of at least `current` [A]; None above 1000 A."""
    index = bisect_left(DEVICES_A, current - 1e-9)
    return float(DEVICES_A[index]) if index < len(DEVICES_A) else None


def cable(circuit: str, i_max: float, *, temp_ambient: float, ocpd_required: bool = True) -> Conductor:
    """The smallest cable for `i_max` [A] at `temp_ambient` [°C], protected by its device: I_B ≤ I_n ≤ I_z.

    `mm2` is None where no cable of the circuit's table suffices, as above its last temperature.
    """
    table = TABLES[circuit]
    device = next_device(i_max)
    carried = device if ocpd_required else i_max
    column = table.column(temp_ambient)
    chosen = None
    if carried is not None and column is not None:
        chosen = next((each for each in table.cables if each.capacities[column] >= carried), None)
    return Conductor(
        circuit=circuit,
        i_max_a=round(i_max, 2),
        i_continuous_a=round(i_max, 2),
        ocpd_a=device,
        awg=None,
        mm2=None if chosen is None else chosen.mm2,
        ocpd_required=ocpd_required,
        ampacity_a=None if chosen is None else chosen.capacities[0],
        corrected_ampacity_a=None if chosen is None or column is None else chosen.capacities[column],
    )
