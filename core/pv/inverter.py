"""From direct to alternating current."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from core.pv.weather_year import FloatArray

_REFERENCE_EFFICIENCY = 0.9637


@dataclass(frozen=True, slots=True)
class EfficiencyCurve:
    """An inverter's output over its input, a parabola in parts of its rating, so that it fits any number of them.

    Parameters
    ----------
    start : float
        Input below which nothing leaves, over the rated output. [unitless]
    slope : float
        Of the output over the input, at the start. [unitless]
    bend : float
        Of the parabola, in parts of the rating. [unitless]
    source : str
        Whose curve this is.
    """

    start: float
    slope: float
    bend: float
    source: str

    @classmethod
    def pvwatts(cls, eta_inv_nom: float = 0.96) -> Self:
        """Give the curve of PVWatts version 5 for an efficiency at the rated output.

        References
        ----------
        .. [1] A. P. Dobos, "PVWatts version 5 manual," NREL/TP-6A20-62641, 2014. :doi:`10.2172/1158421`
        """
        if not 0.0 < eta_inv_nom <= 1.0:
            raise ValueError(f"the efficiency of an inverter is above 0, at most 1, not {eta_inv_nom:g}")
        scale = eta_inv_nom / _REFERENCE_EFFICIENCY
        # The published efficiency, -0.0162 x + 0.9858 - 0.0059 / x, times the load x: a parabola about its root.
        root = (0.9858 - np.sqrt(0.9858**2 - 4.0 * 0.0162 * 0.0059)) / (2.0 * 0.0162)
        return cls(
            start=float(root / eta_inv_nom),
            slope=float(scale * (0.9858 - 2.0 * 0.0162 * root)),
            bend=-0.0162 * scale * eta_inv_nom,
            source=f"PVWatts, {eta_inv_nom:.1%} at the rated output",
        )

    @classmethod
    def sandia(cls, *, paco: float, pdco: float, pso: float, c0: float, source: str) -> Self:
        """Give Sandia's curve at the voltage `vdco` at which an inverter was rated.

        Parameters
        ----------
        paco, pdco, pso : float
            Rated output, the input that gives it, and the input at which it starts. [W]
        c0 : float
            Curvature. [1/W]
        source : str
            The table and row of the parameters.

        Notes
        -----
        The voltage moves the efficiency by some tenths of a percent; a design's operating voltage is not followed.

        References
        ----------
        .. [1] D. L. King, S. Gonzalez, G. M. Galbraith and W. E. Boyson, "Performance model for grid-connected
           photovoltaic inverters," SAND2007-5036, Sandia National Laboratories, 2007. :doi:`10.2172/920449`
        """
        width = pdco - pso
        return cls(start=pso / paco, slope=paco / width - c0 * width, bend=c0 * paco, source=source)

    @classmethod
    def straight(cls, *, eta_inv_nom: float, start: float, source: str) -> Self:
        """Give a line from a start to the rated output."""
        return cls(start=start, slope=1.0 / (1.0 / eta_inv_nom - start), bend=0.0, source=source)

    def unlimited(self, p_dc: FloatArray, *, pac0: float) -> FloatArray:
        """Give the output before the limit, for those who ask how much is clipped. Never negative. [W]"""
        over = np.maximum(p_dc / pac0 - self.start, 0.0)
        return np.maximum(pac0 * over * (self.slope + self.bend * over), 0.0)

    def output(self, p_dc: FloatArray, *, pac0: float) -> FloatArray:
        """Give the output between 0 and `pac0` [W]; nothing at night, whose draw is not counted.

        Parameters
        ----------
        p_dc : ndarray, shape (n,)
            Power at the input. [W]
        pac0 : float
            Rated output. [W]
        """
        return np.minimum(self.unlimited(p_dc, pac0=pac0), pac0)


PVWATTS_8 = EfficiencyCurve.straight(eta_inv_nom=0.96, start=0.004931, source="PVWatts version 8")
"""What version 8 takes for every array above 1 kW.

National Renewable Energy Laboratory, SAM Simulation Core, ssc/cmod_pvwattsv8.cpp.
"""
