"""What the customer's loads ask for."""

from typing import Annotated

from pydantic import Field

from state.base import Model, MonthlyNonNegative


class Appliance(Model):
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


class Demand(Model):
    """Exactly one of the three is what sizing follows; intake refuses contradictory ones."""

    appliances: Annotated[list[Appliance], Field(max_length=500)] = []
    daily_kwh: Annotated[float, Field(gt=0, le=100_000)] | None = None
    monthly_kwh: MonthlyNonNegative | None = None
