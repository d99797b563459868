"""The losses of a system that no model here computes, as percentages that multiply."""

from dataclasses import astuple, dataclass


@dataclass(frozen=True, slots=True)
class SystemLosses:
    """Shares of the energy lost, one after the other; the defaults are those of PVWatts. [%]

    References
    ----------
    .. [1] A. P. Dobos, "PVWatts version 5 manual," NREL/TP-6A20-62641, 2014. :doi:`10.2172/1158421`
    """

    soiling: float = 2.0
    shading: float = 3.0
    snow: float = 0.0
    mismatch: float = 2.0
    wiring: float = 2.0
    connections: float = 0.5
    light_induced_degradation: float = 1.5
    nameplate_rating: float = 1.0
    age: float = 0.0
    availability: float = 3.0

    @property
    def total(self) -> float:
        """What all of them lose together; 14.08 with the defaults. [%]"""
        kept = 1.0
        for percent in astuple(self):
            kept *= 1.0 - percent / 100.0
        return 100.0 * (1.0 - kept)
