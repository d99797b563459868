"""What takes energy from an array, and how sure its yield is."""

from typing import Annotated

from pydantic import Field

from state.base import Given, Model, Percent

MonthlyPercent = Annotated[
    tuple[Percent, ...], Field(min_length=12, max_length=12, description="January to December.")
]
Spread = Annotated[float, Field(ge=0, le=50, description="One standard deviation [%].")]


class SystemLosses(Given):
    """Losses that no model computes, one after the other; the defaults are those of PVWatts (NREL/TP-6A20-62641)."""

    soiling_percent: Percent = 2.0
    shading_percent: Percent = 3.0
    snow_percent: Percent = 0.0
    mismatch_percent: Percent = 2.0
    wiring_percent: Percent = 2.0
    connections_percent: Percent = 0.5
    light_induced_degradation_percent: Percent = 1.5
    nameplate_rating_percent: Percent = 1.0
    age_percent: Percent = 0.0
    availability_percent: Percent = 3.0

    @property
    def total_percent(self) -> float:
        """What all of them lose together; 14.08 with the defaults."""
        kept = 1.0
        for percent in self.model_dump().values():
            kept *= 1.0 - percent / 100.0
        return 100.0 * (1.0 - kept)


class YieldUncertainty(Given):
    """Spread of a year's yield by cause; that of the resource is known with the resource.

    The defaults are those of Thevenard and Pelland, "Estimating the uncertainty in long-term photovoltaic yield
    predictions," Solar Energy 91, 2013, doi:10.1016/j.solener.2011.05.006.
    """

    year_to_year_percent: Spread = 3.9
    plane_of_array_percent: Spread = 3.0
    module_rating_percent: Spread = 3.0
    soiling_percent: Spread = 2.0
    other_percent: Spread = 5.0


class UncertaintyComponent(Model):
    """One cause of the spread of a year's yield."""

    cause: str
    percent: Spread
    source: str
