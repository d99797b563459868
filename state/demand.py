"""What the customer's loads ask for."""

from typing import Annotated, Literal

from pydantic import Field

from state.base import Given, MonthlyNonNegative, Positive


class KnownAppliance(Given):
    """What a well-known appliance usually draws."""

    name: str
    aliases: list[str]
    power_w: Positive
    surge_factor: Annotated[float, Field(ge=1)]
    runs: Literal["all_day", "occupied"] = Field(
        description="Cycling evenly around the clock, or in the hours of highest household use."
    )
    source: str


class UseWindow(Given):
    """Hours of the day in which something runs, in local standard time."""

    from_hour: Annotated[int, Field(ge=0, le=23)]
    to_hour: Annotated[
        int, Field(ge=1, le=24, description="Exclusive; up to `from_hour` it ends the next day.")
    ]

    def hours(self) -> frozenset[int]:
        """Hours of the day, 0 to 23, that lie in it."""
        last = self.to_hour if self.to_hour > self.from_hour else self.to_hour + 24
        return frozenset(hour % 24 for hour in range(self.from_hour, last))


class Appliance(Given):
    name: Annotated[str, Field(min_length=1, max_length=100)]
    power_w: Annotated[float, Field(gt=0, le=1_000_000)] | None = Field(
        default=None, description="Running power of one; a default is used for well-known appliances."
    )
    quantity: Annotated[int, Field(ge=1, le=10_000)] = 1
    hours_per_day: Annotated[float, Field(ge=0, le=24)]
    surge_factor: Annotated[float, Field(ge=1, le=12)] | None = Field(
        default=None,
        description="Starting power ÷ running power; a default for well-known motor loads, else 1.",
    )
    critical: bool = Field(default=False, description="Must run when the grid is down.")
    use: Annotated[list[UseWindow], Field(max_length=12)] = Field(
        default=[], description="When it may run; any hour where none is given."
    )

    def window(self) -> frozenset[int]:
        """Hours of the day, 0 to 23, in which it may run."""
        return frozenset().union(*(each.hours() for each in self.use)) if self.use else frozenset(range(24))


class Demand(Given):
    """Exactly one of appliances, daily and monthly energy is what sizing follows; intake refuses contradictory ones."""

    appliances: Annotated[list[Appliance], Field(max_length=500)] = []
    diversity_factor: Annotated[float, Field(gt=0, le=1)] = Field(
        default=1.0, description="Share of the appliances' power that is on at the same time."
    )
    daily_kwh: Annotated[float, Field(gt=0, le=100_000)] | None = None
    monthly_kwh: MonthlyNonNegative | None = None
