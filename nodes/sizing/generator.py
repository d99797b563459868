"""A generator for what an off-grid year leaves unserved: how large, how long it runs, what it burns."""

from nodes.sizing.array import UNSERVED_TARGET
from nodes.sizing.demand import Load
from nodes.sizing.year_flows import YearFlows
from state.sizing import Generator

LITRES_PER_KWH = 0.4
"""The cautious end of 0.2 to 0.4 L of diesel per kWh that kw.gravel-calculator.com, Diesel Generator kWh per
Litre, gives for most sets; small ones at part load stand there."""


def generator_for(flows: YearFlows, load: Load) -> Generator | None:
    """None where the year is served as well as the target asks.

    It runs in the hours that went unserved and carries what the system could not: a generator that also charges
    the battery runs for fewer.
    """
    if flows.unserved <= UNSERVED_TARGET * load.annual_energy or flows.hourly is None:
        return None
    energy = flows.unserved / 1000.0
    power = load.peak_power or float(load.hourly().max())
    return Generator(
        power_w=round(power, 1),
        hours_per_year=flows.hours_unserved,
        energy_kwh=round(energy, 1),
        fuel_litres=round(LITRES_PER_KWH * energy, 1),
        basis=f"in the hours that go unserved, {LITRES_PER_KWH:g} L of diesel per kWh (kw.gravel-calculator.com, "
        "the cautious end)",
    )


def generator_hint(flows: YearFlows, load: Load) -> str | None:
    """The same in a sentence."""
    found = generator_for(flows, load)
    if found is None:
        return None
    return (
        f"{found.energy_kwh:.0f} kWh a year, {flows.unserved / flows.load:.1%} of the demand, stay unserved in "
        f"{found.hours_per_year:.0f} hours: plan a generator of about {found.power_w / 1000:.1f} kW "
        f"(about {found.fuel_litres:.0f} L of diesel a year), a larger bank, or a larger array."
    )
