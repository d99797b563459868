"""How sure a year's yield is: every cause with its source, and the yield that nine years of ten exceed."""

import math
from collections.abc import Sequence

from state.equipment import Array
from state.losses import UncertaintyComponent, YieldUncertainty
from state.weather import Resource

P90_Z = 1.2816
"""Standard normal quantile: nine years of ten exceed P50 minus this many standard deviations."""
SOURCE = "Thevenard and Pelland, Solar Energy 91, 2013, doi:10.1016/j.solener.2011.05.006"

_DEFAULTS = YieldUncertainty()
_CAUSES = {
    "year_to_year_percent": "the sun from year to year",
    "plane_of_array_percent": "light on the plane from light on the horizontal",
    "module_rating_percent": "the modules' rating",
    "soiling_percent": "dirt",
    "other_percent": "all other losses and models",
}


def uncertainties(resource: Resource, array: Array) -> list[UncertaintyComponent]:
    """Causes of the spread of a year's yield, each one standard deviation."""
    long_term = UncertaintyComponent(
        cause="the sun over many years",
        percent=min(resource.uncertainty_percent, 50.0),
        source=f"{resource.source} ({resource.quality})",
    )
    stated = array.uncertainty.model_dump()
    return [
        long_term,
        *(
            UncertaintyComponent(
                cause=cause,
                percent=stated[field],
                source=SOURCE if stated[field] == getattr(_DEFAULTS, field) else "stated with the job",
            )
            for field, cause in _CAUSES.items()
        ),
    ]


def combined_percent(causes: Sequence[UncertaintyComponent]) -> float:
    """The spread of all causes together, which are taken as independent."""
    return math.hypot(*(each.percent for each in causes))


def p90(annual: float, spread_percent: float) -> float:
    """The yield that a year exceeds with a probability of 90 %, in the unit of `annual`; never negative."""
    return annual * max(0.0, 1.0 - P90_Z * spread_percent / 100.0)
