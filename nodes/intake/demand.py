"""Demand that contradicts itself, is nothing at all, or is beyond what any system here serves.

Absent demand is no offence: sizing asks for it, or follows the array or the roof.
"""

from collections.abc import Iterator

from core.errors import FieldError
from core.validation import json_pointer
from state.demand import Demand
from state.job import JobInput

FORMS = ("appliances", "daily_kwh", "monthly_kwh")
MAX_DAILY_KWH = 100_000.0
"""The bound of `Demand.daily_kwh`, held against the other two forms as well."""
MAX_CONNECTED_W = 100_000_000.0
"""The bound of `Array.pdc0_w`: no array that could be asked for carries more load than that."""


def contradicting_forms(job: JobInput) -> Iterator[FieldError]:
    demand = job.demand or Demand()
    given = [form for form in FORMS if getattr(demand, form) not in (None, [])]
    if len(given) > 1:
        for form in given:
            others = " and ".join(other for other in given if other != form)
            yield FieldError(json_pointer("demand", form), f"contradicts {others}: give exactly one of them")


def monthly_demand(job: JobInput) -> Iterator[FieldError]:
    if job.demand is None or job.demand.monthly_kwh is None:
        return
    daily_kwh = sum(job.demand.monthly_kwh) / 365
    if daily_kwh == 0:
        yield FieldError("/demand/monthly_kwh", "is zero in every month: there is nothing to size for")
    elif daily_kwh > MAX_DAILY_KWH:
        yield _too_much("/demand/monthly_kwh", daily_kwh)


def appliances(job: JobInput) -> Iterator[FieldError]:
    if job.demand is None or not job.demand.appliances:
        return
    listed = job.demand.appliances
    if not any(each.hours_per_day for each in listed):
        yield FieldError("/demand/appliances", "never run: there is nothing to size for")
    for index, each in enumerate(listed):
        if each.hours_per_day > len(each.window()):
            yield FieldError(
                json_pointer("demand", "appliances", index, "hours_per_day"),
                f"is more than the {len(each.window())} hours of its `use`",
            )
    # One without a power has a usual one, or sizing asks for it; either is far below these limits.
    powers = [(each.power_w or 0.0) * each.quantity for each in listed]
    daily_kwh = sum(power * each.hours_per_day for power, each in zip(powers, listed, strict=True)) / 1000
    if daily_kwh > MAX_DAILY_KWH:
        yield _too_much("/demand/appliances", daily_kwh)
    if sum(powers) > MAX_CONNECTED_W:
        megawatts = (sum(powers) / 1e6, MAX_CONNECTED_W / 1e6)
        yield FieldError(
            "/demand/appliances", "draw {:,.0f} MW together; at most {:,.0f} MW are sized".format(*megawatts)
        )


def _too_much(pointer: str, daily_kwh: float) -> FieldError:
    return FieldError(
        pointer, f"asks for {daily_kwh:,.0f} kWh a day; at most {MAX_DAILY_KWH:,.0f} kWh are sized"
    )
